"""A receipt may be lost; a gateway that sends again what it has no receipt for gets another."""

from __future__ import annotations

import json
import queue
import threading
from pathlib import Path
from types import TracebackType
from typing import Self

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from tests.end_to_end.city import city
from tests.end_to_end.stored import start_of_past
from tests.reliability.gateway import Gateway
from tests.reliability.stage import Stage


class Listener:
    """Hears all receipts, as an operator's `mosquitto_sub` would."""

    def __init__(self, port: int) -> None:
        self.heard: queue.Queue[tuple[str, int]] = queue.Queue()
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2)
        self.client.on_message = lambda client, data, message: self.heard.put(
            (message.topic, json.loads(message.payload)["seq"])
        )
        self.listening = threading.Event()
        self.client.on_connect = lambda client, *_: client.subscribe("nadi-out/v1/+/ack/+")
        self.client.on_subscribe = lambda *_: self.listening.set()
        self.client.connect("127.0.0.1", port)

    def wait_for(self, topic: str, seq: int, timeout: float = 60) -> None:
        while self.heard.get(timeout=timeout) != (topic, seq):
            pass

    def __enter__(self) -> Self:
        self.client.loop_start()
        assert self.listening.wait(60), "the broker does not answer"
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.client.disconnect()
        self.client.loop_stop()


def test_a_gateway_that_lost_its_receipts_gets_them_by_sending_again(tmp_path: Path) -> None:
    """It reboots with what its disk has: everything from message 50 on is not sure."""
    made = city(4, 60, start_of_past())
    with Stage(tmp_path) as stage, Listener(stage.broker.port) as receipts:
        (before,) = stage.gateways(made, 1)
        before.release()
        before.wait_done()
        receipts.wait_for(f"nadi-out/v1/3578/ack/{before.name}", before.last_seq)
        before.stop()
        after = Gateway(stage.broker.port, made.messages, before.name, until="receipt", first=50)
        after.release()  # before it hears: a receipt for the first one may still be on its way
        after.start()
        try:
            after.wait_done()
        finally:
            after.stop()
        stage.check_truth(made)
