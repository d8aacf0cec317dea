"""Any course of signals, seconds, decisions and restarts, against a model that knows one condition."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from processors.kinds import KINDS
from processors.signals import NOBODY
from telemetry.batch import NOT_ENDED
from tests.processors.incident_kit import T0, Desk

FOREVER = 10**9


@dataclass
class Known:
    """One incident as the model has it; seconds."""

    opened: float
    severity: int
    ended: float | None = None
    acknowledged: bool = False
    closed: bool = False
    merged: bool = False


class Model:
    """ISA-18.2 for one condition, second by second, as plainly as it can be said."""

    def __init__(self, kind: str) -> None:
        self.kind = KINDS[kind]
        self.since: float | None = None
        self.fell: float | None = None
        self.severity = 0
        self.shelf: float | None = None
        self.all: list[Known] = []
        self.open: Known | None = None

    def rise(self, now: float, severity: int) -> None:
        if self.since is None:
            self.over(now, now)
            self.since, self.fell = now, None
        self.severity = severity
        if self.open and severity > self.open.severity:
            self.open.severity, self.open.acknowledged = severity, False

    def fall(self, now: float) -> None:
        if self.since is not None:
            self.begin(now)
            self.since, self.fell = None, now

    def begin(self, now: float) -> None:
        if self.open is None and self.since is not None and now - self.since >= self.kind.on_delay:
            for each in self.all:
                each.merged |= self.kind.latched and not each.closed
            self.open = Known(self.since, self.severity)
            self.all.append(self.open)

    def over(self, known: float, now: float) -> None:
        if self.open and self.fell is not None and known - self.fell >= self.kind.off_delay:
            self.open.ended = self.fell
            self.open.closed = self.kind.fault or self.open.acknowledged or self.shelf is not None
            self.open = None

    def second(self, now: float) -> None:
        self.begin(now)
        self.over(now, now)
        if self.shelf is not None and now >= self.shelf:
            self.shelf = None

    def state(self, known: Known) -> str:
        if known.merged:
            return "merged"
        if known.closed:
            return "closed"
        if self.shelf is not None:
            return "out-of-service" if self.shelf == FOREVER else "shelved"
        if known.acknowledged:
            return "acknowledged"
        return "returned" if known.ended is not None and not self.kind.latched else "unacknowledged"

    def acknowledge(self, known: Known) -> None:
        if self.state(known) in ("unacknowledged", "returned"):
            known.acknowledged = True
            known.closed = known.ended is not None

    def put_away(self, known: Known, until: float) -> None:
        if self.state(known) in ("unacknowledged", "acknowledged", "returned", "shelved"):
            self.shelf = until
            known.closed = known.ended is not None

    def bring_back(self, known: Known, state: str) -> None:
        if self.state(known) == state:
            self.shelf = None


class Course(RuleBasedStateMachine):
    kinds: ClassVar = st.sampled_from(["burst", "tide", "bin-fire", "gateway-lost", "heavy-rain"])

    @initialize(kind=kinds)
    def begin(self, kind: str) -> None:
        self.kind = kind
        self.desk = Desk()
        self.model = Model(kind)

    def pass_by(self, seconds: int) -> None:
        for _ in range(seconds):
            self.desk.pass_to(self.desk.now + 1)
            self.model.second(self.desk.now)

    def named(self) -> str:
        """The id of the latest incident."""
        return list(self.desk.incidents)[-1]

    @rule(severity=st.integers(0, 2))
    def rise(self, severity: int) -> None:
        self.desk.signal(self.kind, self.desk.now, member=NOBODY, severity=severity)
        self.model.rise(self.desk.now, severity)
        self.pass_by(1)

    @rule()
    def fall(self) -> None:
        self.desk.signal(self.kind, self.desk.now, member=NOBODY, active=False)
        self.model.fall(self.desk.now)
        self.pass_by(1)

    @rule(seconds=st.sampled_from([1, 14, 15, 29, 30, 61, 299, 601]))
    def wait(self, seconds: int) -> None:
        self.pass_by(seconds)

    @rule()
    def acknowledge(self) -> None:
        if self.model.all:
            self.desk.command("acknowledge", self.named())
            self.model.acknowledge(self.model.all[-1])
            self.pass_by(1)

    @rule(seconds=st.sampled_from([5, 100, 700]))
    def shelve(self, seconds: int) -> None:
        if self.model.all:
            until = self.desk.now + seconds
            self.desk.command("shelve", self.named(), "perbaikan", until)
            self.model.put_away(self.model.all[-1], until)
            self.pass_by(1)

    @rule()
    def out_of_service(self) -> None:
        if self.model.all:
            self.desk.command("out-of-service", self.named(), "diganti")
            self.model.put_away(self.model.all[-1], FOREVER)
            self.pass_by(1)

    @rule()
    def bring_back(self) -> None:
        if self.model.all:
            known = self.model.all[-1]
            command, state = (
                ("in-service", "out-of-service") if self.model.shelf == FOREVER else ("unshelve", "shelved")
            )
            self.desk.command(command, self.named())
            self.model.bring_back(known, state)
            self.pass_by(1)

    @rule()
    def restart(self) -> None:
        self.desk.restart()

    @invariant()
    def incidents_are_the_models(self) -> None:
        listed = {each.id: each for each in self.desk.processor.known.incidents.values()}
        found = [
            ((row["time"] - T0) / 1000, row["severity"], row["ended"] == NOT_ENDED)
            for row in self.desk.incidents.values()
        ]
        assert found == [(each.opened, each.severity, each.ended is None) for each in self.model.all]
        states = [self.desk.processor.known.state_of(listed[name]) for name in self.desk.incidents]
        assert states == [self.model.state(each) for each in self.model.all]


TestCourse = Course.TestCase
TestCourse.settings = settings(
    max_examples=60, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)
