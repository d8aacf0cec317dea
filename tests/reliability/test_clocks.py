"""Gateways with wrong clocks harm only themselves, and nadi's own wrong clock is noticed."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from config.settings import JournalSettings
from journal.entries import ReadingsEntry, Refusal
from journal.local import LocalJournal
from telemetry.batch import Readings
from tests.end_to_end.city import City, Message, city
from tests.end_to_end.stored import differences, start_of_past, stored
from tests.reliability.gateway import Gateway
from tests.reliability.ledger import check_balance
from tests.reliability.stage import DATABASE, Stage

HOUR, MINUTE = 3_600_000, 60_000
"""ms"""


def with_clock(made: City, shift: Callable[[int], int], gateway: int) -> City:
    """The same city as a gateway sends it whose clock is shifted; its devices have names of their own."""
    moved = City(garbage=made.garbage, repeats=made.repeats)
    known: dict[int, Message] = {}
    for message in made.messages:
        if id(message) not in known:
            topic = re.sub(r"dev=(\d+)", rf"dev={gateway}\1", message.topic)
            payload = message.payload
            if payload.endswith(b"}"):
                body = json.loads(payload)
                payload = json.dumps(body | {"ts": shift(body["ts"])}).encode()
            known[id(message)] = Message(topic, payload)
        moved.messages.append(known[id(message)])
    for (domain, device, quantity), readings in made.truth.items():
        key = (domain, re.sub(r"dev=(\d+)", rf"dev={gateway}\1", device), quantity)
        moved.truth[key] = {shift(moment): value for moment, value in readings.items()}
    return moved


def test_a_wrong_clock_harms_only_its_own_gateway(tmp_path: Path) -> None:
    start = start_of_past()
    middle = start + 40_000
    right = city(4, 160, start, seed=3)
    clocks: dict[str, Callable[[int], int]] = {
        "right": lambda moment: moment,
        "5 minutes behind": lambda moment: moment - 5 * MINUTE,
        "jumps 4 minutes ahead and back": lambda moment: moment + 4 * MINUTE * (middle <= moment < middle + 10_000),
        "1 hour ahead": lambda moment: moment + HOUR,
        "resets to 1970": lambda moment: moment if moment < middle else moment - middle,
    }
    cities = {name: with_clock(right, shift, number) for number, (name, shift) in enumerate(clocks.items(), 1)}
    good = [name for name in clocks if name not in ("1 hour ahead", "resets to 1970")]
    with Stage(tmp_path) as stage:
        gateways = [Gateway(stage.broker.port, made.messages, name) for name, made in cities.items()]
        for gateway in gateways:
            gateway.start()
        try:
            # The newest readings, by which clocks are measured, come at about the same time from all.
            for held_back in (100, 0):
                for gateway in gateways:
                    gateway.release(len(gateway.messages) - held_back)
                for gateway in gateways:
                    gateway.wait_done()
        finally:
            for gateway in gateways:
                gateway.stop()
        expected = City()
        for name in good:
            expected.truth |= cities[name].truth
        before = cities["resets to 1970"].truth
        expected.truth |= {
            key: {moment: value for moment, value in readings.items() if moment > middle - HOUR}
            for key, readings in before.items()
        }
        stage.nadi.wait_until(lambda status: status["ready"] and not differences(stage.influx, DATABASE, expected))
        told = check_balance(stage.nadi, stored=expected.distinct)["gateways"]
        books = {name.removeprefix("3578/"): account for name, account in told.items()}
        assert stored(stage.influx, DATABASE, expected) == expected.truth
        alone = right.distinct
        for name in good:
            assert books[name]["stored"] == alone
            assert set(books[name]["reasons"]) <= {"json"}
            assert books[name]["late"] == books["right"]["late"] or name.startswith("jumps")
        ahead = books["1 hour ahead"]
        assert ahead["stored"] == ahead["duplicate"] == 0
        assert ahead["reasons"]["future"] == alone + right.repeats
        reset = books["resets to 1970"]
        assert reset["reasons"]["time"] > 0
        assert {*ahead["reasons"], *reset["reasons"]} <= {"future", "time", "json"}
        assert reset["stored"] == sum(len(expected.truth[key]) for key in before)
        assert stage.nadi.status()["rejects"]["future"] == ahead["reasons"]["future"]
        check_measured(stage, list(clocks))


def check_measured(stage: Stage, names: list[str]) -> None:
    """Each gateway's clock as nadi measures it, beside the right one's, whose readings are minutes old here."""
    measured: dict[str, float] = {}
    for told in stage.nadi.status()["clocks"]["worst"]:
        name = names[int(told["device"].removeprefix("dev=")[0]) - 1]
        measured[name] = max(measured.get(name, told["ahead_s"]), told["ahead_s"])
    off = {name: measured.get(name, 0.0) - measured["right"] for name in names}
    assert abs(off["1 hour ahead"] - HOUR / 1000) < 30, "of which nothing was taken"
    assert abs(off["5 minutes behind"] + 5 * MINUTE / 1000) < 30
    assert off["jumps 4 minutes ahead and back"] > 100


def told_wrong(status: dict[str, Any]) -> bool:
    return any(re.search(r"clock is \d+\.\d s before the newest arrival", each) for each in status["problems"])


def test_with_its_own_clock_before_the_newest_arrival_it_holds_acknowledging_and_says_so(tmp_path: Path) -> None:
    """The journal holds an arrival that is ahead of this machine's clock, as after a battery failed."""
    made = city(4, 60, start_of_past())
    with Stage(tmp_path) as stage:
        (gateway,) = stage.gateways(made, 1)
        for ahead in (12, 24, 48, 96):  # s; so far ahead that it is up before that
            assert stage.nadi.terminate() == 0
            arrival = time.time() + ahead
            asyncio.run(append_arrival(stage.nadi.folder / "state", int(arrival * 1000)))
            stage.nadi.start()
            status = stage.nadi.wait_until(
                lambda status, until=arrival: told_wrong(status) or time.time() > until  # type: ignore[misc]
            )
            if told_wrong(status):
                break
        assert told_wrong(status)
        gateway.release()
        gateway.wait_done()
        received = check_balance(stage.nadi)["all"]["received"]
        assert received <= 4 or time.time() > arrival - 1.5
        stage.nadi.wait_until(lambda status: status["ready"])
        assert time.time() > arrival - 1.5
        stage.nadi.wait_until(lambda _: stored(stage.influx, DATABASE, made) == made.truth)


async def append_arrival(state_dir: Path, arrival: int) -> None:
    journal = await LocalJournal.open(state_dir, JournalSettings())
    refused = Refusal(arrival, "nadi/v1/3578/water/z/d", b"{", "json", "cut off")
    await journal.append(0, ReadingsEntry(Readings.empty(), refusals=(refused,), messages=1))
    await journal.close()
