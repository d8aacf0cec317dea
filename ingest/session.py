"""From a socket to a subscribed session: connect, CONNACK, and the difference in topic filters."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from config.settings import MqttSettings
from ingest import wire
from ingest.endpoint import Endpoint
from ingest.link import Link
from ingest.properties import MAXIMUM_PACKET_SIZE, MAXIMUM_QOS, RECEIVE_MAXIMUM, SERVER_KEEP_ALIVE
from ingest.reasons import Lost, meaning, refused
from telemetry.errors import WireError

TIMEOUT = 15.0
"""For connecting, and for the answer to CONNECT, each (s)."""
UNSURE = -1
"""In place of the QoS of a filter that the session may hold or not."""
MAX_OUTSTANDING = 100
"""Own messages at QoS 1 that may wait for their PUBACK."""


@dataclass(frozen=True, slots=True)
class Granted:
    """What the broker's CONNACK allows us. keep_alive: s."""

    session_present: bool
    keep_alive: int
    max_qos: int
    max_packet: int
    max_outstanding: int


@asynccontextmanager
async def _answered() -> AsyncIterator[None]:
    """Raises TimeoutError, in words, when what is done in here takes longer than TIMEOUT."""
    try:
        async with asyncio.timeout(TIMEOUT):
            yield
    except TimeoutError as error:
        reason = str(error) or f"no answer within {TIMEOUT:.0f} s; is mqtt.url the address of a broker?"
        raise TimeoutError(reason) from error


async def open_link(endpoint: Endpoint, budget: int) -> Link:
    """A connected Link. Raises OSError (with it ssl.SSLError and TimeoutError)."""
    loop = asyncio.get_running_loop()
    async with _answered():
        _, link = await loop.create_connection(lambda: Link(budget), endpoint.host, endpoint.port, ssl=endpoint.tls)
    return link


async def introduce(link: Link, settings: MqttSettings, client_id: str) -> Granted:
    """CONNECT and wait for CONNACK. Raises ConnectRefused, Lost, WireError, TimeoutError."""
    version = protocol(settings)
    keep_alive = max(1, min(settings.keep_alive // 1000, 65_535))
    link.write(
        wire.connect(
            version,
            client_id,
            keep_alive=keep_alive,
            session_expiry=settings.session_expiry // 1000,
            receive_maximum=settings.receive_maximum,
            username=settings.username,
            password=settings.password.get_secret_value() if settings.password else None,
        )
    )
    async with _answered():
        answer = await _connack(link, version)
    if answer.code:
        raise refused(version, answer)

    def number(name: int, default: int) -> int:
        value = answer.properties.get(name, default)
        return value if isinstance(value, int) else default

    return Granted(
        answer.session_present,
        number(SERVER_KEEP_ALIVE, keep_alive) or keep_alive,
        number(MAXIMUM_QOS, 1),
        number(MAXIMUM_PACKET_SIZE, 268_435_455),
        min(number(RECEIVE_MAXIMUM, 65_535), MAX_OUTSTANDING),
    )


async def _connack(link: Link, version: int) -> wire.ConnAck:
    while True:
        await link.readable()
        data = link.peek(wire.MAX_CONTROL)
        packet = wire.frame(data, 0)
        if packet is not None:
            wire.check_control(packet)
            if packet.end <= len(data):
                answer = wire.decode(version, data, packet)
                if not isinstance(answer, wire.ConnAck):
                    raise WireError(f"expected CONNACK, got {type(answer).__name__}")
                link.consume(packet.end, 1)
                return answer
        if link.closed:
            raise Lost(f"the broker closed the connection before it answered: {link.failure}")
        link.consume(0, len(data) + 1)


def protocol(settings: MqttSettings) -> int:
    return wire.V5 if settings.protocol == "5" else wire.V311


@dataclass(slots=True)
class Subscriptions:
    """Brings the session's topic filters in line with the settings; SUBACKs come in between messages."""

    wanted: dict[str, int]
    refused: dict[str, int]
    """Filters that the broker refused, with its reason code."""
    lowered: dict[str, int]
    """Filters that it granted at a lower QoS than was asked, with that."""
    _subscribing: dict[int, list[str]]
    _leaving: set[int]

    @classmethod
    def of(cls, settings: MqttSettings, filters: Iterable[str]) -> Subscriptions:
        return cls(dict.fromkeys(filters, settings.qos), {}, {}, {}, set())

    def requests(self, settings: MqttSettings, had: Mapping[str, int]) -> list[bytes]:
        """Packets that ask for what the session lacks, and give up what it has too much. `had`: its
        filters with their QoS, or UNSURE."""
        version = protocol(settings)
        fresh = [name for name, qos in self.wanted.items() if had.get(name) != qos]
        stale = [name for name in had if name not in self.wanted]
        packets = []
        if fresh:
            self._subscribing[1] = fresh
            handling = 2 if settings.retained == "ignore" else 1
            packets.append(wire.subscribe(version, 1, fresh, settings.qos, handling))
        if stale:
            self._leaving.add(2)
            packets.append(wire.unsubscribe(version, 2, stale))
        return packets

    @property
    def settled(self) -> bool:
        return not (self._subscribing or self._leaving)

    def answered(self, packet: wire.SubAck | wire.UnsubAck) -> None:
        """Take a broker's answer. Raises WireError if it answers nothing we asked."""
        if isinstance(packet, wire.UnsubAck):
            if packet.packet_id not in self._leaving:
                raise WireError(f"UNSUBACK for packet id {packet.packet_id}, which was not asked")
            self._leaving.discard(packet.packet_id)
            return
        asked = self._subscribing.pop(packet.packet_id, None)
        if asked is None or len(asked) != len(packet.codes):
            raise WireError(f"SUBACK with {len(packet.codes)} answers for packet id {packet.packet_id}")
        answers = dict(zip(asked, packet.codes, strict=True))
        self.refused |= {name: code for name, code in answers.items() if code >= 0x80}
        self.lowered |= {name: code for name, code in answers.items() if code < self.wanted[name]}

    def accepted(self) -> dict[str, int]:
        """What the session holds, at the QoS that was granted: one that is too low is asked for again next time."""
        return {name: qos for name, qos in (self.wanted | self.lowered).items() if name not in self.refused}

    def faults(self) -> list[str]:
        """What the broker has not granted, in words."""
        refused = ", ".join(f"{name}: {meaning(code)}" for name, code in self.refused.items())
        lowered = ", ".join(f"{name}: QoS {code}" for name, code in self.lowered.items())
        return [
            *([f"the broker refuses a subscription (mqtt.topics): {refused}"] if refused else []),
            *([f"the broker grants less than mqtt.qos, and so may lose messages: {lowered}"] if lowered else []),
        ]
