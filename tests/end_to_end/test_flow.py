"""Gateways to Mosquitto to nadi to InfluxDB, all real: every reading, and exact windows."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.certificates import Authority
from tests.end_to_end.city import City, city, expected_windows
from tests.end_to_end.process import Nadi
from tests.end_to_end.publisher import publish
from tests.servers import Influx, Mosquitto, VictoriaMetrics

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


def past_city(devices: int = 8, steps: int = 120, name: str = "3578") -> City:
    start = (int(time.time()) - 300) * 1000
    return city(devices, steps, start, name=name)


def stored(influx: Influx, database: str, made: City) -> dict[tuple[str, str, str], dict[int, float]]:
    found: dict[tuple[str, str, str], dict[int, float]] = {}
    for domain in {key[0] for key in made.truth}:
        for row in influx.query(f'SELECT value FROM "{domain}" GROUP BY device, quantity', database):
            found.setdefault((domain, row["device"], row["quantity"]), {})[row["time"]] = row["value"]
    return found


def check_windows(influx: Influx, database: str, made: City) -> None:
    for label, length in WINDOWS.items():
        expected = expected_windows(made, length)
        found = {}
        for domain in {key[0] for key in made.truth}:
            for row in influx.query(f'SELECT * FROM "{domain}_{label}"', database):
                found[domain, row["device"], row["quantity"], row["time"]] = row
        assert found.keys() == expected.keys()
        for key, statistics in expected.items():
            for name, value in statistics.items():
                assert found[key][name] == pytest.approx(value, rel=1e-9, abs=1e-12), (label, key, name)


def count_windows(made: City) -> int:
    return sum(len(expected_windows(made, length)) for length in WINDOWS.values())


def wait_for_windows(nadi: Nadi, influx: Influx, database: str, made: City) -> None:
    """Every window is there, and nothing is on its way any more."""

    def complete(status: dict[str, Any]) -> bool:
        sink = status["sinks"]["influx"]
        if sink["pending"] or sink["last_error"]:
            return False
        rows = 0
        for domain in {key[0] for key in made.truth}:
            for label in WINDOWS:
                rows += sum(
                    row["count"] for row in influx.query(f'SELECT count("count") FROM "{domain}_{label}"', database)
                )
        return rows >= count_windows(made)

    nadi.wait_until(complete, 60)


@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
def test_every_reading_and_exact_windows_reach_influxdb(
    tmp_path: Path, make_mosquitto: Callable[..., Mosquitto], influx: Influx, influx_database: str, protocol: str
) -> None:
    made = past_city()
    with make_mosquitto(lines=QUEUES) as broker:
        wanted = settings(broker, protocol=protocol, influx=influx_v1(influx, influx_database))
        with Nadi(tmp_path / "nadi", wanted) as nadi:
            nadi.wait_until(lambda status: status["ready"])
            publish(broker.port, made.messages)
            wait_for_windows(nadi, influx, influx_database, made)
            status = nadi.status()
            assert nadi.terminate() == 0
    assert stored(influx, influx_database, made) == made.truth
    check_windows(influx, influx_database, made)
    domains = status["domains"].values()
    assert sum(domain["stored_total"] for domain in domains) == made.distinct
    assert sum(domain["duplicate_total"] for domain in domains) == made.repeats
    assert status["rejects"] == {"json": made.garbage}


def test_killed_in_mid_load_it_loses_nothing_and_doubles_nothing(
    tmp_path: Path, make_mosquitto: Callable[..., Mosquitto], influx: Influx, influx_database: str
) -> None:
    made = past_city(devices=8, steps=240)
    with make_mosquitto(lines=QUEUES) as broker:
        wanted = settings(broker, influx=influx_v1(influx, influx_database))
        with Nadi(tmp_path / "nadi", wanted) as nadi:
            nadi.wait_until(lambda status: status["ready"])
            quarter = len(made.messages) // 4
            for part in range(4):
                publish(broker.port, made.messages[part * quarter : (part + 1) * quarter if part < 3 else None])
                if part < 3:
                    nadi.wait_until(lambda status: status["messages_total"] > 0)
                    nadi.kill()
                    nadi.start()
            wait_for_windows(nadi, influx, influx_database, made)
            status = nadi.status()
    assert stored(influx, influx_database, made) == made.truth
    check_windows(influx, influx_database, made)
    assert sum(domain["stored_total"] for domain in status["domains"].values()) == made.distinct


def test_over_tls_and_through_the_v2_api(
    tmp_path: Path,
    make_mosquitto: Callable[..., Mosquitto],
    victoria_metrics: VictoriaMetrics,
    authority: Authority,
) -> None:
    made = past_city(devices=4, steps=40, name="tls-city")
    server = authority.server("localhost")
    with make_mosquitto(tls=server, lines=QUEUES) as broker:
        wanted = settings(
            broker, influx={"url": victoria_metrics.url, "api": "v2", "org": "city", "bucket": "city", "token": "any"}
        )
        wanted["mqtt"] = {"url": f"mqtts://localhost:{broker.port}", "ca_file": str(authority.ca_file)}
        with Nadi(tmp_path / "nadi", wanted) as nadi:
            nadi.wait_until(lambda status: status["ready"])
            publish(broker.port, made.messages, str(authority.ca_file))
            nadi.wait_until(lambda status: status["sinks"]["influx"]["delivered"] == made.distinct)
            assert nadi.terminate() == 0
    found: dict[tuple[str, str, str], dict[int, float]] = {}
    for domain in {key[0] for key in made.truth}:
        for sample in victoria_metrics.samples(f"{domain}_value"):
            if sample["city"] == "tls-city":
                key = (domain, sample["device"], sample["quantity"])
                found.setdefault(key, {})[sample["time"]] = sample["value"]
    assert found == made.truth
