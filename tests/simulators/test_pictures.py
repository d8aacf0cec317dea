"""Pictures of signals: what is drawn of which devices, and that no peak is lost on the way."""

import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Literal

import numpy as np
import pytest

from simulators.panels import Curve, Panel, Picture, Shade, svg
from simulators.pictures import draw, window
from simulators.scenarios import open_scenario
from simulators.truth import Truth
from tests.simulators.runs import HOUR, MINUTE, START, run, same, scenario

FIRE = "events:\n  - {kind: bin-fire, at: 1h, duration: 30m, where: {devices: [bin-01]}}\n"


def truth(hour: float, category: Literal["event", "fault"] = "event") -> Truth:
    at = START + int(hour * HOUR)
    return Truth("bin-fire", "3578", "waste", "A", ("bin-01",), at, at + HOUR, "critical", True, at, category)


def test_only_what_something_happens_to_is_drawn_with_its_name(tmp_path: Path) -> None:
    (file,) = draw(open_scenario(scenario(FIRE)), tmp_path)
    assert file.name == "small-bins.svg"
    words = [element.text for element in ElementTree.fromstring(file.read_text()).iter() if element.text]
    assert any(word.startswith("bin fire: ") for word in words)
    assert {"Street waste bins", "Temperature (°C)", "02:00"} <= set(words)


def test_where_nothing_happens_every_fleet_is_drawn(tmp_path: Path) -> None:
    names = {file.name for file in draw(open_scenario(scenario()), tmp_path, 10 * MINUTE)}
    assert names == {"small-meters.svg", "small-bins.svg", "small-airstations.svg", "small-rivers.svg"}


def test_the_window_holds_the_most_events() -> None:
    found = [truth(1), truth(30), truth(33), truth(40), truth(2, "fault")]
    begin, end = window(found, START, START + 72 * HOUR, 24 * HOUR)
    assert (begin - START) / HOUR == 26
    assert end - begin == 24 * HOUR
    assert window(found, START, START + 3 * HOUR, 24 * HOUR) == (START, START + 3 * HOUR)
    assert window([], START, START + 72 * HOUR, 24 * HOUR) == (START, START + 24 * HOUR)
    assert window([truth(71)], START, START + 72 * HOUR, 24 * HOUR)[1] == START + 72 * HOUR


@pytest.mark.parametrize("peak", [0, 4_321, 99_999])
def test_a_single_peak_among_many_readings_is_seen_and_silence_is_a_gap(peak: int) -> None:
    value = np.zeros(100_000)
    value[peak] = 7.0
    time = (np.arange(100_000) * 1000.0 + np.where(np.arange(100_000) >= 50_000, 1e7, 0.0)).astype(np.float64)
    end = int(time[-1])
    panel = Panel("level", "m", [Curve("one", "#123456", time, value)], [])
    drawn = ElementTree.fromstring(svg(Picture("t", "s", [panel], [], [Shade("x", "#000000", 0, end)], 0, end)))
    (path,) = [one.get("d", "") for one in drawn.iter() if one.get("stroke") == "#123456"]
    pieces = path.split("M")[1:]
    heights = [float(point.partition(",")[2]) for piece in pieces for point in piece.split()]
    assert len(pieces) == 2
    assert sum(height < max(heights) - 100 for height in heights) == 1
    assert len(heights) < 4_000


def test_some_fleets_alone_say_what_they_say_among_all() -> None:
    small = scenario(FIRE)
    running = open_scenario(small, 1)
    bins = [fleet for fleet in running.city.fleets if type(fleet).__name__ == "Bins"]
    alone = [samples for step in running.only(bins) for samples in step.samples]
    parts = run(small).fleets["Bins"]
    assert sum(map(len, alone)) == len(parts)
    assert np.array_equal(np.concatenate([samples.values for samples in alone]), parts.values)
    assert same(parts, run(small).fleets["Bins"])
