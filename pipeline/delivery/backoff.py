"""How long to wait before writing to a sink or telling a channel again, and what to say about it."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NamedTuple

from sinks.base import Denied, Throttled, Unreachable

log = logging.getLogger("nadi.delivery")


@dataclass(frozen=True, slots=True)
class Waits:
    """Times in s. first, most: of the doubling back-off; denied: where only a person can help;
    asked: the most that a store's Retry-After is believed."""

    first: float = 0.25
    most: float = 30.0
    denied: float = 30.0
    asked: float = 300.0


class Words(NamedTuple):
    """What the log says, of `{name}`. asked: why, where the other side asks to wait."""

    failing: str = "sink {name} can't be written"
    again: str = "sink {name} answers again"
    asked: str = "the store asks to wait"


OF_SINKS: Final = Words()


class Backoff:
    """Doubling waits with jitter (half to all of it); each failure is logged when it begins."""

    def __init__(
        self, name: str, waits: Waits, jitter: Callable[[], float] = random.random, words: Words = OF_SINKS
    ) -> None:
        self.name = name
        self.waits = waits
        self.words = words
        self.problem = ""
        """The present failure in words; empty while there is none."""
        self._jitter = jitter
        self._failures = 0

    def failed(self, outcome: Throttled | Unreachable | Denied) -> float:
        """Note a failure; seconds to wait before the next attempt."""
        problem = self.words.asked if isinstance(outcome, Throttled) else outcome.reason
        if self._failures == 0 or (isinstance(outcome, Denied) and problem != self.problem):
            level = logging.ERROR if isinstance(outcome, Denied) else logging.WARNING
            log.log(level, "%s: %s; retrying", self.words.failing.format(name=self.name), problem)
        wait = min(self.waits.most, self.waits.first * 2.0 ** min(self._failures, 30))
        if isinstance(outcome, Denied):
            wait = self.waits.denied
        wait *= 0.5 + 0.5 * self._jitter()
        if isinstance(outcome, Throttled) and outcome.retry_after is not None:
            wait = min(self.waits.asked, max(outcome.retry_after, wait))
        self._failures += 1
        self.problem = problem
        return wait

    def recovered(self) -> None:
        """The other side has answered."""
        if self._failures:
            log.info(self.words.again.format(name=self.name), extra={"attempts": self._failures + 1})
        self._failures = 0
        self.problem = ""
