"""The deployment as compose wires it, with real processes: only addresses and paths are others."""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.mqtt_client import Peer
from tests.deploy.shipped import DEPLOY, ROOT, ShippedMosquitto, load_yaml
from tests.servers import Influx, free_port

SECONDS = 120.0
TOPIC = "nadi/v1/3578/water/mulyosari/meter-07"


def wait_for(what: Callable[[], Any]) -> Any:
    """What `what` returns once it is true; it may raise OSError until then."""
    deadline = time.monotonic() + SECONDS
    while True:
        try:
            if found := what():
                return found
        except OSError:
            pass
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


class Deployment:
    """Broker, InfluxDB (with passwords) and nadi."""

    def __init__(self, folder: Path) -> None:
        self.broker = ShippedMosquitto(folder / "broker", ["gw-a,3578/water/mulyosari/+"])
        self.secrets = self.broker.secrets
        password = (self.secrets / "influx_nadi_password").read_text().strip()
        self.influx = Influx(folder / "influx", user=("nadi", password))
        self.folder = folder
        self.page = f"http://127.0.0.1:{free_port()}"
        self.metrics = f"http://127.0.0.1:{free_port()}"

    def environment(self) -> dict[str, str]:
        """compose's, with this machine's addresses and paths."""
        shipped: dict[str, str] = load_yaml("docker-compose.yml")["services"]["nadi"]["environment"]
        given = {key: value.replace("/run/secrets", str(self.secrets)) for key, value in shipped.items()}
        given |= {
            "NADI_MQTT__URL": self.broker.url,
            "NADI_INFLUX__URL": self.influx.url,
            "NADI_STATE_DIR": str(self.folder / "state"),
            "NADI_HTTP__LISTEN": self.page.replace("http://127.0.0.1", "0.0.0.0"),
            "NADI_HTTP__METRICS_LISTEN": self.metrics.replace("http://127.0.0.1", "0.0.0.0"),
        }
        return {key: value for key, value in os.environ.items() if not key.startswith("NADI_")} | given

    def start(self) -> None:
        self.broker.start()
        self.influx.start()
        self.influx.create_database()
        command = [sys.executable, "-m", "pipeline", "run", "--config", str(DEPLOY / "nadi.yaml")]
        self.log = (self.folder / "nadi.log").open("wb")
        self.nadi = subprocess.Popen(command, cwd=ROOT, env=self.environment(), stdout=self.log, stderr=self.log)
        wait_for(lambda: self.get("/readyz")[0] == 200)

    def get(self, path: str, *, login: str = "", base: str = "") -> tuple[int, str]:
        headers = {"Authorization": "Basic " + base64.b64encode(login.encode()).decode()} if login else {}
        request = urllib.request.Request((base or self.page) + path, headers=headers)
        try:
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def stop(self) -> None:
        self.nadi.kill()
        self.nadi.wait()
        self.log.close()
        self.influx.stop()
        self.broker.stop()


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    made = Deployment(tmp_path_factory.mktemp("deployment"))
    try:
        made.start()
        yield made
    finally:
        made.stop()


def test_a_reading_goes_from_a_gateway_to_influx_and_its_receipt_comes_back(deployment: Deployment) -> None:
    now = int(time.time() * 1000)
    reading = {"ts": now, "values": {"flow": 12.4, "pressure": 310.2}, "gw": "gw-a", "seq": 1}
    with Peer(deployment.broker.port, "gw-a", deployment.broker.password("gw-a")) as gateway:
        gateway.subscribe("nadi-out/v1/3578/ack/gw-a")
        assert gateway.publish(TOPIC, json.dumps(reading).encode()) == "Success"
        assert json.loads(gateway.receive(1)[0].payload) == {"seq": 1}
    rows = wait_for(lambda: deployment.influx.query("SELECT * FROM water"))
    assert {row["quantity"]: row["value"] for row in rows} == {"flow": 12.4, "pressure": 310.2}
    assert {row["time"] for row in rows} == {now}


def test_a_refusal_reaches_the_gateway(deployment: Deployment) -> None:
    with Peer(deployment.broker.port, "gw-a", deployment.broker.password("gw-a")) as gateway:
        gateway.subscribe("nadi-out/v1/3578/rejects/water/mulyosari/+")
        gateway.publish(TOPIC, b"no JSON")
        assert b"json" in gateway.receive(1)[0].payload


def test_it_says_that_it_is_alive(deployment: Deployment) -> None:
    assert deployment.get("/healthz")[0] == 200


def test_it_ends_cleanly(deployment: Deployment) -> None:
    deployment.nadi.send_signal(signal.SIGTERM)
    assert deployment.nadi.wait(SECONDS) == 0
