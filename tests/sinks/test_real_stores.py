"""Hostile names and extreme numbers, written to real stores and read back."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from config.settings import InfluxSettings
from sinks.base import Delivery, Denied, Outcome, Refused, Written
from sinks.influx import InfluxSink
from telemetry.series import Identity, SeriesTable
from tests.ends import readings
from tests.servers import Influx, VictoriaMetrics
from tests.sinks.samples import TIME, anomalies_of, plain_table, readings_of, table_of, windows_of

SPECIAL = ",= \\\"'#{}/:a1"
HOSTILE = [
    "a b",
    "a,b=c",
    "a\\b",
    "a\\\\b",
    "\\ a",
    "a\\,b",
    "a\\=b",
    " lead",
    "trail ",
    "=",
    ",",
    '"quoted"',
    "'x' or ''='",
    "value=1.0,flags=0i 1",
    "x value=1,flags=0i 1\\nwater value=2",
    "#comment",
    "über/ñandú-日本語-🌊",
    "\u2028line",
    "{}[]%s$1",
]


@asynccontextmanager
async def opened(settings: InfluxSettings, table: SeriesTable) -> AsyncIterator[InfluxSink]:
    sink = InfluxSink(settings, table)
    await sink.open()
    try:
        yield sink
    finally:
        await sink.close()


async def write(settings: InfluxSettings, table: SeriesTable, delivery: Delivery) -> Outcome:
    """The last outcome of writing all of `delivery`."""
    async with opened(settings, table) as sink:
        outcome: Outcome = Written()
        for piece in sink.encode(delivery):
            outcome = await sink.write(piece)
        return outcome


def key_of(row: dict[str, Any]) -> tuple[str, ...]:
    return row["name"], row["city"], row["zone"], row["device"], row["quantity"]


async def written_names_come_back(server: Influx, database: str, names: list[Identity]) -> None:
    table = table_of(names)
    rows = [(number, TIME, number + 0.5, 0) for number in range(len(names))]
    settings = InfluxSettings(url=server.url, api="v1", database=database)
    assert await write(settings, table, Delivery(readings_of(rows))) == Written()
    found = await asyncio.to_thread(server.query, "SELECT value, flags FROM /.*/ GROUP BY *", database)
    assert {key_of(row): row["value"] for row in found} == {
        (name.domain, name.city, name.zone, name.device, name.quantity): number + 0.5
        for number, name in enumerate(names)
    }
    assert len(found) == len(names)
    measurements = await asyncio.to_thread(server.query, "SHOW MEASUREMENTS", database)
    assert {row["name"] for row in measurements} == {name.domain for name in names}
    fields = await asyncio.to_thread(server.query, "SHOW FIELD KEYS", database)
    assert {row["fieldKey"] for row in fields} == {"value", "flags"}
    keys = await asyncio.to_thread(server.query, "SHOW TAG KEYS", database)
    assert {row["tagKey"] for row in keys} == {"city", "zone", "device", "quantity"}


async def test_hostile_names_come_back_as_they_went(influx: Influx, influx_database: str) -> None:
    names = [Identity(name, "water", name, name, name) for name in HOSTILE]
    names += [Identity("3578", "energy", "z", name, "power") for name in HOSTILE]
    await written_names_come_back(influx, influx_database, names)


async def test_any_admitted_name_comes_back(influx: Influx, influx_database: str) -> None:
    chance = random.Random(20)
    names = {
        Identity(*(draw(chance) if field != "domain" else "waste" for field in Identity._fields)) for _ in range(2000)
    }
    await written_names_come_back(influx, influx_database, sorted(names))


def draw(chance: random.Random) -> str:
    """A name that admission lets through, mostly of characters that mean something to the protocol."""
    size = chance.randint(1, 6)
    name = "".join(
        chance.choice(SPECIAL) if chance.random() < 0.7 else chr(chance.randrange(0x100, 0xD800)) for _ in range(size)
    )
    return name if name.strip() and not name.endswith("\\") else name + "."


async def test_numbers_and_flags_come_back_exactly(influx: Influx, influx_database: str) -> None:
    values = [0.1 + 0.2, -0.0, 1e300, -5e-324, 1e16, 123456789012345678.0, 2.0**-1074, 1.7976931348623157e308]
    rows = [(0, TIME + number, value, 2**31 + number) for number, value in enumerate(values)]
    settings = InfluxSettings(url=influx.url, api="v1", database=influx_database)
    assert await write(settings, plain_table(), Delivery(readings_of(rows))) == Written()
    found = await asyncio.to_thread(influx.query, "SELECT value, flags FROM water", influx_database)
    assert [row["value"] for row in found] == values
    assert [row["flags"] for row in found] == list(range(len(values)))


async def test_windows_and_anomalies_have_the_types_of_the_schema(influx: Influx, influx_database: str) -> None:
    table = plain_table()
    windows = windows_of(
        [{"count": 0, "expected": 6, "completeness": 0.0}, {"series": 1, "count": 1, "mean": 2.0, "delta": 1}]
    )
    reason = 'pressure "low":\\ 12 < 50, zone=a\\'
    anomalies = anomalies_of([{"value": 12.0, "low": 50.0, "reason": reason, "severity": 2}])
    settings = InfluxSettings(url=influx.url, api="v1", database=influx_database)
    assert await write(settings, table, Delivery(readings([]), (windows,), (anomalies,))) == Written()
    fields = await asyncio.to_thread(influx.query, "SHOW FIELD KEYS", influx_database)
    types = {row["fieldKey"]: row["fieldType"] for row in fields if row["name"] == "water_1m"}
    assert types == {
        **dict.fromkeys(("count", "expected", "failed", "revision"), "integer"),
        **dict.fromkeys(("mean", "delta", "completeness"), "float"),
    }
    [found] = await asyncio.to_thread(influx.query, "SELECT * FROM anomalies", influx_database)
    assert (found["reason"], found["severity"], found["low"], found["domain"]) == (reason, "critical", 50.0, "water")
    assert "high" not in found


async def test_a_revision_takes_the_place_of_the_row_before(influx: Influx, influx_database: str) -> None:
    settings = InfluxSettings(url=influx.url, api="v1", database=influx_database)
    rows = [{"count": 2, "mean": 2.0, "revision": 1}, {"count": 1, "mean": 1.0, "revision": 0}]
    assert await write(settings, plain_table(), Delivery(readings([]), (windows_of(rows),))) == Written()
    [found] = await asyncio.to_thread(influx.query, "SELECT * FROM water_1m", influx_database)
    assert (found["count"], found["mean"], found["revision"]) == (2, 2.0, 1)


async def test_a_field_of_another_type_is_refused_and_the_rest_is_there(influx: Influx, influx_database: str) -> None:
    await asyncio.to_thread(influx.write, f'water,city=3578 value="text" {TIME}', influx_database)
    settings = InfluxSettings(url=influx.url, api="v1", database=influx_database)
    table = table_of([Identity("3578", domain, "z", "d", "x") for domain in ("water", "energy")])
    outcome = await write(settings, table, Delivery(readings_of([(0, TIME, 1.0, 0), (1, TIME, 2.0, 0)])))
    assert isinstance(outcome, Refused)
    assert outcome.dropped == 1
    assert "field type conflict" in outcome.reason
    found = await asyncio.to_thread(influx.query, "SELECT value FROM energy", influx_database)
    assert [row["value"] for row in found] == [2.0]


async def test_points_beyond_the_retention_policy_are_refused_in_words(influx: Influx, influx_database: str) -> None:
    policy = f'CREATE RETENTION POLICY short ON "{influx_database}" DURATION 1h REPLICATION 1 DEFAULT'
    await asyncio.to_thread(influx.query, policy, influx_database)
    settings = InfluxSettings(url=influx.url, api="v1", database=influx_database)
    outcome = await write(settings, plain_table(), Delivery(readings([1.0, 2.0], start=1_000_000)))
    assert isinstance(outcome, Refused)
    assert outcome.dropped == 2
    assert "retention policy" in outcome.reason


@pytest.fixture
def guarded(tmp_path: Path) -> Callable[[], Influx]:
    return lambda: Influx(tmp_path / "influx", user=("nadi", "s3cret"))


async def test_credentials_of_influxdb_1(guarded: Callable[[], Influx]) -> None:
    server = await asyncio.to_thread(lambda: guarded().__enter__())
    try:
        common = {"url": server.url, "api": "v1", "database": "made", "username": "nadi", "create": True}
        delivery = Delivery(readings([1.0]))
        wrong = InfluxSettings(**common, password=SecretStr("guess"))
        right = InfluxSettings(**common, password=SecretStr("s3cret"))
        outcome = await write(wrong, plain_table(), delivery)
        assert isinstance(outcome, Denied)
        assert "influx.password" in outcome.reason
        assert "guess" not in outcome.reason
        assert await write(right, plain_table(), delivery) == Written()
    finally:
        await asyncio.to_thread(server.stop)


async def test_raw_readings_reach_a_store_of_the_v2_api(victoria_metrics: VictoriaMetrics) -> None:
    city = "v2 city, über"
    table = table_of([Identity(city, "water", "zone=1", f"d {number}", "flow") for number in range(50)])
    rows = [(number % 50, TIME + number, number / 7, 0) for number in range(1000)]
    settings = InfluxSettings(url=victoria_metrics.url, api="v2", token=SecretStr("any"))
    assert await write(settings, table, Delivery(readings_of(rows))) == Written()
    found = await asyncio.to_thread(victoria_metrics.samples, "water_value")
    mine = {(row["device"], row["time"]): row["value"] for row in found if row["city"] == city}
    assert mine == {(f"d {number % 50}", TIME + number): pytest.approx(number / 7) for number in range(1000)}
    assert {row["zone"] for row in found if row["city"] == city} == {"zone=1"}
