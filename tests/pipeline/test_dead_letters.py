"""Refused messages: kept within bounds, shown, and taken in after a repair."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from journal.entries import ReadingsEntry, Refusal
from pipeline.refusals import deadletters
from pipeline.refusals import replay as replay_module
from pipeline.refusals.deadletters import MAX_AGE_MS, DeadLetters, Letter
from pipeline.service.lifecycle import Service
from telemetry.batch import Readings
from telemetry.errors import NadiError, Unavailable
from tests.pipeline.kit import NOW, Web, processed, running, send, settings, until

TOPIC = "nadi/v1/3578/water/a/d1"


def refusal(number: int = 0, *, reason: str = "json", size: int = 100, arrival: int = NOW) -> Refusal:
    return Refusal(arrival, TOPIC, f"{number}".encode().ljust(size, b"."), reason, "unreadable")


def numbers(letters: DeadLetters) -> list[int]:
    return [int(letter.payload.rstrip(b".")) for letter in letters.page("", None, 10_000)]


@pytest.fixture
def letters(tmp_path: Path) -> Iterator[DeadLetters]:
    made = DeadLetters(tmp_path / "letters.sqlite", 20_000)
    yield made
    made.close()


def test_letters_are_kept_raw_and_once(letters: DeadLetters) -> None:
    rows = [(10, 0, refusal(1)), (10, 1, refusal(2, reason="time"))]
    letters.put(rows, NOW)
    letters.put(rows, NOW)
    assert letters.count == 2
    newest = letters.newest(None, 10)
    assert [letter.id for letter in newest] == ["10-1", "10-0"]
    assert (newest[1].topic, newest[1].reason, newest[1].payload) == (TOPIC, "json", refusal(1).payload)
    assert [letter.id for letter in letters.newest("time", 10)] == ["10-1"]
    assert letters.path.stat().st_mode & 0o077 == 0


def test_the_oldest_make_room(letters: DeadLetters) -> None:
    for number in range(300):
        letters.put([(number, 0, refusal(number))], NOW)
        assert letters.bytes <= 20_000
    kept = numbers(letters)
    assert kept == list(range(300 - len(kept), 300))
    assert len(kept) > 50


def test_a_flood_in_one_commit_leaves_the_newest(letters: DeadLetters) -> None:
    letters.put([(1, number, refusal(number)) for number in range(2_000)], NOW)
    assert letters.bytes <= 20_000
    assert numbers(letters)[-1] == 1_999


def test_the_old_go(letters: DeadLetters) -> None:
    letters.put([(1, 0, refusal(1, arrival=NOW - MAX_AGE_MS - 1)), (2, 0, refusal(2))], NOW)
    assert numbers(letters) == [2]


def test_pages_follow_each_other(letters: DeadLetters, monkeypatch: pytest.MonkeyPatch) -> None:
    letters.put([(number // 3, number % 3, refusal(number)) for number in range(10)], NOW)
    monkeypatch.setattr(deadletters, "PAGE_BYTES", 250)
    found, after = [], ""
    while page := letters.page(after, None, 4):
        assert len(page) <= 3
        found += [int(letter.payload.rstrip(b".")) for letter in page]
        after = page[-1].id
    assert found == list(range(10))
    with pytest.raises(ValueError, match="4711-0"):
        letters.page("x' OR 1", None, 4)


def test_they_outlive_a_restart_and_can_be_read_beside(letters: DeadLetters) -> None:
    letters.put([(1, 0, refusal(1))], NOW)
    beside = DeadLetters.read_only(letters.path)
    assert beside.count == 1
    assert len(beside.newest(None, 5)) == 1
    beside.close()
    with pytest.raises(NadiError, match="no dead letters"):
        DeadLetters.read_only(letters.path.with_name("none.sqlite"))


def test_what_is_not_utf8_is_told_in_base64(letters: DeadLetters) -> None:
    letters.put([(1, 0, Refusal(NOW, TOPIC, b"\xff\x00", "json", "unreadable"))], NOW)
    told = letters.newest(None, 1)[0].told()
    assert told["payload_base64"] == "/wA="
    assert "payload" not in told


def test_a_file_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"not a database" * 100)
    with pytest.raises(NadiError, match="move the file away"):
        DeadLetters(tmp_path / "x", 1_000)


GOOD = {"ts": NOW, "values": {"flow": 12.5}}
FUTURE = {"ts": NOW + 3_600_000, "values": {"flow": 13.5}}
NO_UNIT = {"ts": NOW + 1_000, "quantity": "flow", "value": 1.0, "unit": "furlong"}


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> int:
        return self.now


async def test_a_replay_takes_in_what_is_good_now_and_leaves_the_rest(tmp_path: Path) -> None:
    clock = Clock()
    async with running(Service(settings(tmp_path), clock=clock)) as service:
        letters, replay = service.parts.letters, service.parts.replayer.replay
        await send(service, ("water/a/d1", GOOD), ("water/a/d1", FUTURE), ("water/a/d2", NO_UNIT), ("water/a/d3", b"{"))
        await until(lambda: letters.count == 3)
        assert (await replay(None))["taken"] == 0
        clock.now += 3_600_000
        assert await replay("json") == {"letters": 1, "taken": 0, "readings": 0, "still_refused": {"json": 1}}
        done = await replay(None)
        assert done == {"letters": 3, "taken": 1, "readings": 1, "still_refused": {"unit": 1, "json": 1}}
        assert letters.count == 2
        await processed(service)
        told = service.ledger()
        assert told["all"]["stored"] == 2
        assert told["all"]["received"] == told["all"]["stored"] + told["all"]["rejected"] == 5
        await until(lambda: service.ledger()["sinks"]["historian"]["delivered"] == 2)


async def test_a_message_that_is_good_in_part_stays_a_letter(tmp_path: Path) -> None:
    clock = Clock()
    async with running(Service(settings(tmp_path), clock=clock)) as service:
        await send(service, ("water/a/d1", json.dumps([GOOD, FUTURE]).encode()))
        await until(lambda: service.parts.letters.count == 1)
        done = await service.parts.replayer.replay(None)
        assert (done["taken"], done["still_refused"]) == (0, {"future": 1})
        assert service.parts.letters.count == 1
        await processed(service)
        assert service.ledger()["all"]["duplicate"] == 0


async def test_a_replay_that_was_cut_off_doubles_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    async with running(Service(settings(tmp_path), clock=clock)) as service:
        letters, replay = service.parts.letters, service.parts.replayer.replay
        await send(service, ("water/a/d1", FUTURE))
        await until(lambda: letters.count == 1)
        clock.now += 3_600_000
        with monkeypatch.context() as patch:

            def killed(identifiers: object) -> None:
                raise NadiError("killed")

            patch.setattr(letters, "remove", killed)
            with pytest.raises(NadiError, match="killed"):
                await replay(None)
        assert (await replay(None))["taken"] == 1
        assert letters.count == 0
        await processed(service)
        account = service.ledger()["all"]
        assert (account["stored"], account["duplicate"], account["rejected"]) == (1, 1, 1)


async def test_a_replay_lets_all_else_have_its_turn_and_commits_in_pieces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was refused because it takes long to read takes as long now."""
    monkeypatch.setattr(replay_module, "MOST_READINGS", 5)
    clock = Clock()
    async with running(Service(settings(tmp_path), clock=clock)) as service:
        parts, turns, seen, sizes = service.parts, [0], [], []
        many = [[{"ts": NOW + 3_600_000 + each, "values": {"flow": 1.0}} for each in range(n, n + 2)] for n in range(9)]
        await send(service, *(("water/a/d1", json.dumps(each).encode()) for each in many))
        await until(lambda: parts.letters.count == 9)
        clock.now += 7_200_000
        scan, admit = parts.replayer._scan, parts.replayer.admit

        def noted(letter: Letter) -> tuple[Readings | None, str]:
            seen.append(turns[0])
            return scan(letter)

        async def admitted(entry: ReadingsEntry) -> object:
            sizes.append(len(entry.readings))
            return await admit(entry)

        async def turning() -> None:
            while True:
                turns[0] += 1
                await asyncio.sleep(0)

        monkeypatch.setattr(parts.replayer, "_scan", noted)
        monkeypatch.setattr(parts.replayer, "admit", admitted)
        task = asyncio.create_task(turning())
        done = await parts.replayer.replay(None)
        task.cancel()
        assert (done["taken"], done["readings"], parts.letters.count) == (9, 18, 0)
        assert len(set(seen)) == 9, "something else ran between any two"
        assert sizes == [6, 6, 6]


@pytest.mark.parametrize("wrong", ["1", "1-", "x-1", "1-1 ", "\u0661-\u0662", "1" * 19 + "-1"])
def test_what_is_no_id(tmp_path: Path, wrong: str) -> None:
    letters = DeadLetters(tmp_path / "d.sqlite", 1_000)
    with pytest.raises(ValueError, match="no letter's id"):
        letters.page(wrong, None, 1)
    letters.close()


async def test_a_message_without_a_time_keeps_that_of_its_arrival(tmp_path: Path) -> None:
    clock = Clock()
    async with running(Service(settings(tmp_path, limits={"gateway_rate": 1}), clock=clock)) as service:
        parts = service.parts
        await send(service, *(("water/a/d1", {"values": {"flow": float(number)}}) for number in range(2)))
        await until(lambda: parts.letters.count == 1)
        assert parts.letters.newest(None, 1)[0].reason == "rate"
        clock.now += 60_000
        assert (await parts.replayer.replay("rate"))["taken"] == 1
        await processed(service)
        # One series and one time: the second replaces the first, as it would have done at once.
        assert service.ledger()["all"]["duplicate"] == 1


async def test_while_the_journal_takes_nothing_a_replay_says_so(tmp_path: Path) -> None:
    clock = Clock()
    async with running(Service(settings(tmp_path), clock=clock)) as service:
        await send(service, ("water/a/d1", FUTURE))
        await until(lambda: service.parts.letters.count == 1)
        clock.now += 3_600_000
        service.parts.gate.blocked = lambda: ["sink influx is behind"]
        with pytest.raises(Unavailable, match="influx is behind"):
            await service.parts.replayer.replay(None)
        body: dict[str, object] = {}
        status, _, text = await Web(service).ask("/api/v1/deadletters/replay", method="POST", body=body)
        assert status == 503
        assert json.loads(text) == {"error": "sink influx is behind"}
        assert service.parts.letters.count == 1


def nadi(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pipeline", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


async def test_the_commands(tmp_path: Path) -> None:
    clock = Clock()
    async with running(Service(settings(tmp_path), clock=clock)) as service:
        url = service.http.address
        await send(service, ("water/a/d1", FUTURE), ("water/a/\x1b[31m", b"{"))
        await until(lambda: service.parts.letters.count == 2)

        async def run(*arguments: str) -> str:
            made = await asyncio.to_thread(nadi, *arguments)
            assert made.returncode == 0, made.stderr
            return made.stdout

        listed = await run("deadletters", "list", "--url", url)
        assert "future" in listed
        assert "\x1b[31m" not in listed
        lines = (await run("deadletters", "export", "--url", url)).splitlines()
        assert [json.loads(line)["reason"] for line in lines] == ["topic", "future"] or len(lines) == 2
        beside = await run("deadletters", "export", "--state-dir", str(tmp_path / "state"))
        assert beside.splitlines() == lines
        clock.now += 3_600_000
        done = await run("deadletters", "replay", "--reason", "future", "--url", url)
        assert done == "1 letters: 1 taken in (1 readings); still refused: none\n"
        await processed(service)
        books = json.loads(await run("ledger", "--json", "--url", url))
        assert books["all"]["stored"] == 1
        shown = await run("ledger", "--url", url)
        assert "received" in shown
        assert "historian" in shown


def test_a_nadi_that_is_not_there_is_told_in_a_line() -> None:
    made = nadi("ledger", "--url", "http://127.0.0.1:1")
    assert made.returncode == 1
    assert made.stderr == (
        "nadi: http://127.0.0.1:1 does not answer ([Errno 111] Connection refused); is nadi running there? "
        "--url names another\n"
    )
