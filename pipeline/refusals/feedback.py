"""What nadi tells gateways, under `nadi-out/v1/`: receipts (`ack`) and refusals (`rejects`).

    journal ──▶ refusals ──▶ dead letters ──▶ rejects topic (rate-limited)
    ledger  ──▶ highest contiguous seq ─────▶ ack topic

Both are hints that may be lost: the next receipt says more than the last, and a refusal is kept
in the dead letters.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Final

import msgspec

from journal.base import Position, Reader, Stored
from journal.entries import ReadingsEntry, Refusal
from pipeline.refusals.deadletters import DeadLetters
from telemetry.errors import NadiError
from telemetry.names import name_fault, publishable
from telemetry.series import DOMAINS, SeriesTable

log = logging.getLogger("nadi.feedback")

RECEIPT_SECONDS: Final = 0.25
TOGETHER: Final = 500
"""Receipts that go out before all else has its turn."""
RETRY_SECONDS: Final = 5.0
REJECTS_PER_SECOND: Final = 20
SHOWN: Final = 256
"""Bytes of what was refused that are told back."""
OUT: Final = "nadi-out/v1"
FROM: Final = "nadi/v1"
UNREAD: Final = "\ufffd"
"""Stands in a refusal's topic where that was not UTF-8."""
_LEVELS: Final = 6

Publish = Callable[[str, bytes], Awaitable[bool]]


def rejects_topic(topic: str) -> str | None:
    """Where a refusal of a message on `topic` is told; None where the topic itself is bad."""
    levels = topic.split("/")
    if len(levels) != _LEVELS or not topic.startswith(FROM + "/") or levels[3] not in DOMAINS:
        return None
    if UNREAD in topic or any(name_fault(level) is not None for level in levels[2:]):
        return None
    _, _, city, domain, zone, device = levels
    told = f"{OUT}/{city}/rejects/{domain}/{zone}/{device}"
    return told if publishable(told) else None


def ack_topic(key: str) -> str | None:
    """Where the gateway of this key (city/name) is told; None where its name can't stand in a topic, which a log of
    older days may hold."""
    city, _, name = key.partition("/")
    topic = f"{OUT}/{city}/ack/{name}"
    return topic if "/" not in name and UNREAD not in name and publishable(topic) else None


class Feedback:
    """Two tasks: `keep_refused` follows the log, `send_receipts` the ledger."""

    def __init__(
        self,
        reader: Reader,
        letters: DeadLetters,
        receipts: Callable[[], Iterable[tuple[int, int]]],
        table: SeriesTable,
        publish: Publish,
        clock: Callable[[], int],
    ) -> None:
        """receipts: (gateway id, seq up to which all is stored) of those that changed. clock: ms."""
        self.reader = reader
        self.letters = letters
        self.receipts = receipts
        self.table = table
        self.publish = publish
        self.clock = clock
        self.problem = ""
        """Why refused messages can't be kept at the moment; empty while they can."""
        self.untold = 0
        """Refusals that were not told to a gateway: there were too many, or telling failed."""
        self._failed = False
        self._allowance = float(REJECTS_PER_SECOND)
        self._allowed_at = time.monotonic()

    async def keep_refused(self) -> None:
        """Put every refusal of the log into the dead letters, and tell the gateway; for ever."""
        async for batch in self.reader.read():
            refused = [
                (item.position, number, refusal)
                for item in batch
                if isinstance(item, Stored) and isinstance(item.entry, ReadingsEntry)
                for number, refusal in enumerate(item.entry.refusals)
            ]
            if refused:
                await self._keep(refused)
                await self._tell([refusal for _, _, refusal in refused])
            stored = [item.position for item in batch if isinstance(item, Stored)]
            if stored:
                await self.reader.advance(Position(stored[-1]))

    async def _keep(self, refused: Sequence[tuple[int, int, Refusal]]) -> None:
        """However long it takes: until then the log holds them."""
        while True:
            try:
                await asyncio.to_thread(self.letters.put, refused, self.clock())
                break
            except NadiError as error:
                if not self.problem:
                    log.error("refused messages stay in the journal", extra={"why": str(error)})
                self.problem = str(error)
                await asyncio.sleep(RETRY_SECONDS)
        self.problem = ""

    async def _tell(self, refused: Sequence[Refusal]) -> None:
        now = time.monotonic()
        self._allowance = min(REJECTS_PER_SECOND, self._allowance + (now - self._allowed_at) * REJECTS_PER_SECOND)
        self._allowed_at = now
        for refusal in refused:
            topic = rejects_topic(refusal.topic) if refusal.reason != "topic" else None
            if topic is None:
                continue
            if self._allowance < 1:
                self.untold += 1
                continue
            self._allowance -= 1
            told = {
                "reason": refusal.reason,
                "detail": refusal.detail,
                "payload": refusal.payload[:SHOWN].decode("utf-8", "replace"),
                "time": refusal.arrival,
            }
            if not await self._hint(topic, told):
                self.untold += 1

    async def _hint(self, topic: str, told: dict[str, object]) -> bool:
        """False where it failed. Whatever that was: it must not end what keeps refusals, nor come again at each
        start because the cursor has not moved."""
        try:
            await self.publish(topic, msgspec.json.encode(told))
        except Exception as error:
            if not self._failed:
                log.exception("a hint to a gateway failed", extra={"topic": topic[:SHOWN], "why": str(error)})
            self._failed = True
            return False
        return True

    async def send_receipts(self) -> None:
        """Tell each gateway the highest `seq` up to which everything is stored; for ever."""
        while True:
            await asyncio.sleep(RECEIPT_SECONDS)
            for number, (gateway, seq) in enumerate(self.receipts(), start=1):
                if (topic := ack_topic(self.table.gateways[gateway])) is not None:
                    await self._hint(topic, {"seq": seq})
                if number % TOGETHER == 0:  # after a start all of them are due
                    await asyncio.sleep(0)
