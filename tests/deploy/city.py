"""A small city, in nadi's own lines: what the dashboards' queries are tried on."""

from __future__ import annotations

import numpy as np

from sinks.lineprotocol import LineEncoder
from telemetry.batch import Anomalies, Float64, Windows
from telemetry.series import Identity, SeriesTable

CITY = "3578"
MINUTES = 30
LEVELS = {
    "water": {"flow": 12.0, "pressure": 280.0, "level": 3.2, "turbidity": 0.8, "chlorine": 0.35},
    "energy": {"power": 55.0, "voltage": 221.0, "energy": 900.0},
    "waste": {"fill": 64.0, "temperature": 31.0},
    "disaster": {"river_level": 140.0, "rainfall": 0.2, "pm25": 22.0, "soil_moisture": 41.0, "tilt": 0.4},
}
ZONES = ("keputih", "mulyo sari")


def lines(until: int) -> str:
    """Line protocol of MINUTES of windows (two zones, two devices in each) and a few anomalies, up to `until` (ms)."""
    table = SeriesTable()
    encoder = LineEncoder(table)
    starts = until // 60_000 * 60_000 - 60_000 * np.arange(MINUTES, 0, -1)
    parts = [b"".join(text for text, _ in encoder.windows(_windows(table, int(start)))) for start in starts]
    parts += [text for text, _ in encoder.anomalies(_anomalies(table, int(starts[-1])))]
    return b"".join(parts).decode()


def _series(table: SeriesTable) -> list[tuple[int, float, bool]]:
    """Id, usual value, and whether it is a counter, of each series."""
    made = []
    for domain, quantities in LEVELS.items():
        for zone in ZONES:
            for number in (1, 2):
                for quantity, level in quantities.items():
                    identity = Identity(CITY, domain, zone, f"{domain[0]}-{number}", quantity)
                    made.append((table.intern(identity), level * number, quantity == "energy"))
    return made


def _windows(table: SeriesTable, start: int) -> Windows:
    series, levels, counters = zip(*_series(table), strict=True)
    rows = len(series)
    value: Float64 = np.array(levels)
    whole = np.full(rows, 6)
    return Windows(
        length=60_000,
        series=np.array(series, np.int32),
        start=np.full(rows, start),
        count=whole - 1,
        mean=value,
        min=value * 0.9,
        max=value * 1.1,
        std=value * 0.01,
        first=value,
        last=value,
        p50=value,
        p95=value,
        delta=np.where(counters, 0.5, np.nan),
        expected=whole,
        completeness=np.full(rows, 100 * 5 / 6),
        failed=np.zeros(rows, np.int64),
        revision=np.zeros(rows, np.int64),
    )


def _anomalies(table: SeriesTable, time: int) -> Anomalies:
    return Anomalies(
        series=np.array([0, 5], np.int32),
        time=np.array([time, time + 1]),
        value=np.array([99.0, 12.0]),
        baseline=np.array([12.0, np.nan]),
        low=np.array([8.0, np.nan]),
        high=np.array([16.0, 10.0]),
        score=np.array([9.5, 1.2]),
        severity=np.array([2, 1]),
        detector=("robust_z", "limits"),
        reason=("flow 99 L/s, far above the usual 8 to 16", "above its limit, 10"),
    )
