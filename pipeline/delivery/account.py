"""What became of readings at one sink, since the books began: durable together with its cursor.

    stored = earlier + delivered + pending + dropped + quarantined + damaged

`stored` is the ledger's. A derived entry carries its value at that place of the log, so that what a
sink was given is compared with what it should have been given: a difference is `damaged`, and is
no estimate. `pending` is what the ledger is ahead of the sum of the others.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Self

log = logging.getLogger("nadi.delivery")


@dataclass(slots=True)
class Account:
    """Readings, each counted once. earlier: stored before the sink began, None where that is not known
    yet; damaged: stored and processed, but lost in a damaged part of the log before this sink had them."""

    earlier: int | None = None
    delivered: int = 0
    dropped: int = 0
    quarantined: int = 0
    damaged: int = 0

    @classmethod
    def of(cls, totals: Mapping[str, int]) -> Self:
        """As they stand beside the cursor."""
        return cls(**{each.name: totals[each.name] for each in fields(cls) if each.name in totals})

    def totals(self) -> dict[str, int]:
        """To be kept beside the cursor."""
        return {name: number for name, number in asdict(self).items() if number is not None}

    @property
    def passed(self) -> int | None:
        """How many of the stored readings lie behind the sink."""
        if self.earlier is None:
            return None
        return self.earlier + self.delivered + self.dropped + self.quarantined + self.damaged

    def pass_by(self, distinct: int, refused: int, stored: int) -> None:
        """A portion is done with: so many readings, of which the store refused some. stored: the ledger's
        total where the portion ends; -1 where the log does not say."""
        if stored >= 0:
            distinct = self._compare(distinct, stored)
        refused = min(refused, distinct)
        self.quarantined += refused
        self.delivered += distinct - refused

    def _compare(self, distinct: int, stored: int) -> int:
        """How many of `distinct` the ledger knows of; the rest of what it knows is damaged."""
        passed = self.passed
        if passed is None:
            known = self.delivered + self.dropped + self.quarantined + self.damaged
            self.earlier = max(0, stored - distinct - known)
            passed = self.earlier + known
        if stored < passed:
            log.error("the ledger began anew, and so does the account of a sink", extra={"stored": stored})
            self.earlier = passed = max(0, stored - distinct)
            self.delivered = self.dropped = self.quarantined = self.damaged = 0
        expected = stored - passed
        self.damaged += max(0, expected - distinct)
        return min(distinct, expected)
