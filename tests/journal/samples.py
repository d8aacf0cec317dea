"""Entries to put into a journal, and a comparison that looks at every column."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

from journal.base import Gap, Journal, Owner, Position, Stored
from journal.entries import CommandEntry, Derived, GatewayState, ReadingsEntry, Refusal, TickEntry
from telemetry.batch import Anomalies, IncidentEvents, Incidents, Indicators, Readings, Sequences, Windows
from telemetry.series import Declaration, Identity

NOW = 1_763_769_600_000


def readings(count: int, seed: int = 0) -> Readings:
    """Readings as a commit of a city holds them: many series, times of the last seconds."""
    random = np.random.default_rng(seed)
    return Readings(
        series=random.integers(0, 10_000, count).astype(np.int32),
        time=NOW + seed - random.integers(0, 9_000, count),
        value=random.normal(20, 3, count),
        flags=np.zeros(count, np.uint32),
        arrival=NOW + seed + np.sort(random.integers(0, 20, count)),
        gateway=np.full(count, -1, np.int32),
    )


def entry(count: int = 3, seed: int = 0, declared: Sequence[Declaration] = ()) -> ReadingsEntry:
    return ReadingsEntry(readings(count, seed), declared=tuple(declared), messages=count)


def full_entry() -> ReadingsEntry:
    """An entry in which nothing is empty."""
    refusal = Refusal(NOW + 9, "nadi/v1/x/water/z/d", b"\x00{not json", "json", "at byte 1", gateway=2, readings=1)
    return ReadingsEntry(
        readings(40, 7),
        declared=(series(0), Declaration(2, -1, gateway="gw-2")),
        sequences=Sequences(np.array([2, 2], np.int32), np.array([41, 42])),
        refusals=(refusal,),
        messages=41,
        gateways=(GatewayState("3578", "gw-2", False),),
    )


def series(number: int) -> Declaration:
    return Declaration(number, number, identity=Identity("3578", "water", "zona é", f"meter-{number}", "flow"))


def windows(count: int, length: int = 60_000) -> Windows:
    columns: dict[str, Any] = {}
    for number, field in enumerate(fields(Windows)):
        if field.name == "length":
            columns[field.name] = length
        elif field.name == "series":
            columns[field.name] = np.arange(count, dtype=np.int32)
        elif field.type in ("Int64",):
            columns[field.name] = np.arange(count, dtype=np.int64) + number
        else:
            columns[field.name] = np.arange(count) / 7 + number
    columns["delta"] = np.full(count, np.nan)
    return Windows(**columns)


def derived(covers: int, flags: int = 4) -> Derived:
    numbers = np.arange(2.0)
    return Derived(
        covers=covers,
        flags=np.arange(flags, dtype=np.uint32),
        windows=(windows(3), windows(2, 900_000)),
        anomalies=Anomalies(
            series=np.arange(2, dtype=np.int32),
            time=np.arange(2),
            value=numbers,
            baseline=numbers,
            low=numbers - np.inf,
            high=numbers,
            score=numbers,
            severity=np.arange(2),
            detector=("limits", "zscore"),
            reason=("terlalu tinggi", ""),
        ),
        counts={"late": 3},
        incidents=incidents(),
        incident_events=incident_events(),
        indicators=indicators(),
    )


def incidents() -> Incidents:
    """Two: one that has ended, one whose value is not known."""
    return Incidents(
        time=np.array([NOW, NOW + 1]),
        updated=np.array([NOW + 9, NOW + 9]),
        ended=np.array([NOW + 8, -1]),
        value=np.array([2.5, np.nan]),
        members=np.array([1, 4]),
        severity=np.array([1, 2]),
        incident=("burst-1", "limit-2"),
        city=("3578", "3578"),
        domain=("water", "*"),
        zone=("Genteng é", "*"),
        kind=("burst", "limit"),
        cause=("", "gw 1"),
        state=("returned", "unacknowledged"),
        reason=("debit naik", ""),
    )


def incident_events() -> IncidentEvents:
    return IncidentEvents(
        time=np.array([NOW]),
        severity=np.array([2]),
        incident=("burst-1",),
        city=("3578",),
        domain=("water",),
        zone=("Genteng é",),
        kind=("burst",),
        event=("acknowledged",),
        state=("acknowledged",),
        by=("siti",),
        reason=('regu "A" berangkat',),
    )


def indicators() -> Indicators:
    """Two: one of a zone and a day, one of which there is nothing to divide by."""
    return Indicators(
        time=np.array([NOW, NOW + 1]),
        numerator=np.array([9.5, 0.0]),
        denominator=np.array([10.0, 0.0]),
        value=np.array([95.0, np.nan]),
        city=("3578", "3578"),
        domain=("water", "*"),
        zone=("Genteng é", "*"),
        indicator=("completeness", "alarm-rate"),
        period=("day", "month"),
        unit=("%", "1/10 min"),
    )


def command() -> CommandEntry:
    return CommandEntry(NOW, "burst-1", "shelve", "siti", "perbaikan", NOW + 3_600_000)


def same(left: Any, right: Any) -> bool:
    """Equal in type and in every field, NaN equal to NaN."""
    if isinstance(left, np.ndarray):
        return bool(left.dtype == right.dtype and left.tobytes() == right.tobytes())
    if isinstance(left, tuple) and type(left) is tuple:
        return len(left) == len(right) and all(map(same, left, right))
    if is_dataclass(left):
        return type(left) is type(right) and all(
            same(getattr(left, field.name), getattr(right, field.name)) for field in fields(left)
        )
    return bool(left == right)


async def owner_of(journal: Journal) -> Owner:
    async for claim in journal.claims("process"):
        return claim.owner  # type: ignore[union-attr]
    raise AssertionError("no partition was assigned")


async def collect(items: AsyncIterator[Sequence[Stored | Gap]], upto: int) -> list[Stored | Gap]:
    """What a reader yields until it has come to the position `upto`."""
    found: list[Stored | Gap] = []
    async for batch in items:
        found += batch
        last = found[-1]
        if (last.upto if isinstance(last, Gap) else last.position) >= upto:
            break
    await items.aclose()  # type: ignore[attr-defined]
    return found


async def everything(journal: Journal, after: int = 0) -> list[Stored | Gap]:
    """All that the log holds now."""
    owner = await owner_of(journal)
    last = journal.stats().last
    return await collect(owner.read(Position(after)), last) if last > after else []


async def until(condition: Callable[[], bool]) -> None:
    """Wait for what only polling shows."""
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.002)


def positions(items: Sequence[Stored | Gap]) -> list[int]:
    return [item.position for item in items if isinstance(item, Stored)]


def tick(time: int = NOW) -> TickEntry:
    return TickEntry(time, NOW - 1000)
