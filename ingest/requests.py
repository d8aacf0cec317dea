"""What standards ask a host to publish, such as Sparkplug's rebirth: seldom to one topic, and never in a flood."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from ingest.decoders.base import Request
from telemetry.names import publishable

PER_TOPIC: Final = 10.0
"""Seconds between two requests to one topic: what is asked for takes its time to come."""
PER_SECOND: Final = 50.0
MAX_TOPICS: Final = 65_536


class Requests:
    """Publishes at QoS 0 or drops: a decoder that still misses something asks again.

    publish: (topic, payload, qos) -> whether it went out. clock: s, monotonic."""

    def __init__(self, publish: Callable[[str, bytes, int], bool], clock: Callable[[], float]) -> None:
        self.publish = publish
        self.clock = clock
        self.sent = 0
        self.dropped = 0
        """Too soon after another, too many at once, or not connected."""
        self._last: dict[str, float] = {}
        self._allowance = PER_SECOND
        self._at = clock()

    def send(self, requests: Iterable[Request]) -> None:
        now = self.clock()
        self._allowance = min(PER_SECOND, self._allowance + (now - self._at) * PER_SECOND)
        self._at = now
        for topic, payload in requests:
            if self._may(topic, now) and self.publish(topic, payload, 0):
                self._note(topic, now)
            else:
                self.dropped += 1

    def _may(self, topic: str, now: float) -> bool:
        if self._allowance < 1 or now - self._last.get(topic, -PER_TOPIC) < PER_TOPIC:
            return False
        return publishable(topic)

    def _note(self, topic: str, now: float) -> None:
        self._allowance -= 1
        self.sent += 1
        if len(self._last) >= MAX_TOPICS:
            self._last.clear()
        self._last[topic] = now
