"""From a socket to a session: connect, CONNACK."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from config.settings import MqttSettings
from ingest import wire
from ingest.endpoint import Endpoint
from ingest.link import Link
from ingest.properties import MAXIMUM_PACKET_SIZE, MAXIMUM_QOS, RECEIVE_MAXIMUM, SERVER_KEEP_ALIVE
from ingest.reasons import Lost, refused
from telemetry.errors import WireError

TIMEOUT = 15.0
"""For connecting, and for the answer to CONNECT, each (s)."""
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
