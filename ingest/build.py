"""Puts the parts of the hot path together."""

from __future__ import annotations

from config.settings import Settings
from ingest.devices import Devices
from ingest.gatekeeper import Gatekeeper
from ingest.scanner import Scanner
from ingest.slow import SlowPath
from telemetry.sensors import SensorTable
from telemetry.series import SeriesTable


def build_scanner(
    table: SeriesTable,
    sensors: SensorTable,
    *,
    max_payload: int = 1_000_000,
    max_future: int = 120_000,
    gateway_rate: int = 5_000,
    ignore_retained: bool = False,
) -> Scanner:
    """A scanner for these limits (the settings' names and units)."""
    devices = Devices(sensors)
    return Scanner(
        SlowPath(devices, max_future=max_future),
        Gatekeeper(table, devices.conversions, max_future=max_future, gateway_rate=gateway_rate),
        max_payload=max_payload,
        ignore_retained=ignore_retained,
    )


def scanner_of(settings: Settings, table: SeriesTable, sensors: SensorTable) -> Scanner:
    """The scanner that these settings describe."""
    return build_scanner(
        table,
        sensors,
        max_payload=settings.limits.max_payload,
        max_future=settings.max_future,
        gateway_rate=settings.limits.gateway_rate,
        ignore_retained=settings.mqtt.retained == "ignore",
    )
