"""Waste's indicators: hours in which bins overflow, and collections that come in time."""

from __future__ import annotations

import numpy as np

from processors.base import Outputs, State
from processors.domains.base import Domain
from processors.domains.columns import Columns
from processors.domains.waste.fill import Fill
from processors.domains.waste.rounds import NEVER, Rounds
from processors.indicators.cells import DAY, Cells
from processors.indicators.sources import HOUR, LONGEST, Looking, Moment, Source, per_zone, rule_of
from telemetry.batch import Bool, Int64

EARLY = 12 * HOUR
"""A collection that comes so long before its round is another."""


class Overflowing:
    """Bins that are full now, for as long as the last look is ago; of those that were heard lately, for nobody knows
    how a silent one is. A day's bins are those that were heard on it."""

    name = "overflowing-hours"

    def __init__(self, cells: Cells, domain: Domain) -> None:
        self.cells = cells
        self.rule, self.rounds, self.roster = rule_of(domain, Fill), rule_of(domain, Rounds), domain.roster

    def tick(self, at: Moment, out: Outputs) -> None:
        """A look a minute is enough."""

    def look(self, at: Moment) -> None:
        rows, zone = self.cells.places.of(self.roster), self.roster.device_zone
        full, heard = self.rule.columns.of("full"), self.rule.columns.of("at")
        lately = stale_of(self.rounds)
        hours = per_zone(zone, np.where(full & (at.now - heard < lately), at.elapsed / HOUR, 0.0), len(rows))
        self.cells.add(self.name, rows, at.today, hours, np.zeros(len(rows)))
        midnight = int(self.cells.local.from_wall(np.array([at.today * DAY]))[0])
        known = np.isfinite(self.rule.columns.of("level")) & (heard > midnight - lately)
        bins = per_zone(zone, known.astype(float), len(rows))
        self.cells.stand(self.name, rows[bins > 0], bins[bins > 0])

    def snapshot(self) -> State:
        return {}

    def restore(self, state: State) -> None:
        """The rule remembers."""


class Punctuality(Looking):
    """A collection is in time where it comes before its round counts as late; a round that passes without one is
    not, and its collection, when it comes, is no other.

    due: as the rule had it at the last tick; next: when the round that is waited for counts as late, ms; missed: the
    same of the round that passed last, where it was counted; settled: local day of the last round that is done with.
    """

    name = "collection-punctuality"

    def __init__(self, cells: Cells, domain: Domain) -> None:
        kinds = {
            "due": (np.int64, NEVER),
            "next": (np.int64, NEVER),
            "missed": (np.int64, 0),
            "settled": (np.int64, -1),
        }
        super().__init__(cells, Columns(**kinds))
        self.rule, self.roster = rule_of(domain, Rounds), domain.roster

    def tick(self, at: Moment, out: Outputs) -> None:
        due = self.rule.columns.of("due")
        self.columns.grow(len(due))
        for bin, time in self.rule.fill.visits:
            self._collected(bin, time)
        for bin in np.flatnonzero(due != self.columns.of("due")).tolist():
            self._wait(bin, int(due[bin]))
        self.columns.of("due")[:] = due
        passed = np.flatnonzero(at.now > self.columns.of("next"))
        if len(passed):
            known = self._known(at.now)
            for bin in passed.tolist():
                self._passed(bin, bool(known[bin]), at.now)

    def _collected(self, bin: int, time: int) -> None:
        c, early = self.columns, int(self.rule.late[bin]) + EARLY
        missed, due = int(c["missed"][bin]), int(c["next"][bin])
        if missed - early <= time <= missed:
            # Seen only after it had passed: a level that falls is not believed at once.
            self._count(bin, missed, 1, 0)
            c["missed"][bin] = 0
        elif due != NEVER and time >= due - early:
            self._count(bin, due, int(time <= due), 1)
            c["settled"][bin] = self.rule.day(bin, due)
            self._wait(bin, self.rule.following(bin, due))

    def _passed(self, bin: int, known: bool, now: int) -> None:
        """Nobody came, or nobody can know."""
        c = self.columns
        due = int(c["next"][bin])
        counts = known and now - due <= LONGEST and self.rule.certain(bin, due)
        if counts:
            self._count(bin, due, 0, 1)
        c["missed"][bin] = due if counts else 0
        while due < now:
            c["settled"][bin] = self.rule.day(bin, due)
            due = self.rule.following(bin, due)
        c["next"][bin] = due

    def _wait(self, bin: int, due: int) -> None:
        """For the next round from `due` on that is not done with."""
        while due != NEVER and self.rule.day(bin, due) <= self.columns["settled"][bin]:
            due = self.rule.following(bin, due)
        self.columns["next"][bin] = due

    def _known(self, now: int) -> Bool:
        """bool[bins]: in which there is something to collect, as far as their fill means anything."""
        fill, size = self.rule.fill.columns, self.columns.size
        filled = fill["level"][:size] > self.rule.fill.limits[:, 6]
        return np.asarray(self.rule.fill.judged & filled & (now - fill["at"][:size] < stale_of(self.rule)))

    def _count(self, bin: int, due: int, good: int, rounds: int) -> None:
        row = self.cells.places.of(self.roster)[[self.roster.device_zone[bin]]]
        self.cells.add(self.name, row, self.rule.day(bin, due), np.array([float(good)]), np.array([float(rounds)]))

    def look(self, at: Moment) -> None:
        """Collections are seen at ticks."""

    def restore(self, state: State) -> None:
        """A state from before rounds that pass were counted begins anew."""
        if "next" in state:
            super().restore(state)


def stale_of(rounds: Rounds) -> Int64:
    """int64[bins]: ms, from which a bin that is silent is not judged (`waste.rounds.stale`)."""
    return np.array([rules.stale for rules in rounds.rules], np.int64)


def sources(cells: Cells, domain: Domain) -> list[Source]:
    return [Overflowing(cells, domain), Punctuality(cells, domain)]
