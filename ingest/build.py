"""Puts the parts of the hot path together."""

from __future__ import annotations

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
