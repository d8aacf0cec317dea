"""How long to wait before connecting again, and when another client seems to use our id."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from ingest.reasons import TakenOver


@dataclass(frozen=True, slots=True)
class Waits:
    """Times in s. first, most: of the doubling back-off; slow: where only a person can help;
    takeover: the first wait after a takeover, doubling; settled: a connection that lasted so long
    is past suspicion."""

    first: float = 0.25
    most: float = 30.0
    slow: float = 30.0
    takeover: float = 2.0
    settled: float = 120.0
    max_takeovers: int = 4
    """Times that the broker names a takeover (MQTT 5), one after another."""
    brief: float = 10.0
    """A connection that ends before this, without being refused or taken over, was of no use: the next one waits
    longer. It may end over what comes first on each, which the broker sends again and again."""
    brief_most: float = 5.0
    suspicious: int = 3
    """Connections, one after another, that ended as soon as we had published."""
    silent: float = 30.0
    """After those nothing is published for so long from a connection's beginning."""
    max_closes: int = 8
    """Times that it just closes a fresh connection, which may have other causes. On a takeover a broker
    of 3.1.1 does no more, and so does Mosquitto 2.0.11 with MQTT 5."""


class Retry:
    """Doubling waits with jitter (half to all of it)."""

    def __init__(self, client_id: str, waits: Waits | None = None, jitter: Callable[[], float] = random.random) -> None:
        self.client_id = client_id
        self.waits = waits or Waits()
        self._jitter = jitter
        self._failures = self._takeovers = self._closes = self._answered = self._briefs = 0

    @property
    def silent(self) -> float:
        """Seconds in which the next connection should publish nothing: so it is seen whether the broker closes it
        because of what we publish, or all the same."""
        return self.waits.silent if self._answered >= self.waits.suspicious else 0.0

    def connected(self) -> None:
        """The broker has taken us in."""
        self._failures = 0

    def failed(self) -> float:
        """No connection was made. Seconds to wait."""
        self._takeovers = self._closes = 0
        return self._doubling(self.waits.first)

    def refused(self) -> float:
        """Only a person can mend this. Seconds to wait."""
        self._takeovers = self._closes = 0
        return self._jittered(self.waits.slow)

    def lost(self, lasted: float, *, plain: bool, published: bool = False) -> float:
        """The connection ended after `lasted` seconds; `plain`: the broker closed it without an error or a
        word, which may be all that it does on a takeover; `published`: as soon as we had published, which is
        then a likelier cause. Raises TakenOver when it repeats without that."""
        if lasted >= self.waits.settled:
            self._answered = 0
        elif published:
            self._answered += 1
        if lasted >= self.waits.settled or not plain or published:
            self._closes = 0
        else:
            self._closes += 1
            if self._closes >= self.waits.max_closes:
                raise TakenOver(self._message("the broker closes each connection soon after it is made"))
        if lasted >= self.waits.settled:
            self._takeovers = 0
        repeated = max(self._closes, self._answered)
        wait = min(self.waits.most, self.waits.first * 2.0 ** min(repeated, 30))
        brief = min(self.waits.most, self.waits.brief_most, self.waits.first * 2.0 ** min(self._briefs, 30))
        self._briefs = self._briefs + 1 if lasted < self.waits.brief else 0
        return self._jittered(max(wait, brief))

    def taken_over(self, lasted: float) -> float:
        """The broker says so. Raises TakenOver when it repeats."""
        self._takeovers = 1 if lasted >= self.waits.settled else self._takeovers + 1
        if self._takeovers >= self.waits.max_takeovers:
            raise TakenOver(self._message("the session was taken over again and again"))
        return self._jittered(self.waits.takeover * 2.0 ** (self._takeovers - 1))

    def _doubling(self, first: float) -> float:
        wait = min(self.waits.most, first * 2.0 ** min(self._failures, 30))
        self._failures += 1
        return self._jittered(wait)

    def _jittered(self, wait: float) -> float:
        return wait * (0.5 + 0.5 * self._jitter())

    def _message(self, what: str) -> str:
        return (
            f"another client uses the client id {self.client_id!r}: {what}; stop that client, or give this one "
            "an id of its own (mqtt.client_id, or another state_dir)"
        )
