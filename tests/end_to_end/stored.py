"""What InfluxDB holds, compared with the truth reading by reading and window by window."""

from __future__ import annotations

import math
import time
from typing import Any

from tests.end_to_end.city import City, expected_windows
from tests.end_to_end.process import Nadi
from tests.servers import Influx, Mosquitto

WINDOWS = {"5s": 5_000, "15s": 15_000}
QUEUES = ("max_inflight_messages 1000", "max_queued_messages 0")
"""Mosquitto's defaults drop what is queued for a subscriber beyond 1,000 messages."""


def settings(broker: Mosquitto, **more: Any) -> dict[str, Any]:
    return {
        "mqtt": {"url": f"mqtt://127.0.0.1:{broker.port}", "protocol": more.pop("protocol", "5")},
        "windows": list(WINDOWS),
        "grace": "2s",
        "idle_close": "2s",
        "lateness": "10m",
        **more,
    }


def influx_v1(influx: Influx, database: str) -> dict[str, Any]:
    return {"url": influx.url, "api": "v1", "database": database}


def stored(influx: Influx, database: str, made: City) -> dict[tuple[str, str, str], dict[int, float]]:
    found: dict[tuple[str, str, str], dict[int, float]] = {}
    for domain in {key[0] for key in made.truth}:
        for row in influx.query(f'SELECT value FROM "{domain}" GROUP BY device, quantity', database):
            found.setdefault((domain, row["device"], row["quantity"]), {})[row["time"]] = row["value"]
    return found


def differences(influx: Influx, database: str, made: City) -> list[str]:
    """Where windows differ from numpy's, in words; nothing where all are exact (relative 1e-9)."""
    found: list[str] = []
    for label, length in WINDOWS.items():
        expected = expected_windows(made, length)
        rows = {}
        for domain in {key[0] for key in made.truth}:
            for row in influx.query(f'SELECT * FROM "{domain}_{label}"', database):
                rows[domain, row["device"], row["quantity"], row["time"]] = row
        found += [f"{label} {key}: missing" for key in sorted(expected.keys() - rows.keys())]
        found += [f"{label} {key}: not expected" for key in sorted(rows.keys() - expected.keys())]
        for key in expected.keys() & rows.keys():
            found += [
                f"{label} {key} {name}: {rows[key][name]} (revision {rows[key]['revision']}), but numpy has {value}"
                for name, value in expected[key].items()
                # A query in the middle of a write sees some fields of a point before the others.
                if rows[key][name] is None or not math.isclose(rows[key][name], value, rel_tol=1e-9, abs_tol=1e-12)
            ]
    return found


def wait_for_windows(nadi: Nadi, influx: Influx, database: str, made: City, timeout: float = 180) -> None:
    """Every window is there and exact; fails with the first differences otherwise."""
    found = ["nothing was compared"]

    def complete(status: dict[str, Any]) -> bool:
        nonlocal found
        sink = status["sinks"]["influx"]
        if sink["pending"] or sink["last_error"]:
            return False
        found = differences(influx, database, made)
        return not found

    try:
        nadi.wait_until(complete, timeout)
    except AssertionError as error:
        raise AssertionError(f"{len(found)} differences: {found[:5]}\n{error}") from None


def start_of_past() -> int:
    """ms: five minutes ago, so that whole windows can be sent at once."""
    return (int(time.time()) - 300) * 1000
