"""The page's sources, joined to the parts of a running pipeline."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from config.settings import Settings
from pipeline.history.asking import Asking
from pipeline.history.indicators import HistorianIndicators, IndicatorStore, InfluxIndicators
from pipeline.outward.desk import AT_ONCE, PAGE_SECONDS, ObservationsDesk
from pipeline.outward.historian import HistorianPages
from pipeline.outward.influx import InfluxPages
from pipeline.outward.page import PagedStore
from pipeline.web.api import City
from pipeline.web.live import Live
from pipeline.web.past import HistorianPast, InfluxPast, SeriesDesk, Store
from pipeline.web.places import Places
from pipeline.web.stored import StoredIndicators
from pipeline.web.trends import Trends
from pipeline.wiring import Parts
from processors.anomaly.usual import Usual
from processors.detector import Detector
from telemetry.series import Device, Identity


def city_of(
    parts: Parts, first: Settings, settings: Callable[[], Settings], status: Callable[[], dict[str, Any]]
) -> City:
    """first: the settings of the start. settings: those in effect; asked only when somebody asks us."""
    asking = Asking()

    def store() -> Store | None:
        """The historian, which is quicker, or InfluxDB."""
        for runner in parts.runners:
            if runner.sink.name == HistorianPast.name:
                return HistorianPast(runner.sink)  # type: ignore[arg-type]
        influx = settings().influx
        return InfluxPast(influx, asking) if influx is not None else None

    def indicators() -> IndicatorStore | None:
        for runner in parts.runners:
            if runner.sink.name == HistorianIndicators.name:
                return HistorianIndicators(runner.sink)  # type: ignore[arg-type]
        influx = settings().influx
        return InfluxIndicators(influx, asking) if influx is not None else None

    def usual(identity: Identity) -> Usual | None:
        series = parts.table.find(identity)
        for processor in parts.processing.chain.processors:
            if isinstance(processor, Detector) and series is not None:
                return processor.unusual.usual(series)
        return None

    def skew(device: Device) -> int | None:
        # Of the present scanner: a change of the settings makes another one.
        return parts.subscriber.scanner.gatekeeper.skews.of(device)

    trends = Trends(parts.board, parts.table)
    return City(
        live=Live(status, lambda: parts.incidents, parts.board, trends, lambda: settings().timezone),
        places=Places(parts.table, parts.board, first.http.title, skew, lambda: settings().cities),
        series=SeriesDesk(store, lambda: settings().windows, usual, first.timezone),
        stored=StoredIndicators(indicators, lambda: settings().timezone),
        sensors=lambda: parts.sensors,
    )


def observations_of(parts: Parts, settings: Callable[[], Settings], clock: Callable[[], int]) -> ObservationsDesk:
    """settings: those in effect. clock: ms."""
    asking = Asking(AT_ONCE, PAGE_SECONDS)

    def store() -> PagedStore | None:
        for runner in parts.runners:
            if runner.sink.name == HistorianPages.name:
                return HistorianPages(runner.sink)  # type: ignore[arg-type]
        influx = settings().influx
        return InfluxPages(influx, asking) if influx is not None else None

    return ObservationsDesk(store, lambda: settings().windows, clock)
