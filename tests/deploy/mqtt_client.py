"""A small synchronous MQTT 5 client for tests of the broker's rules: every answer has its reason."""

from __future__ import annotations

import queue
import ssl
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

SECONDS = 60.0
"""Only a test that hangs waits so long."""


class Peer:
    """Connects in `with`; `session` is the id of a session that outlives the connection."""

    def __init__(
        self, port: int, user: str | None, password: str | None, *, session: str = "", ca_file: Path | None = None
    ) -> None:
        self.port, self.session = port, session
        self.connected: queue.Queue[str] = queue.Queue()
        self.closed: queue.Queue[str] = queue.Queue()
        self.answers: queue.Queue[tuple[int, str]] = queue.Queue()
        self.messages: queue.Queue[MQTTMessage] = queue.Queue()
        self.client = Client(CallbackAPIVersion.VERSION2, client_id=session, protocol=MQTTProtocolVersion.MQTTv5)
        self.client.username_pw_set(user, password)
        if ca_file:
            self.client.tls_set(str(ca_file), tls_version=ssl.PROTOCOL_TLS_CLIENT)
        self.client.max_inflight_messages_set(1000)
        self.client.on_connect = self._on_connect
        self.client.on_disconnect = lambda c, u, flags, reason, p: self.closed.put(str(reason))
        self.client.on_publish = lambda c, u, number, reason, p: self.answers.put((number, str(reason)))
        self.client.on_subscribe = lambda c, u, number, reasons, p: self.answers.put((number, str(reasons[0])))
        self.client.on_message = lambda c, u, message: self.messages.put(message)

    def __enter__(self) -> Self:
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        if self.session:
            properties.SessionExpiryInterval = 3600
        self.client.connect("localhost", self.port, clean_start=not self.session, properties=properties)
        self.client.loop_start()
        self.reason = self.connected.get(timeout=SECONDS)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.client.disconnect()
        self.client.loop_stop()

    def _on_connect(self, client: Client, data: object, flags: object, reason: object, properties: object) -> None:
        self.max_packet_size = getattr(properties, "MaximumPacketSize", None)
        self.connected.put(str(reason))

    def publish(self, topic: str, payload: bytes = b"{}") -> str:
        """The reason in the broker's PUBACK."""
        return self.publish_all(topic, [payload])[0]

    def publish_all(self, topic: str, payloads: Sequence[bytes]) -> list[str]:
        """All at QoS 1 without waiting in between; the reason of each."""
        numbers = [self.client.publish(topic, payload, qos=1).mid for payload in payloads]
        reasons = dict(self.answers.get(timeout=SECONDS) for _ in numbers)
        return [reasons[number] for number in numbers]

    def subscribe(self, topic: str) -> str:
        self.client.subscribe(topic, qos=1)
        return self.answers.get(timeout=SECONDS)[1]

    def receive(self, number: int) -> list[MQTTMessage]:
        return [self.messages.get(timeout=SECONDS) for _ in range(number)]
