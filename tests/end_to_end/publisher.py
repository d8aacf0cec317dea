"""A gateway's publisher that is sure of what it sent: QoS 1, and every PUBACK awaited."""

from __future__ import annotations

import threading
from collections.abc import Iterable

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from tests.end_to_end.city import Message


def publish(port: int, messages: Iterable[Message], ca_file: str | None = None, timeout: float = 180) -> int:
    """Publish all at QoS 1; the number acknowledged. Raises AssertionError when some are not in time."""
    client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
    client.max_inflight_messages_set(1_000)
    acknowledged = threading.Semaphore(0)
    client.on_publish = lambda *_: acknowledged.release()
    if ca_file is not None:
        client.tls_set(ca_file)
    client.connect("127.0.0.1" if ca_file is None else "localhost", port)
    client.loop_start()
    count = 0
    for message in messages:
        client.publish(message.topic, message.payload, qos=1)
        count += 1
    for number in range(count):
        assert acknowledged.acquire(timeout=timeout), f"only {number} of {count} messages were acknowledged"
    client.disconnect()
    client.loop_stop()
    return count
