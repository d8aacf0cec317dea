"""What gateways are told: receipts and refusals."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from journal.entries import ReadingsEntry, Refusal
from pipeline.refusals import feedback as module
from pipeline.refusals.deadletters import DeadLetters
from pipeline.refusals.feedback import REJECTS_PER_SECOND, Feedback, rejects_topic
from telemetry.batch import Readings
from telemetry.errors import NadiError, WireError
from telemetry.series import Identity, SeriesTable, gateway_key
from tests.ends import ListReader
from tests.pipeline.kit import NOW, until

TOPIC = "nadi/v1/3578/water/a/d1"


@dataclass
class Desk:
    """A feedback over a log in a list; what it publishes is in `sent`."""

    folder: Path
    reader: ListReader = field(default_factory=ListReader)
    table: SeriesTable = field(default_factory=SeriesTable)
    due: list[tuple[int, int]] = field(default_factory=list)
    sent: list[tuple[str, dict[str, object]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.letters = DeadLetters(self.folder / "letters.sqlite", 10**6)

        async def publish(topic: str, payload: bytes) -> bool:
            self.sent.append((topic, json.loads(payload)))
            return True

        def receipts() -> list[tuple[int, int]]:
            due, self.due = self.due, []
            return due

        self.feedback = Feedback(self.reader, self.letters, receipts, self.table, publish, lambda: NOW)

    def refuse(self, *refusals: Refusal) -> None:
        self.reader.append(ReadingsEntry(Readings.empty(), refusals=refusals))

    def gateway(self, name: str, city: str = "3578") -> int:
        series = self.table.intern(Identity(city, "water", "a", f"of {name}", "flow"))
        number = self.table.intern_gateway(gateway_key(city, name))
        self.table.assign_gateway(int(self.table.device_of[series]), number)
        return number


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def refusal(topic: str = TOPIC, reason: str = "json", payload: bytes = b"{") -> Refusal:
    return Refusal(NOW, topic, payload, reason, "what is wrong")


async def read_all(desk: Desk) -> None:
    desk.reader.end()
    await desk.feedback.keep_refused()


async def test_a_refusal_is_kept_and_told(desk: Desk) -> None:
    desk.refuse(refusal(payload=b"\xff" * 1_000))
    await read_all(desk)
    ((topic, told),) = desk.sent
    assert topic == "nadi-out/v1/3578/rejects/water/a/d1"
    assert told["reason"] == "json"
    assert told["detail"] == "what is wrong"
    assert told["time"] == NOW
    assert len(str(told["payload"])) == module.SHOWN
    assert desk.letters.newest(None, 1)[0].payload == b"\xff" * 1_000
    assert desk.reader.cursor == 10


@pytest.mark.parametrize(
    "topic",
    [
        "nadi/v1/3578/water/a", "nadi/v1/3578/gas/a/d", "other/v1/3578/water/a/d", "nadi/v1/3578/water/a/d/e",
        "nadi/v1/+/water/a/d", "nadi/v1/3578/water/#/d", "nadi/v1/3578/water/a/\ufffd", "",
        "nadi/v1/3578/water/a/\ufdd0", "nadi/v1/c/water/z/" + "d" * 65_510, "nadi/v1/3578/water//d",
    ],
)  # fmt: skip
async def test_where_the_topic_is_bad_nobody_is_told(desk: Desk, topic: str) -> None:
    assert rejects_topic(topic) is None
    desk.refuse(refusal(topic), refusal(reason="topic"))
    await read_all(desk)
    assert desk.sent == []
    assert desk.letters.count == 2


async def test_a_flood_of_refusals_is_told_in_part_and_kept_whole(desk: Desk) -> None:
    desk.refuse(*(refusal(payload=b"%d" % number) for number in range(1_000)))
    await read_all(desk)
    assert REJECTS_PER_SECOND <= len(desk.sent) <= 2 * REJECTS_PER_SECOND
    assert desk.feedback.untold == 1_000 - len(desk.sent)
    assert desk.letters.count == 1_000


async def test_what_can_t_be_kept_stays_in_the_log(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    real = desk.letters.put
    attempts = 0

    def put(*arguments: object) -> None:
        nonlocal attempts
        attempts += 1
        if attempts < 3:
            raise NadiError("the disk is full")
        assert desk.feedback.problem == "the disk is full"
        assert desk.reader.cursor == 0
        real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(desk.letters, "put", put)
    monkeypatch.setattr(module, "RETRY_SECONDS", 0.0)
    desk.refuse(refusal())
    await read_all(desk)
    assert desk.letters.count == 1
    assert desk.feedback.problem == ""


async def test_a_hint_that_fails_is_counted_and_ends_nothing(desk: Desk) -> None:
    async def publish(topic: str, payload: bytes) -> bool:
        raise WireError("too long")

    desk.feedback.publish = publish
    desk.refuse(refusal(), refusal())
    await read_all(desk)
    assert desk.letters.count == 2
    assert desk.feedback.untold == 2
    assert desk.reader.cursor == 10


async def test_receipts_go_to_the_gateway_in_its_city(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RECEIPT_SECONDS", 0.0)
    good, odd, older = desk.gateway("gw-1"), desk.gateway("gw/+"), desk.gateway("g\ufdd0")
    namesake = desk.gateway("gw-1", city="3515")
    desk.due = [(good, 41), (odd, 5), (older, 6), (namesake, 7)]
    task = asyncio.create_task(desk.feedback.send_receipts())
    await until(lambda: len(desk.sent) == 2)
    desk.due = [(good, 42)]
    await until(lambda: len(desk.sent) == 3)
    task.cancel()
    assert desk.sent == [
        ("nadi-out/v1/3578/ack/gw-1", {"seq": 41}),
        ("nadi-out/v1/3515/ack/gw-1", {"seq": 7}),
        ("nadi-out/v1/3578/ack/gw-1", {"seq": 42}),
    ]


async def test_all_receipts_at_once_let_all_else_have_its_turn(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """As after a start, with tens of thousands of gateways."""
    monkeypatch.setattr(module, "RECEIPT_SECONDS", 0.0)
    monkeypatch.setattr(module, "TOGETHER", 10)
    desk.due = [(desk.gateway(f"gw-{number}"), number) for number in range(100)]
    seen = []
    task = asyncio.create_task(desk.feedback.send_receipts())
    while len(desk.sent) < 100:
        seen.append(len(desk.sent))
        await asyncio.sleep(0)
    task.cancel()
    assert {10, 50, 90} <= set(seen)
