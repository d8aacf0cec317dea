"""An incident from the reading to InfluxDB, and an operator's decision through a kill: all real."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.end_to_end.city import Message
from tests.end_to_end.process import Nadi
from tests.end_to_end.publisher import publish
from tests.end_to_end.stored import QUEUES, influx_v1, settings
from tests.servers import Influx, Mosquitto

CATALOGUE = "city,domain,zone,device,quantity,low,high\n3578,water,Genteng,p-1,level,1,4\n"
DEVICE = "nadi/v1/3578/water/Genteng/p-1"
SECONDS = 180


def reading(ago: float, level: float) -> Message:
    body = {"ts": round((time.time() - ago) * 1000), "values": {"level": level}, "gw": "gw-1"}
    return Message(DEVICE, json.dumps(body).encode())


def incidents(nadi: Nadi) -> dict[str, dict[str, Any]]:
    """By kind."""
    return {each["kind"]: each for each in json.loads(nadi.get("api/v1/incidents"))["incidents"]}


def decide(nadi: Nadi, incident: str, command: str, **body: str) -> int:
    request = urllib.request.Request(
        f"http://127.0.0.1:{nadi.port}/api/v1/incidents/{incident}/{command}",
        json.dumps(body).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return int(answer.status)


def awaited(ask: Callable[[], Any], wanted: Any) -> None:
    deadline = time.monotonic() + SECONDS
    while (found := ask()) != wanted:
        assert time.monotonic() < deadline, found
        time.sleep(0.1)


def test_an_acknowledgement_survives_a_kill(
    tmp_path: Path, make_mosquitto: Callable[..., Mosquitto], influx: Influx, influx_database: str
) -> None:
    (tmp_path / "sensors.csv").write_text(CATALOGUE)
    with make_mosquitto(lines=QUEUES) as broker:
        wanted = settings(broker, influx=influx_v1(influx, influx_database), catalogue=str(tmp_path / "sensors.csv"))

        def stored(fields: str, measurement: str) -> list[tuple[Any, ...]]:
            rows = influx.query(f'SELECT * FROM "{measurement}"', influx_database)
            return sorted(tuple(row[name] for name in fields.split()) for row in rows)

        with Nadi(tmp_path / "nadi", wanted) as nadi:
            nadi.wait_until(lambda status: status["ready"])
            publish(broker.port, [reading(210, 2), reading(200, 0.3), reading(0, 0.4)])
            awaited(
                lambda: {kind: each["state"] for kind, each in incidents(nadi).items()}, {"limit": "unacknowledged"}
            )
            publish(broker.port, [Message("nadi/v1/3578/gateway/gw-1/status", b"offline")])
            awaited(lambda: sorted(incidents(nadi)), ["gateway-lost", "limit"])
            limit = incidents(nadi)["limit"]["id"]
            assert decide(nadi, limit, "acknowledge", reason="regu berangkat") == 200
            nadi.kill()
            nadi.start()
            nadi.wait_until(lambda status: status["ready"])  # it answers before it knows again what it knew
            awaited(
                lambda: stored("kind zone state severity incident", "incidents"),
                [
                    ("gateway-lost", "Genteng", "unacknowledged", "warning", incidents(nadi)["gateway-lost"]["id"]),
                    ("limit", "Genteng", "acknowledged", "critical", limit),
                ],
            )
            assert incidents(nadi)["limit"]["events"][-1]["reason"] == "regu berangkat"
            assert decide(nadi, limit, "comment", reason="katup ditutup") == 200
            awaited(
                lambda: stored("kind event state by reason", "incident_events")[1:],
                [
                    ("limit", "acknowledged", "acknowledged", "local", "regu berangkat"),
                    ("limit", "comment", "acknowledged", "local", "katup ditutup"),
                    ("limit", "opened", "unacknowledged", "nadi", incidents(nadi)["limit"]["reason"]),
                ],
            )
            assert nadi.terminate() == 0
