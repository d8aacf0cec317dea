"""The embedded store: what the page asks of it, and what may happen to its file."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest

from config.settings import HistorianSettings
from sinks.base import Delivery, Outcome, Unreachable, Written
from sinks.historian import EXPIRE_EVERY_MS, Historian
from sinks.rows import Rows
from sinks.store import Store
from telemetry.errors import StoreError
from telemetry.series import Declaration, Identity, SeriesTable
from tests.sinks.conformance import everything, write_all
from tests.sinks.samples import TIME, anomalies_of, plain_table, readings_of, windows_of


class Clock:
    now = TIME

    def __call__(self) -> int:
        return self.now


@asynccontextmanager
async def opened(
    path: Path, table: SeriesTable | None = None, clock: Any = None, **keys: Any
) -> AsyncIterator[Historian]:
    store = Historian(HistorianSettings(path=path, **keys), table or plain_table(), clock or Clock())
    await store.open()
    try:
        yield store
    finally:
        await store.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "folder" / "city.duckdb"


async def test_questions_keep_what_is_to_be_stored_waiting_for_one_of_them_at_most(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []
    go, begun = threading.Event(), threading.Event()

    def slow(self: Store, series: int, *_: int) -> dict[str, Any]:
        begun.set()
        assert go.wait(60)
        order.append(f"question {series}")
        return {}

    monkeypatch.setattr(Store, "range", slow)
    async with opened(path) as store:
        asked = [asyncio.create_task(store.range(number, 0, 1)) for number in range(5)]
        await asyncio.to_thread(begun.wait, 60)
        real = store._write

        def write(rows: Rows) -> Outcome:
            order.append("write")
            return real(rows)

        monkeypatch.setattr(store, "_write", write)
        (rows,) = store.encode(Delivery(readings_of([(0, TIME, 1.0, 0)])))
        stored = asyncio.create_task(store.write(rows))
        await asyncio.sleep(0)
        go.set()
        assert await stored == Written()
        await asyncio.gather(*asked)
        assert order == ["question 0", "write", *(f"question {number}" for number in range(1, 5))]


async def test_a_question_that_takes_too_long_is_given_up(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    endless = "SELECT sum(a.range * b.range) AS time FROM range(1000000) a, range(1000000) b WHERE a.range >= $since"
    monkeypatch.setattr("sinks.schema.ANOMALIES", endless + " AND $limit > 0")
    async with opened(path) as store:
        with monkeypatch.context() as hasty:
            hasty.setattr("sinks.historian.SECONDS", 0.1)
            with pytest.raises(StoreError, match=r"takes longer than 0.1 s"):
                await store.anomalies()
        assert await store.incidents() == []


async def test_latest_gives_the_newest_of_each_series_most_recent_first(path: Path) -> None:
    rows = [(0, TIME + 5, 1.0, 0), (1, TIME + 9, 2.0, 0), (0, TIME + 3, 9.0, 0), (1, TIME + 9, 3.0, 8)]
    async with opened(path) as store:
        await write_all(store, Delivery(readings_of(rows)))
        latest = await store.latest()
        assert [(row["device"], row["time"], row["value"], row["flags"]) for row in latest] == [
            ("d1", TIME + 9, 3.0, 8),
            ("d0", TIME + 5, 1.0, 0),
        ]
        assert len(await store.latest(limit=1)) == 1
        assert await store.latest(domain="energy") == []
    async with opened(path) as again:
        assert await again.latest() == latest


async def test_series_are_found_by_their_names(path: Path) -> None:
    table = plain_table()
    other = table.intern(Identity("3578", "energy", "z2", "meter", "power"))
    async with opened(path, table) as store:
        assert await store.series() == []
        await write_all(store, Delivery(readings_of([(0, TIME, 1.0, 0), (other, TIME, 1.0, 0)])))
        assert [row["device"] for row in await store.series()] == ["d0", "meter"]
        assert [row["device"] for row in await store.series(domain="energy", zone="z2")] == ["meter"]
        assert len(await store.series(limit=1)) == 1


async def test_a_long_range_comes_in_buckets(path: Path) -> None:
    async with opened(path) as store:
        await write_all(store, Delivery(readings_of([(0, TIME + 10 * n, float(n), n % 2 * 8) for n in range(1000)])))
        all_of_it = await store.range(0, TIME, TIME + 10_000, 1000)
        assert all_of_it["mean"].tolist() == [float(n) for n in range(1000)]
        buckets = await store.range(0, TIME, TIME + 10_000, 100)
        assert buckets["time"].tolist() == [TIME + 100 * n for n in range(100)]
        assert buckets["min"].tolist() == [10.0 * n for n in range(100)]
        assert buckets["max"].tolist() == [10.0 * n + 9 for n in range(100)]
        np.testing.assert_allclose(buckets["mean"], np.arange(1000).reshape(100, 10).mean(axis=1))
        assert set(buckets["count"].tolist()) == {10}
        part = await store.range(0, TIME + 10, TIME + 30, 100)
        assert part["time"].tolist() == [TIME + 10, TIME + 20]
        assert len((await store.range(7, TIME, TIME + 10, 100))["time"]) == 0
        with pytest.raises(ValueError, match="must be after"):
            await store.range(0, TIME, TIME)


async def test_anomalies_newest_first_with_absent_numbers_as_none(path: Path) -> None:
    rows = [{"time": TIME + n, "value": float(n), "reason": f"nº {n}"} for n in range(5)]
    async with opened(path) as store:
        await write_all(store, Delivery(readings_of([]), anomalies=(anomalies_of(rows),)))
        found = await store.anomalies(since=TIME + 2, limit=2)
        assert [(row["time"], row["reason"], row["domain"]) for row in found] == [
            (TIME + 4, "nº 4", "water"),
            (TIME + 3, "nº 3", "water"),
        ]
        assert (found[0]["value"], found[0]["high"]) == (4.0, None)


async def test_counts_and_distinct_counts(path: Path) -> None:
    async with opened(path) as store:
        await write_all(store, everything())
        await write_all(store, everything())
        told = {"incidents": 4, "incident_events": 4, "indicators": 4}
        assert await store.counts() == {"series": 3, "readings": 198, "windows": 4, "anomalies": 2, **told}
        told = {"incidents": 2, "incident_events": 2, "indicators": 2}
        assert await store.distinct() == {"readings": 99, "windows": 2, "anomalies": 1, **told}


async def test_another_run_with_other_ids_goes_on_with_the_same_series(path: Path) -> None:
    async with opened(path) as store:
        await write_all(store, Delivery(readings_of([(0, TIME, 1.0, 0), (2, TIME, 2.0, 0)])))
    table = plain_table(0)
    for device in ("d9", "d2", "d0"):
        table.intern(Identity("3578", "water", "z1", device, "flow"))
    async with opened(path, table) as store:
        await write_all(store, Delivery(readings_of([(0, TIME, 9.0, 0), (1, TIME + 1, 3.0, 0), (2, TIME + 1, 4.0, 0)])))
        assert [row["device"] for row in await store.series()] == ["d0", "d2", "d9"]
        assert (await store.range(1, 0, 2 * TIME))["mean"].tolist() == [2.0, 3.0]


async def test_an_id_given_to_another_series_is_another_series(path: Path) -> None:
    table = plain_table(1)
    async with opened(path, table) as store:
        await write_all(store, Delivery(readings_of([(0, TIME, 1.0, 0)])))
        table.restore([Declaration(0, 0, identity=Identity("3578", "water", "z1", "another", "flow"))])
        await write_all(store, Delivery(readings_of([(0, TIME, 2.0, 0)])))
        assert [row["device"] for row in await store.latest()] == ["d0", "another"]


async def test_what_is_past_its_retention_is_deleted(path: Path) -> None:
    clock = Clock()
    async with opened(path, clock=clock, retention=3_600_000) as store:
        await write_all(store, everything())
        clock.now = TIME + EXPIRE_EVERY_MS
        await write_all(store, Delivery(readings_of([(0, TIME, 1.0, 0)])))
        assert (await store.counts())["readings"] == 100
        clock.now = TIME + 3_700_000
        await write_all(store, Delivery(readings_of([(0, clock.now, 1.0, 0)])))
        told = {"incidents": 0, "incident_events": 0, "indicators": 0}
        assert await store.counts() == {"series": 3, "readings": 1, "windows": 0, "anomalies": 0, **told}


async def test_windows_of_several_lengths_stay_apart(path: Path) -> None:
    batches = tuple(
        windows_of([{"count": count, "mean": 1.0}], length) for count, length in ((1, 60_000), (2, 900_000))
    )
    async with opened(path) as store:
        await write_all(store, Delivery(readings_of([]), batches))
        assert (await store.windows(0, 60_000, TIME, TIME + 1))["count"].tolist() == [1]
        assert (await store.windows(0, 900_000, TIME, TIME + 1))["count"].tolist() == [2]
        assert np.isnan((await store.windows(0, 900_000, TIME, TIME + 1))["delta"]).all()


def damage(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"this is not a database" * 1000)


async def test_a_damaged_file_is_an_error_in_words(path: Path) -> None:
    damage(path)
    with pytest.raises(StoreError, match=r"historian\.path .*city\.duckdb: it can't be opened"):
        async with opened(path):
            pass


@contextmanager
def held_by_another_process(path: Path) -> Iterator[None]:
    path.parent.mkdir()
    script = f"import duckdb, sys; held = duckdb.connect({str(path)!r}); print('held', flush=True); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        yield
        assert other.stdin is not None
        other.stdin.close()


async def test_a_locked_file_is_an_error_in_words(path: Path) -> None:
    with held_by_another_process(path), pytest.raises(StoreError, match="another process has it open"):
        async with opened(path):
            pass


async def test_a_file_of_another_version_is_refused(path: Path) -> None:
    async with opened(path):
        pass
    with duckdb.connect(path) as file:
        file.execute("UPDATE nadi SET version = 99")
    with pytest.raises(StoreError, match="version 99"):
        async with opened(path):
            pass


async def test_after_a_failure_that_stops_the_engine_the_file_is_opened_again(path: Path) -> None:
    async with opened(path) as store:
        await write_all(store, Delivery(readings_of([(0, TIME, 1.0, 0)])))
        assert store._store is not None
        store._store.broken = True
        [piece] = store.encode(Delivery(readings_of([(1, TIME, 2.0, 0)])))
        with out_of_the_way(path):
            assert isinstance(await store.write(piece), Unreachable)
        assert await store.write(piece) == Written()
        assert (await store.counts())["readings"] == 2
        assert [row["device"] for row in await store.series()] == ["d0", "d1"]


@contextmanager
def out_of_the_way(path: Path) -> Iterator[None]:
    """A folder stands where the file was."""
    away = path.rename(path.with_suffix(".away"))
    path.mkdir()
    yield
    path.rmdir()
    away.rename(path)


FILLS_THE_DISK = """
import asyncio, resource, sys
from pathlib import Path
from config.settings import HistorianSettings
from sinks.base import Delivery, Unreachable, Written
from sinks.historian import Historian
from tests.sinks.samples import TIME, plain_table, readings_of

async def main(path):
    store = Historian(HistorianSettings(path=path), plain_table(), lambda: TIME)
    await store.open()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, hard))
    written = failed = 0
    for batch in range(200):
        rows = [(0, TIME + 5_000 * batch + n, n * 0.1 + batch, 0) for n in range(5_000)]
        [piece] = store.encode(Delivery(readings_of(rows)))
        outcome = await store.write(piece)
        assert isinstance(outcome, (Written, Unreachable)), outcome
        written += 5_000 * isinstance(outcome, Written)
        failed += isinstance(outcome, Unreachable)
        if failed == 5:
            break
    assert failed == 5, (written, failed)
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    outcome = await store.write(piece)
    assert outcome == Written(), outcome
    assert (await store.distinct())["readings"] == written + 5_000
    await store.close()

asyncio.run(main(Path(sys.argv[1])))
"""


def test_a_full_disk_is_waited_for(path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", FILLS_THE_DISK, str(path)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
