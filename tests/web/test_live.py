"""What open pages are told each second: only while somebody looks, and only what has changed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.processing.board import Board
from pipeline.service import lifecycle
from pipeline.web.events import Listener
from pipeline.web.live import LINGERS, Live
from pipeline.web.trends import EVERY_MS, MOST_OF, SETTLES_MS, Trends
from processors.base import Outputs
from processors.incidents import IncidentsProcessor
from telemetry.batch import Readings
from telemetry.series import Identity, SeriesTable
from tests.pipeline.kit import processed, running, send, settings, until

NOW = 1_763_769_600_000


def frames(listener: Listener) -> list[str]:
    """The names of what was offered so far."""
    names = []
    while not listener.queue.empty():
        frame = listener.queue.get_nowait()
        assert frame is not None
        names.append(frame.decode().split("event: ")[1].split("\n")[0])
    return names


class Desk:
    """A Live with nothing around it; `asked` counts how often the status was."""

    def __init__(self) -> None:
        table = SeriesTable()
        incidents = IncidentsProcessor(table)
        self.board = Board(table)
        self.asked = 0
        self.live = Live(self._status, lambda: incidents, self.board, Trends(self.board, table))
        self.now = NOW

    def _status(self) -> dict[str, Any]:
        self.asked += 1
        return {"now": self.now, "domains": {"water": {"latest": [], "rate": 1.0}}, "incidents": [], "anomalies": []}

    def beat(self, times: int = 1) -> None:
        for _ in range(times):
            self.now += 1_000
            self.live.beat(self.now, True)


def test_while_nobody_looks_nothing_is_computed() -> None:
    desk = Desk()
    desk.beat(5)
    assert desk.asked == 0
    assert len(desk.live.trends.points) == 1, "figures are kept all the same"


def test_who_looks_hears_a_pulse_each_second_and_a_trend_now_and_then() -> None:
    desk = Desk()
    listener = Listener()
    desk.live.hub.listeners.add(listener)
    desk.beat(7)
    names = frames(listener)
    assert names.count("pulse") == 7
    assert names.count("trend") == 2
    assert desk.asked == 7


def test_one_goes_on_for_a_while_after_the_last_has_gone() -> None:
    desk = Desk()
    listener = Listener()
    desk.live.hub.listeners.add(listener)
    desk.beat()
    era = desk.live.hub._era
    desk.live.hub.listeners.clear()
    desk.beat(LINGERS)
    assert desk.live.hub._era == era, "who comes back within a minute is told what was missed"
    desk.beat()
    assert desk.live.hub._era != era


@pytest.mark.parametrize(("heard", "told"), [(10, 100.0), (9, 90.0), (8, None)])
def test_a_sum_waits_after_a_start_until_most_are_heard(heard: int, told: float | None) -> None:
    table = SeriesTable()
    for number in range(10):
        table.intern(Identity("3578", "energy", "a", f"f{number}", "power"))
    board = Board(table)
    one = np.ones(heard, np.int64)
    rows = np.arange(heard, dtype=np.int32)
    board.observe([Readings(rows, one * NOW, np.full(heard, 10.0), np.zeros(heard, np.uint32), one, -rows)], Outputs())
    trends = Trends(board, table)
    power = [figure["quantity"] for figure in trends.told()["figures"]].index("power")
    assert MOST_OF == 0.9
    assert trends.sample(NOW)
    assert not trends.sample(NOW + EVERY_MS - 1)
    assert trends.newest()["values"][power] == told
    assert trends.sample(NOW + SETTLES_MS)
    assert trends.newest()["values"][power] == heard * 10.0, "later it is what there is"


def test_series_that_come_later_count_too() -> None:
    desk = Desk()
    trends = desk.live.trends
    assert trends.sample(NOW)
    for number, quantity in enumerate(("flow", "pressure", "flow")):
        desk.board.table.intern(Identity("3578", "water", "a", f"d{number}", quantity))
    one = np.ones(3, np.int64)
    rows = np.arange(3, dtype=np.int32)
    values = np.array([1.0, 50.0, 2.0])
    desk.board.observe([Readings(rows, one * NOW, values, np.zeros(3, np.uint32), one, -rows)], Outputs())
    assert trends.sample(NOW + EVERY_MS)
    assert trends.newest()["values"][:2] == [3.0, 50.0]


async def test_a_fault_in_what_is_shown_ends_nothing_else(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = 0

    def broken(*what: object) -> None:
        nonlocal asked
        asked += 1
        raise KeyError("unforeseen")

    monkeypatch.setattr(lifecycle, "TICK_SECONDS", 0.05)
    async with running(lifecycle.Service(settings(tmp_path), clock=lambda: NOW)) as service:
        monkeypatch.setattr(service.city.live, "beat", broken)
        await until(lambda: asked >= 3)
        await send(service, ("water/a/d-1", {"ts": NOW, "values": {"flow": 1.0}}))
        await processed(service)
        monkeypatch.undo()
        await until(lambda: service._shows)
    told = [record for record in caplog.records if "the page can't be told" in record.message]
    assert len(told) == 1
    assert told[0].exc_info is not None
