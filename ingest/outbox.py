"""What nadi itself publishes on the subscriber's connection: receipts and refusals, small and few."""

from __future__ import annotations

from ingest import wire
from ingest.link import Link
from ingest.session import Granted
from ingest.status import Status

_FIRST_ID = 16
"""Packet ids below are those of SUBSCRIBE and UNSUBSCRIBE."""


class Outbox:
    """Writes at once or drops: what it sends is either repeated or superseded by what follows."""

    def __init__(self, status: Status, version: int) -> None:
        self.status = status
        self.version = version
        self._link: Link | None = None
        self._granted: Granted | None = None
        self._outstanding: set[int] = set()
        self._next_id = _FIRST_ID

    def connected(self, link: Link, granted: Granted) -> None:
        self._link, self._granted = link, granted
        self._outstanding.clear()

    def disconnected(self) -> None:
        self._link = None

    def publish(self, topic: str, payload: bytes, qos: int, retain: bool = False) -> bool:
        link, granted = self._link, self._granted
        if link is None or granted is None or link.closed or link.congested:
            return self._dropped()
        qos = min(qos, granted.max_qos)
        packet_id = self._take_id() if qos else 0
        if qos and not packet_id:
            return self._dropped()
        packet = wire.publish(self.version, topic, payload, qos=qos, packet_id=packet_id, retain=retain)
        if len(packet) > granted.max_packet:
            self._outstanding.discard(packet_id)
            return self._dropped()
        link.write(packet)
        self.status.published += 1
        return True

    def acknowledged(self, packet_id: int) -> None:
        self._outstanding.discard(packet_id)

    def _take_id(self) -> int:
        """A free packet id; 0 when too many are outstanding."""
        assert self._granted is not None
        if len(self._outstanding) >= self._granted.max_outstanding:
            return 0
        while self._next_id in self._outstanding:
            self._next_id = self._next_id + 1 if self._next_id < 65_535 else _FIRST_ID
        taken = self._next_id
        self._outstanding.add(taken)
        self._next_id = taken + 1 if taken < 65_535 else _FIRST_ID
        return taken

    def _dropped(self) -> bool:
        self.status.publish_dropped += 1
        return False
