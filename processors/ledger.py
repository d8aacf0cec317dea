"""The books: every message and reading accounted for, exactly once.

    received = stored + duplicate + rejected

`received` and `rejected` are counted from what ingest wrote into the log, `stored` and
`duplicate` from what came out of the last processor, so that a reading which any stage loses
shows as a difference. The equation holds whenever all noted entries have been processed: an
unreadable message is one rejected, a replacement is a duplicate, and a reading that is late
or expired is stored.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import numpy as np

from journal.entries import ReadingsEntry, Refusal, TickEntry
from processors.base import Outputs, State
from processors.sequences import SequenceTracker
from telemetry import flags
from telemetry.batch import Index, Int64, Readings
from telemetry.series import DOMAINS, SeriesTable

REASONS: Final = (
    *("json", "schema", "time", "future", "not_finite"),
    *("unit", "topic", "too_large", "series_limit", "rate", "other"),
)
"""Why a reading or message was refused, in the contract's words; `other` for any unknown one."""

OUTCOMES: Final = ("received", "stored", "duplicate", "late", "expired", "failed")
_RECEIVED, _STORED, _DUPLICATE, _LATE, _EXPIRED, _FAILED = range(len(OUTCOMES))
_FLAGGED: Final = ((_LATE, flags.LATE), (_EXPIRED, flags.EXPIRED), (_FAILED, flags.FAIL))
"""Kinds of stored readings that are counted apart."""

BY_DOMAIN: Final = ("stored", "duplicate", "rejected")
UNKNOWN_DOMAIN: Final = len(DOMAINS)


class Ledger:
    """Totals per gateway (row 0: readings without one) and domain; last in the chain."""

    name = "ledger"

    def __init__(self, table: SeriesTable) -> None:
        self.table = table
        self.sequences = SequenceTracker()
        self.messages: Int64 = np.zeros(1, np.int64)
        self.readings: Int64 = np.zeros((len(OUTCOMES), 1), np.int64)
        self.rejected: Int64 = np.zeros((len(REASONS), 1), np.int64)
        self.domains: Int64 = np.zeros((len(BY_DOMAIN), len(DOMAINS) + 1), np.int64)

    def note(self, entry: ReadingsEntry) -> None:
        """Count what one input entry holds; called for every one, in log order, before its
        readings come to `process`."""
        self.messages += entry.messages
        self._add(_RECEIVED, entry.readings)
        self.sequences.note(entry.sequences)
        self._refuse(entry.refusals)

    def process(self, readings: Readings, out: Outputs) -> Readings:
        """Count the outcome of readings, by their final flags."""
        bits = readings.flags
        again = (bits & flags.DUPLICATE) != 0
        stored = readings
        if again.any():
            duplicates = readings.take(again)
            stored = readings.take(~again)
            self._add(_DUPLICATE, duplicates)
            self._add_domains(1, duplicates)
        self._add(_STORED, stored)
        self._add_domains(0, stored)
        seen = int(np.bitwise_or.reduce(stored.flags, initial=0))
        for outcome, flag in _FLAGGED:
            if seen & flag:
                self._add(outcome, stored.take((stored.flags & flag) != 0))
        return readings

    def tick(self, tick: TickEntry, out: Outputs) -> None:
        self.sequences.tick()

    def _add(self, outcome: int, readings: Readings) -> None:
        counts = np.bincount(readings.gateway + 1)
        self._grow(len(counts))
        self.readings[outcome, : len(counts)] += counts

    def _add_domains(self, row: int, readings: Readings) -> None:
        domains = self.table.domain_of.take(readings.series)
        self.domains[row] += np.bincount(domains, minlength=len(DOMAINS) + 1)

    def _refuse(self, refusals: Iterable[Refusal]) -> None:
        for refusal in refusals:
            gateway = refusal.gateway + 1
            self._grow(gateway + 1)
            reason = refusal.reason if refusal.reason in REASONS else "other"
            self.readings[_RECEIVED, gateway] += refusal.readings
            self.rejected[REASONS.index(reason), gateway] += refusal.readings
            self.domains[2, _domain(refusal.topic)] += refusal.readings

    def _grow(self, size: int) -> None:
        if size <= self.readings.shape[1]:
            return
        more = max(size, 2 * self.readings.shape[1]) - self.readings.shape[1]
        self.readings = np.pad(self.readings, ((0, 0), (0, more)))
        self.rejected = np.pad(self.rejected, ((0, 0), (0, more)))

    @property
    def stored(self) -> int:
        """Distinct readings since the books began."""
        return int(self.domains[0].sum())

    def receipts(self) -> list[tuple[int, int]]:
        """(gateway id, highest contiguous stored seq) of those that changed since last asked."""
        return self.sequences.receipts()

    def summary(self) -> dict[str, Any]:
        """Everything counted but the single gateways, ready for JSON; cheap enough to ask for often."""
        everything = _account(self.readings.sum(axis=1).tolist(), self.rejected.sum(axis=1).tolist())
        domains = {
            name: dict(zip(BY_DOMAIN, column, strict=True))
            for name, column in zip((*DOMAINS, "unknown"), self.domains.T.tolist(), strict=True)
        }
        return {
            "messages": int(self.messages[0]),
            "all": {**everything, "sequences": self.sequences.totals()},
            "domains": domains,
            "no_gateway": _account(self.readings[:, 0].tolist(), self.rejected[:, 0].tolist()),
        }

    def totals(self) -> dict[str, Any]:
        """The summary, and each gateway by its name. Takes 10 us for each: not for what is asked often."""
        return {**self.summary(), "gateways": self.named(np.arange(len(self.table.gateways)))}

    def copied(self) -> Ledger:
        """The books of this moment, for telling them bit by bit while they go on."""
        made = Ledger(self.table)
        for name in ("messages", "readings", "rejected", "domains"):
            setattr(made, name, getattr(self, name).copy())
        made.sequences = self.sequences.copied()
        return made

    def busiest(self, count: int) -> dict[str, dict[str, Any]]:
        """The `count` gateways of which most was received, the first first, by name."""
        received = self.readings[_RECEIVED, 1 : len(self.table.gateways) + 1]
        found = np.arange(len(received))
        if len(found) > count:
            found = np.argpartition(received, -count)[-count:]
        return self.named(found[np.argsort(-received[found], kind="stable")])

    def worst(self, count: int) -> Index:
        """The `count` gateways of which most was refused, then received, the first first."""
        self._grow(len(self.table.gateways) + 1)
        known = slice(1, len(self.table.gateways) + 1)
        order = np.lexsort((-self.readings[_RECEIVED, known], -self.rejected[:, known].sum(axis=0)))
        return order[:count]

    def named(self, gateways: Index) -> dict[str, dict[str, Any]]:
        """What became of what these gateways sent, by their names."""
        self._grow(len(self.table.gateways) + 1)
        rows = zip(
            gateways.tolist(),
            self.readings[:, gateways + 1].T.tolist(),
            self.rejected[:, gateways + 1].T.tolist(),
            self.sequences.told(gateways),
            strict=True,
        )
        return {
            self.table.gateways[gateway]: {**_account(outcomes, reasons), "sequences": sequences}
            for gateway, outcomes, reasons, sequences in rows
        }

    def snapshot(self) -> State:
        tracked = {f"sequences.{name}": column for name, column in self.sequences.snapshot().items()}
        size = len(self.table.gateways) + 1
        self._grow(size)
        return {
            "messages": self.messages.copy(),
            "readings": self.readings[:, :size].copy(),
            "rejected": self.rejected[:, :size].copy(),
            "domains": self.domains.copy(),
            **tracked,
        }

    def restore(self, state: State) -> None:
        for name in ("messages", "readings", "rejected", "domains"):
            setattr(self, name, state[name].copy())
        prefix = "sequences."
        self.sequences.restore({name.removeprefix(prefix): state[name] for name in state if name.startswith(prefix)})


def _domain(topic: str) -> int:
    """The index of the domain that a topic names; the one after the last where it names none."""
    levels = topic.split("/", 4)
    return DOMAINS.index(levels[3]) if len(levels) > 3 and levels[3] in DOMAINS else UNKNOWN_DOMAIN


def _account(outcomes: list[int], reasons: list[int]) -> dict[str, Any]:
    account: dict[str, Any] = dict(zip(OUTCOMES, outcomes, strict=True))
    account["rejected"] = sum(reasons)
    account["reasons"] = {}
    if account["rejected"]:
        account["reasons"] = {reason: count for reason, count in zip(REASONS, reasons, strict=True) if count}
    return account
