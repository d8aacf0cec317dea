"""What open pages are told: a pulse each second, and incidents, anomalies and trends when they change.

While nobody looks nothing is computed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from pipeline.processing.board import Board
from pipeline.web.events import Hub
from pipeline.web.trends import Trends
from processors.incidents import IncidentsProcessor, view

LINGERS: Final = 60
"""Beats for which one goes on after the last page has gone: it may come back."""
GREETED_INCIDENTS: Final = 100
"""The gravest; a page that hears of more (`more`, or `open` of the pulse) asks for all."""
GREETED_ANOMALIES: Final = 40
_LEFT_OUT: Final = ("incidents", "anomalies")


class Live:
    """status: as `/api/v1/status` answers. incidents: the present processor. timezone: of the settings."""

    def __init__(
        self,
        status: Callable[[], dict[str, Any]],
        incidents: Callable[[], IncidentsProcessor],
        board: Board,
        trends: Trends,
        timezone: Callable[[], str] = lambda: "UTC",
    ) -> None:
        self.status = status
        self.incidents = incidents
        self.board = board
        self.trends = trends
        self.timezone = timezone
        self.hub = Hub(self._greeting)
        self._idle = LINGERS
        self._marks: dict[str, tuple[object, ...]] = {}
        self._anomalies = 0

    def beat(self, now: int, settled: bool) -> None:
        """About once a second. now: ms. settled: what an earlier run had processed has been replayed."""
        sampled = self.trends.sample(now) if settled else False
        self._idle = 0 if self.hub.listeners else self._idle + 1
        if self._idle > LINGERS:
            if self._idle == LINGERS + 1:
                self.hub.forget()
            return
        if settled:
            self._tell_incidents()
            self._tell_anomalies()
        if sampled:
            self.hub.publish("trend", self.trends.newest())
        if self.hub.listeners:
            self.hub.pulse(self._pulse())

    def _tell_incidents(self) -> None:
        processor = self.incidents()
        marks = view.marks(processor.known)
        changed = [each for each, mark in marks.items() if self._marks.get(each) != mark]
        gone = [each for each in self._marks if each not in marks]
        self._marks = marks
        if changed or gone:
            told = view.some(processor.register, processor.table, changed)
            self.hub.publish("incidents", {"changed": told, "gone": gone})

    def _tell_anomalies(self) -> None:
        total = int(self.board.anomalies_total.sum())
        fresh = total - self._anomalies
        self._anomalies = total
        if fresh > 0:
            self.hub.publish("anomalies", self.board.recent(fresh))

    def _greeting(self) -> dict[str, Any]:
        """Everything, as it is now. What changed since the last beat comes once more with the next: it does no harm."""
        if self._idle > LINGERS:
            self._idle = 0
            self._marks = view.marks(self.incidents().known)
            self._anomalies = int(self.board.anomalies_total.sum())
        listed = self.incidents().listing(GREETED_INCIDENTS + 1)
        return {
            "pulse": self._pulse(),
            "incidents": listed[:GREETED_INCIDENTS],
            "more": len(listed) > GREETED_INCIDENTS,
            "anomalies": self.board.recent(GREETED_ANOMALIES),
            "trends": self.trends.told(),
        }

    def _pulse(self) -> dict[str, Any]:
        status = {name: value for name, value in self.status().items() if name not in _LEFT_OUT}
        domains = {
            name: {key: value for key, value in numbers.items() if key != "latest"}
            for name, numbers in status["domains"].items()
        }
        tally = [[*key, number] for key, number in self.incidents().tally().items()]
        more = {"newest": self.board.newest, "open": tally, "timezone": self.timezone()}
        return {**status, "domains": domains, **more}
