"""Gateways to Mosquitto to nadi to InfluxDB, all real: every reading, and exact windows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.certificates import Authority
from tests.end_to_end.city import City, city
from tests.end_to_end.process import Nadi
from tests.end_to_end.publisher import publish
from tests.end_to_end.stored import QUEUES, differences, influx_v1, settings, start_of_past, stored, wait_for_windows
from tests.servers import Influx, Mosquitto, VictoriaMetrics


def past_city(devices: int = 8, steps: int = 120, name: str = "3578") -> City:
    return city(devices, steps, start_of_past(), name=name)


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
            status = nadi.wait_until(lambda status: status["messages_total"] >= len(made.messages))
            assert nadi.terminate() == 0
    assert stored(influx, influx_database, made) == made.truth
    assert not differences(influx, influx_database, made)
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
    assert not differences(influx, influx_database, made)
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
