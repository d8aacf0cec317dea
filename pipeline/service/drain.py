"""How a running nadi ends: sources first, then what they gave, then the sinks, all within a deadline.

    subscriber ─ acknowledges what is durable, disconnects      a quarter of the time at most
    processing ─ up to the last input; then a snapshot           of what is left half, and half again
    sinks      ─ side by side, what they take in time            the rest, but for closing

Whatever is not done in time goes on at the next start: it stands in the journal.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from typing import Any, Final

from pipeline.wiring import Parts
from telemetry.errors import JournalError

log = logging.getLogger("nadi.service")

_CLOSING: Final = 0.1
"""Share of the whole time that is left for closing files and connections."""


async def drain(parts: Parts, inputs: Sequence[asyncio.Task[None]], seconds: float) -> None:
    """Returns after `seconds` at the latest. `inputs`: the tasks that append to the journal."""
    deadline = time.monotonic() + seconds * (1 - _CLOSING)

    def share(part: float) -> float:
        return max(0.0, deadline - time.monotonic()) * part

    log.info("draining")
    processing = parts.processing
    await _within(share(0.25), parts.subscriber.stop, "acknowledging")
    for task in inputs:
        task.cancel()
    if processing.caught_up.is_set():
        await _within(share(0.5), lambda: processing.reached(parts.gate.last), "processing")
        await _within(share(0.5), processing.save_snapshot, "snapshot")
        last, left = processing.cursor, share(1)
        await asyncio.gather(*(_within(left, partial(r.delivered, last), f"sink {r.sink.name}") for r in parts.runners))
    else:
        log.info("stopped while replaying; the next start replays from the same snapshot")
    log.info("drained")


async def _within(seconds: float, work: Callable[[], Coroutine[Any, Any, None]], what: str) -> None:
    try:
        async with asyncio.timeout(seconds):
            await work()
    except TimeoutError:
        log.warning("not finished in time; it goes on at the next start", extra={"what": what})
    except (JournalError, OSError) as error:
        log.warning("not finished; it goes on at the next start", extra={"what": what, "why": str(error)})
