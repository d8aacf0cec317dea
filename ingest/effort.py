"""What reading a message costs beyond its bytes: a budget for each scan, and a rate for each sender.

A message of a few hundred bytes may unpack to a megabyte, and hold thousands of objects. One unit of
effort is one object or reading looked at with care (5 to 20 us), or UNIT bytes unpacked.
"""

from __future__ import annotations

from typing import Final

BUDGET: Final = 10_000
"""Of one scan, beyond which no other message is begun: what has been read is committed and acknowledged first."""
AT_ONCE: Final = 1
"""What a scan that stopped for its effort wants: any byte, for the next message may be there already."""
REST: Final = 0.02
"""Seconds that all else has, such as an answer to /healthz, before the next scan goes on."""
UNIT: Final = 500
"""Bytes unpacked that count as one object."""
HEAVY: Final = 64
"""What less than this takes is not charged to its sender."""
LIGHT: Final = 256
"""Bytes of a plain object that is read whatever its sender sent before: so little can't be heavy."""
MAX_SENDERS: Final = 4_096
"""Whose buckets are remembered: the latest ones to send a heavy message."""
OVER: Final = "reading this sender's packed, odd or refused messages has cost more than limits.gateway_rate objects/s"


class Efforts:
    """A bucket per sender (topic), filled by the effort that its heavy messages took, leaking at `rate` (units/s).

    It holds one second's worth, but a sender whose bucket is not full may send one message of any effort."""

    def __init__(self, rate: int) -> None:
        self.rate = rate
        self._buckets: dict[bytes, tuple[float, int]] = {}
        """Level, and when (ms) that was."""
        self._granted = 0.0

    def over(self, sender: bytes, now: int) -> bool:
        """Whether this sender's messages are to be refused without a look into them. now: ms."""
        return sender in self._buckets and self._level(sender, now) > self.rate

    def charge(self, sender: bytes, effort: int, now: int, least: int = HEAVY) -> None:
        """least: what is charged at all."""
        if effort < least:
            return
        level = self._level(sender, now) + effort
        self._buckets.pop(sender, None)
        if len(self._buckets) >= MAX_SENDERS:
            del self._buckets[next(iter(self._buckets))]
        self._buckets[sender] = level, now

    def inherit(self, former: Efforts) -> None:
        """Go on from the levels of `former`, whose rate may be another."""
        self._buckets, self._granted = dict(former._buckets), former._granted

    def grant(self, elapsed: int) -> None:
        """Reading stood still for `elapsed` ms: make room for what came to the broker meanwhile."""
        self._granted = max(self._granted, elapsed * self.rate / 1000)
        self._buckets.clear()

    def expire_grant(self) -> None:
        """The backlog has been read: from here on the rate alone holds."""
        self._granted = 0.0
        self._buckets = {sender: bucket for sender, bucket in self._buckets.items() if bucket[0] > 0}

    def _level(self, sender: bytes, now: int) -> float:
        bucket = self._buckets.get(sender)
        if bucket is None:
            return -self._granted
        level, at = bucket
        return max(level - max(0, now - at) * self.rate / 1000, min(level, 0.0))
