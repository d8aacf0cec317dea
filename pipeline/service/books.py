"""The ledger told to who asks: all gateways at one moment, but not in one go.

ledger ── copied at once ──▶ books ── SLICE gateways, all else has its turn, SLICE gateways … ──▶ JSON
"""

from __future__ import annotations

import asyncio
from typing import Any, Final

import numpy as np
import orjson

from pipeline.service.status import sinks_account
from pipeline.wiring import Parts

SLICE: Final = 500
"""Gateways that are told together: 5 ms."""


class Books:
    """What `/api/v1/ledger` answers. One answer is made at a time, for each may take a copy."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self._one = asyncio.Lock()

    async def told(self, most: int | None = None) -> dict[str, Any]:
        """The summary, the sinks, how many gateways are known, and these by name: all of them, or only `most` of
        which most was refused, then received. `gateways` is JSON already."""
        async with self._one:
            ledger = self.parts.ledger
            if most is None or most > SLICE:
                ledger = ledger.copied()
            count = len(self.parts.table.gateways)
            head = ledger.summary() | {"sinks": sinks_account(self.parts), "gateways_known": count}
            chosen = np.arange(count) if most is None else ledger.worst(most)
            pieces = []
            for first in range(0, len(chosen), SLICE):
                # The braces between the slices are left out.
                pieces.append(orjson.dumps(ledger.named(chosen[first : first + SLICE]))[1:-1])
                await asyncio.sleep(0)
            return head | {"gateways": orjson.Fragment(b"{" + b",".join(pieces) + b"}")}
