"""`/metrics`: collected at the scrape from what the parts count anyway."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from pipeline.processing.latency import Latencies
from telemetry.batch import SEVERITIES
from telemetry.series import DOMAINS

TOP_GATEWAYS = 100

Told = Callable[[], dict[str, Any]]
Busiest = Callable[[int], Mapping[str, dict[str, Any]]]
"""So many gateways that send most, by name, the first first."""
OpenIncidents = Callable[[], Mapping[tuple[str, str], int]]
"""Incidents that have not ended, by domain and severity."""


class _PipelineCollector(Collector):
    def __init__(self, status: Told, busiest: Busiest, lat: Latencies, incidents: OpenIncidents) -> None:
        self.status, self.busiest, self.latencies, self.incidents = status, busiest, lat, incidents

    def collect(self) -> Iterable[Metric]:
        status = self.status()
        yield from _readings(status)
        yield from _sinks(status["sinks"])
        yield from _gateways(self.busiest(TOP_GATEWAYS))
        yield from _alerts(status["alerts"])
        yield from _clocks(status["clocks"])
        journal = status["journal"]
        yield _gauge("nadi_journal_bytes", "Bytes of the journal on disk", journal["bytes"])
        yield _gauge("nadi_journal_max_bytes", "Bytes the journal may take", journal["max_bytes"])
        yield _gauge("nadi_series", "Series with an id", status["series"])
        yield _gauge("nadi_gateways", "Gateways known by name", status["gateways"])
        yield CounterMetricFamily(
            "nadi_gateways_untaken",
            "How often the new name of a gateway was not taken, for there are too many",
            value=status["gateways_untaken"],
        )
        yield _gauge("nadi_ready", "1 when connected, caught up and the session kept", int(status["ready"]))
        yield _gauge("nadi_mqtt_connected", "1 while connected to the broker", int(status["mqtt"]["connected"]))
        yield _gauge(
            "nadi_mqtt_session_lost", "1 when the broker had forgotten our session", int(status["mqtt"]["session_lost"])
        )
        histogram = HistogramMetricFamily("nadi_end_to_end_seconds", "From arrival to written, a reading each")
        histogram.add_metric([], self.latencies.cumulative(), self.latencies.total_s)
        yield histogram
        yield _incidents(self.incidents())


def _gauge(name: str, text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, text, value=value)


def _incidents(counted: Mapping[tuple[str, str], int]) -> Metric:
    """Every pair is always there, so that a rule sees a 0 and not a gap."""
    found = GaugeMetricFamily("nadi_incidents_open", "Incidents that have not ended", labels=["domain", "severity"])
    for domain in (*DOMAINS, "*"):
        for severity in SEVERITIES:
            found.add_metric([domain, severity], counted.get((domain, severity), 0))
    return found


def _readings(status: dict[str, Any]) -> Iterable[Metric]:
    yield CounterMetricFamily("nadi_messages", "Messages taken from the broker", value=status["messages_total"])
    decoded = CounterMetricFamily(
        "nadi_decoded_messages", "Messages in other formats than nadi's own", labels=["format"]
    )
    for name, number in status["formats"].items():
        decoded.add_metric([name], number)
    yield decoded
    readings = CounterMetricFamily("nadi_readings", "Readings by what became of them", labels=["domain", "outcome"])
    windows = CounterMetricFamily("nadi_windows", "Window rows emitted, revisions included", labels=["domain"])
    anomalies = CounterMetricFamily("nadi_anomalies", "Anomalies found", labels=["domain"])
    for domain, numbers in status["domains"].items():
        for outcome in ("stored", "duplicate", "rejected"):
            readings.add_metric([domain, outcome], numbers[f"{outcome}_total"])
        windows.add_metric([domain], numbers["windows_total"])
        anomalies.add_metric([domain], numbers["anomalies_total"])
    yield from (readings, windows, anomalies)
    rejects = CounterMetricFamily("nadi_rejects", "Readings refused, by reason", labels=["reason"])
    for reason, number in status["rejects"].items():
        rejects.add_metric([reason], number)
    yield rejects
    yield CounterMetricFamily(
        "nadi_late_readings", "Readings behind their device's watermark", value=status["late_total"]
    )


def _sinks(sinks: dict[str, dict[str, Any]]) -> Iterable[Metric]:
    points = CounterMetricFamily(
        "nadi_sink_points", "Readings by what became of them at the sink", labels=["sink", "outcome"]
    )
    pending = GaugeMetricFamily("nadi_sink_pending", "Readings that wait for the sink", labels=["sink"])
    lag = GaugeMetricFamily("nadi_sink_lag_seconds", "Age of the oldest undelivered reading", labels=["sink"])
    for name, numbers in sinks.items():
        for outcome in ("earlier", "delivered", "dropped", "quarantined", "damaged"):
            points.add_metric([name, outcome], numbers[outcome])
        pending.add_metric([name], numbers["pending"])
        lag.add_metric([name], numbers["lag_s"])
    yield from (points, pending, lag)


def _alerts(channels: dict[str, dict[str, Any]]) -> Iterable[Metric]:
    told = CounterMetricFamily("nadi_alerts", "Alerts by what became of them", labels=["channel", "outcome"])
    waiting = GaugeMetricFamily("nadi_alerts_waiting", "Alerts that wait to be told", labels=["channel"])
    for name, numbers in channels.items():
        for outcome in ("told", "refused", "superseded", "given_up", "forgotten"):
            told.add_metric([name, outcome], numbers[outcome])
        waiting.add_metric([name], numbers["waiting"])
    yield from (told, waiting)


def _clocks(clocks: dict[str, Any]) -> Iterable[Metric]:
    yield _gauge("nadi_device_clocks_off", "Devices whose clock is more than a minute ahead or behind", clocks["off"])
    names = ("city", "domain", "zone", "device")
    ahead = GaugeMetricFamily(
        "nadi_device_clock_ahead_seconds", "By how far a clock is ahead, below 0 behind (the worst 20)", labels=names
    )
    for clock in clocks["worst"]:
        ahead.add_metric([clock[name] for name in names], clock["ahead_s"])
    yield ahead


def _gateways(gateways: Mapping[str, dict[str, Any]]) -> Iterable[Metric]:
    """Only of the gateways that send most: labels without bound would drown Prometheus."""
    received = CounterMetricFamily(
        "nadi_gateway_readings", "Readings by gateway (top 100)", labels=["gateway", "outcome"]
    )
    missing = GaugeMetricFamily("nadi_gateway_missing", "Messages missing by their seq", labels=["gateway"])
    for name, numbers in gateways.items():
        for outcome in ("stored", "duplicate", "rejected"):
            received.add_metric([name, outcome], numbers[outcome])
        missing.add_metric([name], numbers["sequences"]["missing"])
    yield from (received, missing)


def registry(status: Told, busiest: Busiest, latencies: Latencies, incidents: OpenIncidents) -> CollectorRegistry:
    """A registry of one service's metrics (several services may live in one process of tests)."""
    made = CollectorRegistry()
    made.register(_PipelineCollector(status, busiest, latencies, incidents))
    return made
