"""Alerts from the log to a channel: nothing is lost by a crash, and nobody is rung twice for one change."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import wraps
from pathlib import Path
from typing import Any

import pytest

from config.settings import Settings
from journal.base import Gap, Position, Stored
from journal.entries import Derived, Entry, TickEntry
from pipeline.alerting.alerts import Alerts
from pipeline.alerting.runner import AlertRunner
from pipeline.alerting.store import WAITING, AlertStore
from sinks.alerts.channel import DAY, Channel, Told
from sinks.alerts.notice import Notice
from sinks.alerts.routing import Route
from sinks.base import Denied, Refused, Unreachable, Written
from telemetry.errors import Full, NadiError
from tests.sinks.alerts.kit import MINUTE, T0, channel, notice, row
from tests.sinks.samples import events_of

START = Position(0)


@dataclass
class Log:
    """A reader whose cursor is only what `advance` was told."""

    entries: list[Stored | Gap] = field(default_factory=list)
    position: Position = START
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def append(self, *entries: Entry) -> None:
        for entry in entries:
            self.entries.append(Stored(Position(len(self.entries) + 1), entry))
        self.news.set()

    async def read(self, limit: int = 65536) -> AsyncIterator[Sequence[Stored | Gap]]:
        place = int(self.position)
        while True:
            if found := self.entries[place : place + 2]:
                place += len(found)
                yield found
            else:
                self.news.clear()
                await self.news.wait()

    async def advance(self, position: Position, totals: Mapping[str, int] | None = None) -> None:
        self.position = position

    async def skip(self, keep: int) -> int:
        raise NotImplementedError

    @property
    def cursor(self) -> Position:
        return self.position

    @property
    def totals(self) -> Mapping[str, int]:
        return {}


@dataclass
class People:
    """outcomes: how attempts end, one after the other; then all are told."""

    refresh: int = 0
    age: int = DAY
    outcomes: list[Told | Exception] = field(default_factory=list)
    attempts: list[Notice] = field(default_factory=list)
    told: list[Notice] = field(default_factory=list)
    more: asyncio.Event = field(default_factory=asyncio.Event)

    async def open(self) -> None: ...

    async def close(self) -> None: ...

    async def send(self, one: Notice) -> Told:
        self.attempts.append(one)
        self.more.set()
        outcome = self.outcomes.pop(0) if self.outcomes else Written()
        if isinstance(outcome, Exception):
            raise outcome
        if isinstance(outcome, Written):
            self.told.append(one)
        return outcome

    async def attempted(self, number: int) -> None:
        async with asyncio.timeout(60):
            while len(self.attempts) < number:
                self.more.clear()
                await self.more.wait()

    @property
    def events(self) -> list[str]:
        return [each.event for each in self.told]


@dataclass
class Clock:
    now: int = T0

    def __call__(self) -> int:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += int(seconds * 1000)
        await asyncio.sleep(0)


def found(state: str = "unacknowledged", **columns: Any) -> Derived:
    return Derived(covers=0, incidents=row(state, **columns))


def tick(minutes: float) -> TickEntry:
    return TickEntry(T0 + int(minutes * MINUTE), 0)


@asynccontextmanager
async def running(
    log: Log, people: Channel, store: AlertStore, clock: Clock | None = None, **keys: Any
) -> AsyncIterator[AlertRunner]:
    """Killed at the end: nothing is said goodbye to. Time goes by in sleep alone."""
    clock = clock or Clock()
    route = Route(channel(**keys), "Asia/Jakarta")
    runner = AlertRunner("duty", people, route, log, store, sleep=clock.sleep, jitter=lambda: 0.0, clock=clock)
    tasks = [asyncio.create_task(runner.follow()), asyncio.create_task(runner.send())]
    try:
        yield runner
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


@pytest.fixture
def store(tmp_path: Path) -> AlertStore:
    return AlertStore(tmp_path / "alerts.sqlite")


async def consumed(log: Log) -> None:
    async with asyncio.timeout(60):
        while log.position < len(log.entries):  # noqa: ASYNC110 - the loop's next turn is what is awaited
            await asyncio.sleep(0)


async def sent(store: AlertStore) -> None:
    """What was told is noted as told: a kill before that tells it again, with the same id."""
    async with asyncio.timeout(60):
        while store.waiting("duty"):  # noqa: ASYNC110 - as above
            await asyncio.sleep(0)


async def test_a_change_is_told_and_the_cursor_moves_on(store: AlertStore) -> None:
    log, people = Log(), People()
    log.append(tick(0), found(), tick(1), found("acknowledged"), found("closed"))
    async with running(log, people, store):
        await people.attempted(3)
        await consumed(log)
    assert people.events == ["opened", "acknowledged", "closed"]
    assert store.followed("duty") == []


async def test_what_was_merged_names_what_took_it_in(store: AlertStore) -> None:
    log, people = Log(), People()
    merged = row("merged", reason="flow rose")
    events = events_of([{"event": "merged", "state": "merged", "reason": "Part of burst-9."}])
    log.append(found(), Derived(covers=0, incidents=merged, incident_events=events))
    async with running(log, people, store):
        await people.attempted(2)
    assert (people.told[1].event, people.told[1].reason) == ("closed", "flow rose Part of burst-9.")


async def test_whom_one_cannot_reach_holds_nothing_back_and_is_told_in_order(store: AlertStore) -> None:
    log, people = Log(), People(outcomes=[Unreachable("away"), Denied("who?"), Unreachable("away")])
    log.append(found(), found("acknowledged"))
    async with running(log, people, store) as runner:
        await people.attempted(3)
        await consumed(log)
        await people.attempted(5)
        assert runner.problem in ("", "away")
    assert people.events == ["opened", "acknowledged"]
    assert len({each.id for each in people.attempts[:4]}) == 1


async def test_what_will_never_be_taken_does_not_stop_the_next(store: AlertStore) -> None:
    log, people = Log(), People(outcomes=[Refused("no")])
    log.append(found(), found("acknowledged"))
    async with running(log, people, store):
        await people.attempted(2)
    assert people.events == ["acknowledged"]
    assert store.totals["duty"]["refused"] == 1


@pytest.mark.parametrize("cursor", [0, 1, 2, 3])
async def test_a_kill_rings_nobody_twice_and_forgets_nothing(store: AlertStore, cursor: int) -> None:
    """The journal's cursor may lag behind: what was taken is known all the same."""
    log, people = Log(), People()
    log.append(found(), found("acknowledged"), tick(1))
    async with running(log, people, store):
        await people.attempted(2)
        await consumed(log)
        await sent(store)
    log.position = Position(cursor)
    log.append(found("closed"))
    async with running(log, people, store):
        await people.attempted(3)
        await consumed(log)
    assert people.events == ["opened", "acknowledged", "closed"]


async def test_what_waits_is_told_by_the_next_process(store: AlertStore, tmp_path: Path) -> None:
    log, people = Log(), People(outcomes=[Unreachable("away")] * 1000)
    log.append(found())
    async with running(log, people, store):
        await people.attempted(2)
    store.close()
    again = People()
    async with running(log, again, AlertStore(tmp_path / "alerts.sqlite")):
        await again.attempted(1)
    assert again.events == ["opened"]


async def test_time_alone_escalates(store: AlertStore) -> None:
    log, people = Log(), People()
    log.append(tick(0), found(), tick(4.9), tick(5))
    async with running(log, people, store, after="5m"):
        await people.attempted(1)
        await consumed(log)
    assert [(each.event, each.time) for each in people.told] == [("escalated", T0 + 5 * MINUTE)]


@pytest.mark.parametrize("step", ["take", "followed", "place", "waiting", "done"])
async def test_a_full_disk_is_waited_for_and_nobody_is_told_twice_for_it(
    store: AlertStore, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    log, people, real = Log(), People(), getattr(store, step)
    tries = 0

    @wraps(real)
    def full(*arguments: Any) -> Any:
        nonlocal tries
        tries += 1
        if tries < 4:
            raise NadiError("the disk is full")
        return real(*arguments)

    monkeypatch.setattr(store, step, full)
    log.append(found(), found("acknowledged"))
    async with running(log, people, store) as runner:
        await people.attempted(2)
        await consumed(log)
        await sent(store)
        async with asyncio.timeout(60):
            while runner.problem:  # noqa: ASYNC110 - the store has noted it a moment before the runner hears so
                await asyncio.sleep(0)
    assert people.events == ["opened", "acknowledged"]
    assert tries >= 4


class Crowded:
    """A journal on a full disk: the first `times` changes of cursors fail."""

    def __init__(self, times: int) -> None:
        self.times = times
        self.cursors: list[str] = []

    def register_cursor(self, name: str, begin: str) -> None:
        self._write()
        self.cursors.append(name)

    def drop_cursor(self, name: str) -> None:
        self._write()
        self.cursors.remove(name)

    def reader(self, name: str) -> Log:
        return Log()

    def _write(self) -> None:
        self.times -= 1
        if self.times >= 0:
            raise Full("no room on the disk")


@pytest.mark.parametrize("what", ["the journal", "the alerts' memory"])
async def test_other_settings_are_taken_to_their_end_on_a_full_disk(
    store: AlertStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    def settings(*names: str) -> Settings:
        cap = {"type": "cap", "folder": tmp_path, "sender": "nadi.example"}
        return Settings.model_construct(
            alerts=tuple(channel(name=name, **cap) for name in names), language="id", timezone="Asia/Jakarta"
        )

    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    async def undelivered(topic: str, payload: bytes, retain: bool) -> str:
        raise NotImplementedError

    journal = Crowded(0)
    alerts = Alerts(journal, store, undelivered, sleep)  # type: ignore[arg-type]
    alerts.choose(settings("old"))
    tasks: list[asyncio.Task[None]] = []
    alerts.start(lambda work, _name: tasks.append(asyncio.create_task(work)) or tasks[-1])  # type: ignore[func-returns-value]
    if what == "the journal":
        journal.times = 3
    else:

        def full(_names: object) -> None:
            raise NadiError("no room on the disk")

        monkeypatch.setattr(store, "keep_only", full)
    await alerts.change(settings("old"), settings("new"))
    assert list(alerts.runners) == ["new"]
    assert "alert.new" in journal.cursors
    assert len(waits) == (2 if what == "the journal" else 0)
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)


def test_what_waits_is_bounded_and_what_is_given_up_is_counted(store: AlertStore) -> None:
    notices = [notice(id=f"duty-{number}", incident=f"tide-{number}") for number in range(WAITING + 7)]
    store.take("duty", 1, (), (), notices)
    assert store.totals["duty"] == {"given up": 7, "waiting": WAITING}
    assert store.waiting("duty")[0][1].id == "duty-7"


def test_a_channel_that_is_gone_is_forgotten(store: AlertStore) -> None:
    for name in ("duty", "head"):
        store.take(name, 1, (), (), [notice()])
    store.keep_only({"head": "email"})
    assert store.place("duty") == -1
    assert list(store.totals) == ["head"]


def test_a_file_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    (tmp_path / "alerts.sqlite").mkdir()
    with pytest.raises(NadiError, match=r"alerts\.sqlite: the alerts' memory can't be opened"):
        AlertStore(tmp_path / "alerts.sqlite")


def test_a_file_that_is_no_database_is_set_aside_for_readings_must_not_wait_for_it(tmp_path: Path) -> None:
    (tmp_path / "alerts.sqlite").write_text("not a database, but long enough to be taken for one" * 100)
    store = AlertStore(tmp_path / "alerts.sqlite")
    store.take("duty", 5, (), (), [notice()])
    assert store.place("duty") == 5
    assert (tmp_path / "alerts.sqlite.damaged").read_text().startswith("not a database")


def test_half_a_step_is_no_step(store: AlertStore, tmp_path: Path) -> None:
    class Unkeepable:
        incident = "x"

    with pytest.raises(TypeError):
        store.take("duty", 5, [Unkeepable()], (), [notice()])  # type: ignore[list-item]
    assert store.place("duty") == -1
    with sqlite3.connect(tmp_path / "alerts.sqlite") as database:
        assert database.execute("SELECT count(*) FROM waiting").fetchone() == (0,)
