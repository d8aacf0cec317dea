"""What goes wrong in one channel of alerts stays there, is shown, and holds up neither the log nor other incidents."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from pipeline.alerting.runner import HOLDS
from pipeline.alerting.store import AlertStore
from sinks.alerts.channel import DAY, Partly
from sinks.alerts.email import EmailChannel, Server
from sinks.alerts.notice import Notice
from sinks.base import Denied, Refused, Throttled, Unreachable
from telemetry.errors import NadiError
from tests.pipeline.test_alerts import Clock, Log, People, consumed, found, running, sent, tick
from tests.sinks.alerts.kit import MINUTE, T0, notice


@pytest.fixture
def store(tmp_path: Path) -> AlertStore:
    return AlertStore(tmp_path / "alerts.sqlite")


async def until(condition: Any) -> None:
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110 - the loop's next turn is what is awaited
            await asyncio.sleep(0)


async def test_an_exception_in_a_channel_is_tried_again_and_shown_and_logged_once(
    store: AlertStore, caplog: pytest.LogCaptureFixture
) -> None:
    log, people = Log(), People(outcomes=[ValueError("what is this?")] * 10_000)
    log.append(found())
    clock = Clock()
    async with running(log, people, store, clock) as runner:
        await people.attempted(3)
        await until(lambda: runner.problem == "ValueError: what is this?")
        assert clock.now - T0 >= 2 * 15_000
        people.outcomes.clear()
        await sent(store)
        assert runner.problem == ""
    assert people.events == ["opened"]
    assert len([each for each in caplog.records if each.message == "a channel of alerts fails"]) == 1


async def test_a_channel_that_cannot_be_opened_is_tried_again(store: AlertStore) -> None:
    class Shut(People):
        tries = 0

        async def open(self) -> None:
            self.tries += 1
            if self.tries < 3:
                raise OSError("no such file")

    log, people = Log(), Shut()
    log.append(found())
    async with running(log, people, store) as runner:
        await people.attempted(1)
        await sent(store)
        assert runner.problem == ""
    assert people.tries == 3


async def test_settings_that_the_mail_library_cannot_take_end_nothing(store: AlertStore) -> None:
    channel = EmailChannel(Server("127.0.0.1", 9, "none", 1.0), "nadi@[", ("foo <",), lambda _: "x", lambda _: "x")
    log = Log()
    log.append(found())
    async with running(log, channel, store) as runner:
        await until(lambda: runner.problem.startswith(("IndexError", "AttributeError")))
    assert len(store.waiting("duty")) == 1


class Picky(People):
    """Fails for what is about `poison`, always."""

    async def send(self, one: Notice) -> Any:
        if one.incident == "poison":
            self.outcomes.insert(0, Unreachable("500 I can't digest this"))
        return await super().send(one)


async def test_one_notice_that_never_goes_through_holds_no_other_incident_up(store: AlertStore) -> None:
    log, people, clock = Log(), Picky(), Clock()
    log.append(found(incident="poison"), found(incident="burst-2"), found("acknowledged", incident="poison"))
    async with running(log, people, store, clock) as runner:
        await until(lambda: people.events == ["opened"])
        assert clock.now - T0 < 3_000
        log.append(found(incident="burst-3"))
        await until(lambda: people.events == ["opened", "opened"])
        await until(lambda: len(store.waiting("duty")) == 2)
        assert "500" in runner.problem
    assert [each.incident for each in people.told] == ["burst-2", "burst-3"]
    assert [each.event for _, each in store.waiting("duty")] == ["opened", "acknowledged"]


@pytest.mark.parametrize(
    ("outcome", "waits"), [(Denied("who?"), False), (Unreachable("away"), False), (Throttled(60.0), True)]
)
async def test_what_is_new_is_tried_at_once_unless_the_other_side_asks_to_wait(
    store: AlertStore, outcome: Any, waits: bool
) -> None:
    class Still(Clock):
        """Time stands still until it is let go on."""

        def __init__(self) -> None:
            super().__init__()
            self.go_on = asyncio.Event()

        async def sleep(self, seconds: float) -> None:
            await self.go_on.wait()
            await super().sleep(seconds)

    log, people, clock = Log(), People(outcomes=[outcome]), Still()
    # Not from the log: what is found in the store before its keeping is told would be tried again at once for that.
    store.take("duty", 0, (), (), [notice(id="n1", incident="burst-1")])
    async with running(log, people, store, clock):
        await people.attempted(1)
        log.append(found(incident="burst-2"))
        if waits:
            await consumed(log)
            await asyncio.sleep(0.05)
            assert len(people.attempts) == 1
            clock.go_on.set()
        await people.attempted(3)
    if isinstance(outcome, Denied):
        assert [each.incident for each in people.attempts] == ["burst-1", "burst-2", "burst-1"]


async def test_a_refusal_clears_the_problem_for_it_is_an_answer(store: AlertStore) -> None:
    log, people = Log(), People(outcomes=[Unreachable("no route"), Refused("never")])
    log.append(found())
    async with running(log, people, store) as runner:
        await people.attempted(2)
        await sent(store)
        assert runner.problem == ""
    assert store.totals["duty"]["refused"] == 1


async def test_who_was_put_off_is_told_after_a_minute_and_holds_nobody_up(store: AlertStore) -> None:
    log, people, clock = Log(), People(outcomes=[Partly("b: greylisted")]), Clock()
    log.append(found(incident="burst-1"), found(incident="burst-2"))
    async with running(log, people, store, clock):
        await people.attempted(3)
        await sent(store)
    assert [each.incident for each in people.attempts] == ["burst-1", "burst-2", "burst-1"]
    assert clock.now >= T0 + MINUTE


async def test_what_is_too_old_is_given_up_counted_and_named(
    store: AlertStore, caplog: pytest.LogCaptureFixture
) -> None:
    old = [notice(id=f"n{number}", incident=f"tide-{number}", time=T0 - DAY - 1) for number in range(3)]
    store.take("duty", 0, (), (), [*old, notice(id="fresh", incident="tide-9")])
    people = People()
    async with running(Log(), people, store):
        await people.attempted(1)
        await sent(store)
    assert [each.id for each in people.told] == ["fresh"]
    assert store.totals["duty"] == {"given up": 3, "told": 1}
    (line,) = [each for each in caplog.records if each.message == "alerts are given up as too old"]
    assert line.__dict__["incidents"] == ["tide-0", "tide-1", "tide-2"]


async def test_what_still_goes_on_is_told_however_late(store: AlertStore) -> None:
    log, people = Log(), People(outcomes=[Unreachable("away")] * 10)
    log.append(found())
    clock = Clock()
    async with running(log, people, store, clock):
        await people.attempted(2)
        clock.now += 3 * DAY
        await people.attempted(11)
        await sent(store)
    assert people.events == ["opened"]


async def test_a_channel_that_shows_a_state_gives_no_end_up(store: AlertStore) -> None:
    store.take("duty", 0, (), (), [notice(event="closed", state="closed", time=T0 - 9 * DAY)])
    people = People(age=0)
    async with running(Log(), people, store):
        await people.attempted(1)
    assert people.events == ["closed"]


async def test_the_log_is_not_held_for_ever_by_alerts_that_cannot_be_kept(
    store: AlertStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    log, people, real, broken = Log(), People(), store.take, True

    def take(*arguments: Any) -> None:
        if broken:
            raise NadiError("input/output error")
        real(*arguments)

    monkeypatch.setattr(store, "take", take)
    log.append(found())
    clock = Clock()
    async with running(log, people, store, clock) as runner:
        await consumed(log)
        assert clock.now - T0 >= (HOLDS - 1) * 5_000
        assert runner.problem == "input/output error"
        assert people.attempts == []
        broken = False
        log.append(tick(1))
        await people.attempted(1)
        await sent(store)
        assert runner.problem == ""
    assert people.events == ["opened"]
    assert [each.incident for each in store.followed("duty")] == ["burst-1"]


async def test_nor_by_a_memory_that_cannot_be_read(store: AlertStore, monkeypatch: pytest.MonkeyPatch) -> None:
    log, people, clock = Log(), People(), Clock()

    def broken(*_: object) -> Any:
        raise NadiError("input/output error")

    for name in ("followed", "place", "take", "waiting"):
        monkeypatch.setattr(store, name, broken)
    log.append(found())
    async with running(log, people, store, clock) as runner:
        await consumed(log)
        assert runner.problem == "input/output error"


@pytest.mark.parametrize("first", ["take", "waiting"])
async def test_a_memory_that_is_damaged_under_way_begins_anew(store: AlertStore, tmp_path: Path, first: str) -> None:
    """first: what finds it."""
    log, people = Log(), People()
    log.append(found(), found(incident="burst-2"))
    path = tmp_path / "alerts.sqlite"
    async with running(log, people, store):
        await people.attempted(2)
        await sent(store)
        with sqlite3.connect(path) as other:
            other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        with path.open("r+b") as file:
            file.write(b"\xff" * path.stat().st_size)
        if first == "waiting":
            with contextlib.suppress(NadiError):  # unless the runner, which looks for more, has just come before
                store.waiting("duty")
            assert (tmp_path / "alerts.sqlite.damaged").exists()
        log.append(found("acknowledged"))
        await people.attempted(3)
        log.append(tick(1))
        await consumed(log)
    assert people.events == ["opened", "opened", "acknowledged"]
    assert (tmp_path / "alerts.sqlite.damaged").exists()
    followed = {each.incident: each.told for each in AlertStore(path).followed("duty")}
    assert followed == {"burst-1": "acknowledged", "burst-2": "opened"}


def test_what_cannot_be_read_back_is_given_up_and_the_rest_is_told(store: AlertStore, tmp_path: Path) -> None:
    store.take("duty", 1, (), (), [notice(id="n1", incident="a"), notice(id="n2", incident="b")])
    with sqlite3.connect(tmp_path / "alerts.sqlite") as other:
        other.execute("UPDATE waiting SET notice = x'00' WHERE id = 'n1'")
        other.execute("INSERT INTO followed VALUES ('duty', 'x', x'00')")
    assert [each.id for _, each in store.waiting("duty")] == ["n2"]
    assert store.followed("duty") == []
    store.done("duty", {2}, "told")
    assert store.totals["duty"] == {"given up": 1, "told": 1}


async def test_the_log_says_of_a_channel_that_people_are_not_told_and_calls_it_no_store(
    store: AlertStore, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    log, people = Log(), People(outcomes=[Throttled(None), Unreachable("no route to host")])
    log.append(found())
    async with running(log, people, store) as runner:
        await people.attempted(3)
        await until(lambda: runner.problem == "")
    said = [each.getMessage() for each in caplog.records if each.name == "nadi.delivery"]
    assert said == [
        "alerts over duty can't be told: it asks to wait; retrying",
        "alerts over duty can be told again",
    ]


async def test_incidents_that_make_room_are_counted_and_named(
    store: AlertStore, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sinks.alerts.desk.FOLLOWED", 2)
    log, people = Log(), People()
    log.append(*(found(incident=f"burst-{number}") for number in range(5)))
    async with running(log, people, store):
        await until(lambda: store.totals.get("duty", {}).get("forgotten") == 3)
        await sent(store)
    said = [vars(each) for each in caplog.records if "are forgotten" in each.message]
    assert sum(each["number"] for each in said) == 3
    assert [name for each in said for name in each["incidents"]] == ["burst-0", "burst-1", "burst-2"]
    assert AlertStore(store.path).totals["duty"]["forgotten"] == 3
