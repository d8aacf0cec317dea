"""Simulator, processors and reports in one process."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from journal.base import Stored
from journal.entries import ReadingsEntry, TickEntry
from pipeline.offline.run import Offline
from pipeline.processing.chain import Chain
from simulators.feed import Samples, Step
from simulators.scoring.figures import Figures, figures
from simulators.scoring.matching import Span, match
from simulators.scoring.report import Report
from tests.pipeline import offline_kit as kit
from tests.pipeline.offline_kit import T0

MINUTES = 40


def run(folder: Path, seed: int = 1, tick: int = 10_000) -> tuple[list[Report], Figures, Offline]:
    city = kit.city(seed)
    event = kit.outage(T0 + 20 * 60_000)
    city.inject(event)
    end = T0 + MINUTES * 60_000
    offline = Offline(kit.settings(folder), tuple(city.catalogue()), T0, tick)
    offline.run(kit.steps(city, MINUTES), end)
    reports = list(offline.gathered.reported(end).anomalies)
    return reports, figures([match(kit.truth(event), reports, Span(T0, end, len(city)))]), offline


def test_an_outage_is_found_within_a_minute(tmp_path: Path) -> None:
    _, score, _ = run(tmp_path)
    assert score.recall == 1.0
    assert score.delay_p50 is not None
    assert score.delay_p50 <= 60


def test_the_same_seed_gives_the_same_reports_and_score_bit_for_bit(tmp_path: Path) -> None:
    first, score, _ = run(tmp_path / "a")
    again, same, _ = run(tmp_path / "b")
    assert first == again
    assert score == same


@pytest.mark.parametrize("tick", [1_000, 60_000])
def test_how_coarse_ticks_are_changes_no_anomaly(tmp_path: Path, tick: int) -> None:
    _, _, usual = run(tmp_path / "a")
    _, _, other = run(tmp_path / "b", tick=tick)
    assert usual.gathered.findings == other.gathered.findings


def test_every_reading_is_in_the_books(tmp_path: Path) -> None:
    _, _, offline = run(tmp_path)
    books = offline.chain.ledger.totals()["all"]
    assert books["received"] == books["stored"] == offline.readings > 5000


def test_time_is_told_by_part(tmp_path: Path) -> None:
    city = kit.city()
    work = Offline(kit.settings(tmp_path), tuple(city.catalogue()), T0).run(kit.steps(city, 5), T0 + 300_000)
    assert {"simulator", "intake", "quality", "windows", "ledger"} <= set(work.cpu)
    assert work.total == pytest.approx(sum(work.cpu.values()))


def test_files_of_windows_are_given_back_while_it_runs(tmp_path: Path) -> None:
    """Four hours leave no more than the lateness, the longest window, and an hour between releases need."""
    city = kit.city()
    minutes = 60 * 6
    settings = kit.settings(tmp_path, lateness="10m", windows="1m")
    offline = Offline(settings, tuple(city.catalogue()), T0)
    offline.run(kit.steps(city, minutes), T0 + minutes * 60_000)
    assert len(list((tmp_path / "chunks").glob("*.rows"))) <= 2


def test_readings_and_ticks_come_in_the_order_of_their_times(tmp_path: Path) -> None:
    """A step of a minute, with a reading at 5, 10, 15 ... s: those up to a tick come before it."""
    city = kit.city()
    offline = Offline(kit.settings(tmp_path), tuple(city.catalogue()), T0, 10_000)
    seen: list[tuple[str, int]] = []
    run_round = offline.chain.run

    class Watching:
        def __getattr__(self, name: str) -> Any:
            return getattr(chain, name)

        def run(self, inputs: Sequence[Stored]) -> Any:
            for item in inputs:
                if isinstance(item.entry, TickEntry):
                    seen.append(("tick", item.entry.time - T0))
                elif isinstance(item.entry, ReadingsEntry):
                    seen.extend(("reading", at - T0) for at in sorted(set(item.entry.readings.arrival.tolist())))
            return run_round(inputs)

    chain = offline.chain
    offline.rounds.chain = cast(Chain, Watching())
    fleet = city.fleets[0]
    at = T0 + np.arange(5_000, 30_001, 5_000)
    said = Samples(fleet, np.zeros(len(at), np.int32), at, at, np.full((len(at), len(fleet.quantities)), 5.0))
    offline.run([Step(T0 + 30_000, [said])], T0 + 40_000)
    reading, tick = "reading", "tick"
    assert seen == [
        *((reading, 5_000), (reading, 10_000), (tick, 10_000)),
        *((reading, 15_000), (reading, 20_000), (tick, 20_000)),
        *((reading, 25_000), (reading, 30_000), (tick, 30_000), (tick, 40_000)),
    ]
