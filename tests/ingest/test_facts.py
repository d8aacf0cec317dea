"""What decoders remember: there at once, on disk when saved, bounded, and through a restart."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ingest.facts import Aside, Facts
from telemetry.errors import SettingsError, Unavailable


async def test_what_is_put_is_there_and_stays(tmp_path: Path) -> None:
    facts = Facts(tmp_path / "state" / "decoders.sqlite")
    facts.put("a", b"1")
    facts.put("b", b"\x00\xff")
    assert (facts.get("a"), facts.get("b"), facts.get("c")) == (b"1", b"\x00\xff", None)
    await facts.save()
    assert not facts.fresh
    facts.put("a", None)
    assert facts.get("a") is None
    facts.close()
    again = Facts(tmp_path / "state" / "decoders.sqlite")
    assert (again.get("a"), again.get("b")) == (b"1", b"\x00\xff")
    again.put("a", None)
    again.put("b", b"2")
    await again.save()
    assert (again.get("a"), again.get("b")) == (None, b"2")
    again.close()


async def test_what_is_put_while_saving_is_neither_lost_nor_hidden(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    facts = Facts(tmp_path / "f.sqlite")
    write = facts._write

    def meanwhile(saving: dict[str, bytes | None]) -> None:
        assert facts.get("a") == b"1"
        facts.put("a", b"2")
        facts.put("b", b"3")
        write(saving)

    facts.put("a", b"1")
    monkeypatch.setattr(facts, "_write", meanwhile)
    await facts.save()
    monkeypatch.undo()
    assert (facts.get("a"), facts.get("b")) == (b"2", b"3")
    await facts.save()
    facts.close()
    assert Facts(tmp_path / "f.sqlite").get("a") == b"2"


async def test_saving_waits_for_nobody_elses_threads(tmp_path: Path) -> None:
    """Those of the loop may be busy with what somebody asks over HTTP."""
    go, loop = threading.Event(), asyncio.get_running_loop()
    loop.set_default_executor(ThreadPoolExecutor(1))
    busy = loop.run_in_executor(None, go.wait, 120)
    facts = Facts(tmp_path / "f.sqlite")
    facts.put("a", b"1")
    await asyncio.wait_for(facts.save(), 60)
    go.set()
    assert await busy
    facts.close()


async def test_a_disk_that_takes_nothing_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    facts = Facts(tmp_path / "f.sqlite")
    facts.put("a", b"1")

    def full(_: object) -> None:
        facts.put("a", b"newer")
        facts.put("b", b"2")
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(facts, "_write", full)
    with pytest.raises(Unavailable, match=r"f\.sqlite: database or disk is full"):
        await facts.save()
    monkeypatch.undo()
    assert facts.fresh == {"a": b"newer", "b": b"2"}
    await facts.save()
    assert facts.get("a") == b"newer"


async def test_the_oldest_go_when_there_are_too_many(tmp_path: Path) -> None:
    facts = Facts(tmp_path / "f.sqlite", max_facts=20)
    for number in range(20):
        facts.put(f"k{number}", b"x")
        await facts.save()
    facts.put("k0", b"again")
    facts.put("k20", b"x")
    await facts.save()
    there = [number for number in range(21) if facts.get(f"k{number}") is not None]
    assert there == [0, *range(4, 21)]


async def test_the_oldest_go_when_they_are_too_large_together(tmp_path: Path) -> None:
    path = tmp_path / "f.sqlite"
    facts = Facts(path, max_bytes=1_000_000)
    for number in range(100):
        facts.put(f"k{number}", bytes(50_000))
        facts.put("often", bytes(10_000))
        await facts.save()
    there = [number for number in range(100) if facts.get(f"k{number}") is not None]
    assert there == list(range(there[0], 100)), "the oldest"
    assert 800_000 < 50_000 * len(there) <= 1_000_000
    assert facts.get("often") is not None
    facts.close()
    assert path.stat().st_size < 2_000_000
    again = Facts(path, max_bytes=500_000)
    again.put("k100", b"x")
    await again.save()
    assert [number for number in range(101) if again.get(f"k{number}") is not None] == [*range(92, 101)]
    again.close()


def test_a_file_that_is_something_else(tmp_path: Path) -> None:
    path = tmp_path / "f.sqlite"
    path.write_bytes(b"not a database, whatever its name says" * 100)
    with pytest.raises(SettingsError, match="delete it"):
        Facts(path)


async def test_aside_leaves_what_is_below_as_it_is(tmp_path: Path) -> None:
    facts = Facts(tmp_path / "f.sqlite")
    facts.put("a", b"1")
    aside = Aside(facts)
    assert aside.get("a") == b"1"
    aside.put("a", None)
    aside.put("b", b"2")
    assert (aside.get("a"), aside.get("b")) == (None, b"2")
    assert (facts.get("a"), facts.get("b")) == (b"1", None)
