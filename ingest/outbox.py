"""What nadi itself publishes on the subscriber's connection: receipts and refusals, small and few."""

from __future__ import annotations

import asyncio
import time
from typing import Final

from ingest import wire
from ingest.link import Link
from ingest.reasons import meaning
from ingest.session import Granted
from ingest.status import Status
from telemetry.errors import WireError
from telemetry.names import publishable

_FIRST_ID = 16
"""Packet ids below are those of SUBSCRIBE and UNSUBSCRIBE."""
ANSWER_SECONDS: Final = 30.0
"""What the broker has not acknowledged by then counts as not delivered."""
SUSPECT_SECONDS: Final = 2.0


class Outbox:
    """Writes at once or drops: what `publish` sends is either repeated or superseded by what follows."""

    def __init__(self, status: Status, version: int) -> None:
        self.status = status
        self.version = version
        self._link: Link | None = None
        self._granted: Granted | None = None
        self._outstanding: dict[int, asyncio.Future[str] | None] = {}
        """By packet id, who waits for the answer."""
        self._next_id = _FIRST_ID
        self._written_at = self._silent_until = float("-inf")

    def connected(self, link: Link, granted: Granted, silent: float = 0.0) -> None:
        """silent: seconds in which nothing is sent, for what is sent seems to end each connection."""
        self.disconnected()
        self._link, self._granted = link, granted
        self._written_at, self._silent_until = float("-inf"), time.monotonic() + silent

    @property
    def just_wrote(self) -> bool:
        """Whether something was sent so lately that a broker which closes now may do so because of it."""
        return time.monotonic() - self._written_at < SUSPECT_SECONDS

    def disconnected(self) -> None:
        self._link = None
        for packet_id in list(self._outstanding):
            self._answer(packet_id, "the connection was lost before the broker answered")

    def publish(self, topic: str, payload: bytes, qos: int, retain: bool = False) -> bool:
        """False, and counted, where it is dropped."""
        return self._write(topic, payload, qos, retain, None)

    async def deliver(self, topic: str, payload: bytes, retain: bool = False) -> str:
        """Send with QoS 1 and wait for the broker's acknowledgement. Returns why it has not come; empty: it has."""
        answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        if not self._write(topic, payload, 1, retain, answer):
            if not publishable(topic):
                return f"{topic!r} is no topic that a broker takes"
            if time.monotonic() < self._silent_until:
                return "the broker closes connections when nadi publishes: nothing is published for a moment"
            return "not connected to the broker, or it is congested or takes no packet of this size"
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                return await answer
        except TimeoutError:
            return f"the broker has not acknowledged it within {ANSWER_SECONDS:g} s"

    def _write(self, topic: str, payload: bytes, qos: int, retain: bool, answer: asyncio.Future[str] | None) -> bool:
        link, granted = self._link, self._granted
        if link is None or granted is None or link.closed or link.congested or time.monotonic() < self._silent_until:
            return self._dropped()
        if not publishable(topic):
            return self._dropped()
        qos = min(qos, granted.max_qos)
        packet_id = self._take_id() if qos else 0
        if qos and not packet_id:
            return self._dropped()
        try:
            packet = wire.publish(self.version, topic, payload, qos=qos, packet_id=packet_id, retain=retain)
        except WireError:
            packet = b""  # larger than MQTT itself has room for
        if not packet or len(packet) > granted.max_packet:
            self._outstanding.pop(packet_id, None)
            return self._dropped()
        link.write(packet)
        self._written_at = time.monotonic()
        self.status.published += 1
        if qos:
            self._outstanding[packet_id] = answer
        elif answer is not None:
            answer.set_result("")  # a broker that takes QoS 0 only promises nothing more
        return True

    def acknowledged(self, packet_id: int, code: int) -> None:
        """code: of the PUBACK; from 0x80 on, a refusal."""
        self._answer(packet_id, meaning(code) if code >= 0x80 else "")

    def _answer(self, packet_id: int, said: str) -> None:
        answer = self._outstanding.pop(packet_id, None)
        if answer is not None and not answer.done():
            answer.set_result(said)

    def _take_id(self) -> int:
        """A free packet id; 0 when too many are outstanding."""
        assert self._granted is not None
        if len(self._outstanding) >= self._granted.max_outstanding:
            return 0
        while self._next_id in self._outstanding:
            self._next_id = self._next_id + 1 if self._next_id < 65_535 else _FIRST_ID
        taken = self._next_id
        self._outstanding[taken] = None
        self._next_id = taken + 1 if taken < 65_535 else _FIRST_ID
        return taken

    def _dropped(self) -> bool:
        self.status.publish_dropped += 1
        return False
