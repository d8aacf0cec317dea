"""Readings given back to the broker by a running nadi: through its kill and changes of its settings."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.deploy.mqtt_client import Peer
from tests.end_to_end.city import Message
from tests.end_to_end.process import Nadi
from tests.end_to_end.publisher import publish
from tests.end_to_end.stored import QUEUES, settings
from tests.servers import Mosquitto

FLOW = "nadi-out/v1/3578/feed/readings/water/Genteng/meter-07"


class City:
    """A broker, a nadi that republishes, and who listens."""

    def __init__(self, broker: Mosquitto, nadi: Nadi, peer: Peer) -> None:
        self.broker, self.nadi, self.peer = broker, nadi, peer
        self.start = int(time.time() * 1000) - 60_000
        self.sent = 0

    def send(self, number: int = 1) -> None:
        for _ in range(number):
            self.sent += 1
            payload = json.dumps({"ts": self.start + self.sent, "values": {"flow": float(self.sent)}}).encode()
            publish(self.broker.port, [Message("nadi/v1/3578/water/Genteng/meter-07", payload)])

    def heard(self, upto: float, of: Callable[[Any], list[float]]) -> set[float]:
        """All values that were told until `upto` was."""
        found: set[float] = set()
        while upto not in found:
            message = self.peer.messages.get(timeout=30)
            if message.topic == FLOW:
                found.update(of(json.loads(message.payload)))
        return found

    def reload(self, republish: dict[str, Any] | None) -> None:
        said = self.nadi.log.read_text().count("are in effect")
        self.nadi.settings["republish"] = republish
        self.nadi.command()
        os.kill(self.nadi.pid, signal.SIGHUP)
        self.nadi.wait_until(lambda _: self.nadi.log.read_text().count("are in effect") > said)


def native(payload: Any) -> list[float]:
    return [each["values"]["flow"] for each in payload]


def senml(payload: Any) -> list[float]:
    return [round(each["v"] * 1000, 6) for each in payload]


def test_others_hear_all_from_the_beginning_on(tmp_path: Path, make_mosquitto: Callable[..., Mosquitto]) -> None:
    with make_mosquitto(lines=QUEUES, persistence=True) as broker, Peer(broker.port, None, None) as peer:
        wanted = settings(broker, historian=str(tmp_path / "history.duckdb"))
        with Nadi(tmp_path / "nadi", wanted) as nadi:
            peer.subscribe("nadi-out/v1/+/feed/#")
            nadi.wait_until(lambda status: status["ready"])
            city = City(broker, nadi, peer)
            city.send(3)
            nadi.wait_until(lambda status: status["sinks"]["historian"]["delivered"] == 3)
            city.reload({"format": "native", "what": ["readings", "windows"]})
            city.send(3)
            assert city.heard(6.0, native) == {4.0, 5.0, 6.0}, "what was before is not told"
            city.reload({"format": "senml"})
            city.send()
            assert city.heard(7.0, senml) == {7.0}
            nadi.wait_until(lambda status: status["sinks"]["republish"]["delivered"] == 4)
            account = nadi.status()["sinks"]["republish"]
            assert (account["earlier"], account["pending"], account["dropped"]) == (3, 0, 0)
            nadi.kill()
            city.send(2)
            nadi.start()
            assert city.heard(9.0, senml) >= {8.0, 9.0}, "the cursor is where it was"
            city.reload(None)
            city.send()
            nadi.wait_until(lambda status: status["sinks"]["historian"]["delivered"] == 10)
            assert "republish" not in nadi.status()["sinks"]
            assert nadi.terminate() == 0
