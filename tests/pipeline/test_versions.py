"""A state_dir of another version: used, brought up to date, or refused in words; never a bare error."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from journal.entries import Derived
from journal.local import LocalJournal
from pipeline.cli import foreseen
from pipeline.processing import snapshots
from pipeline.service.lifecycle import Service
from processors.base import State
from telemetry.series import DOMAINS
from tests.journal.samples import owner_of
from tests.pipeline.kit import NOW, processed, running, send, settings, until

LEARNT_AGAIN = {"board", "detector", "indicators", "quality", "silence"} | {f"domains.{name}" for name in DOMAINS}
READINGS = [("water/a/d1", {"ts": NOW - 60_000 + number * 100, "values": {"flow": 1.0}}) for number in range(30)]


async def saved(folder: Path) -> dict[str, State]:
    """A state_dir with a drained end; the states in its snapshot."""
    async with running(Service(settings(folder), clock=lambda: NOW)) as service:
        await send(service, *READINGS)
        await processed(service)
    journal = await LocalJournal.open(folder / "state", settings(folder).journal)
    restored = await (await owner_of(journal)).restore()
    await journal.close()
    assert restored.snapshot is not None
    return dict(snapshots.decode(restored.snapshot))


async def save(folder: Path, states: dict[str, State]) -> None:
    """As another version might have left it: with `states` as the newest snapshot."""
    journal = await LocalJournal.open(folder / "state", settings(folder).journal)
    owner = await owner_of(journal)
    cursor = (await owner.restore()).cursor
    await owner.commit(Derived(cursor), cursor, await owner.save_snapshot(snapshots.encode(states.items()), cursor))
    await journal.close()


async def start(folder: Path) -> str:
    """What a start says: nothing where all is processed, or why it is refused."""
    service = Service(settings(folder), clock=lambda: NOW)
    task = asyncio.create_task(service.run())
    await until(lambda: task.done() or (service.started.is_set() and service.parts.processing.caught_up.is_set()))
    if task.done():
        error = task.exception()
        assert isinstance(error, Exception)
        told = foreseen(error)
        assert told, f"not for a person: {error!r}"
        return str(told[0])
    before = service.ledger()["all"]["stored"]
    await send(service, ("water/a/d1", {"ts": NOW + before, "values": {"flow": 1.0}}))
    await processed(service)
    assert service.ledger()["all"]["stored"] == before + 1 > len(READINGS)
    service.stop()
    await task
    return ""


async def test_every_array_that_is_missing_is_refused_or_learnt_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    states = await saved(tmp_path)
    assert {"windows", "ledger", "detector", "board"} <= states.keys()
    for name, state in states.items():
        # The first and the last one of each stand for all: renamed, so that another is there instead.
        for array in {min(state, default=""), max(state, default="")} - {""}:
            caplog.clear()
            renamed = {key if key != array else f"{key} of old": value for key, value in state.items()}
            await save(tmp_path, {**states, name: renamed})
            said = await start(tmp_path)
            if name in LEARNT_AGAIN:
                assert said == ""
                assert "begins anew" in caplog.text, (name, array)
            elif said or not array.startswith("layout"):
                assert "saved by another version of nadi" in said, (name, array)
                assert name in said
            await save(tmp_path, states)  # of before what a start may have added: so it counts from there


@pytest.mark.parametrize("name", ["windows", "ledger"])
async def test_a_state_under_another_name_is_not_taken_for_none(tmp_path: Path, name: str) -> None:
    states = await saved(tmp_path)
    await save(tmp_path, {f"{key}2" if key == name else key: state for key, state in states.items()})
    assert f"it holds nothing of {name}" in await start(tmp_path)


async def test_a_snapshot_from_before_a_processor_was_there_is_used(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    states = await saved(tmp_path)
    del states["detector"]
    await save(tmp_path, states)
    assert await start(tmp_path) == ""
    assert "does not know a processor" in caplog.text


async def test_chunks_of_another_layout_are_refused(tmp_path: Path) -> None:
    states = await saved(tmp_path)
    await save(tmp_path, {**states, "windows": {**states["windows"], "layout": np.array([2], np.int64)}})
    assert "chunks of layout 2, this nadi reads layout 1" in await start(tmp_path)


async def test_a_state_file_of_the_first_version_is_brought_up_to_date(tmp_path: Path) -> None:
    await saved(tmp_path)
    database = sqlite3.connect(tmp_path / "state" / "journal.sqlite")
    database.executescript(
        "ALTER TABLE cursors DROP COLUMN totals; ALTER TABLE checkpoint DROP COLUMN previous;"
        "ALTER TABLE checkpoint DROP COLUMN previous_cursor; PRAGMA user_version = 1;"
    )
    database.close()
    async with running(Service(settings(tmp_path), clock=lambda: NOW)) as service:
        await until(service.parts.processing.caught_up.is_set)
        await send(service, ("water/a/d1", {"ts": NOW, "values": {"flow": 1.0}}))
        await processed(service)
        await until(lambda: service.parts.runners[0].account.delivered)
        told: dict[str, Any] = service.ledger()
        account = told["sinks"]["historian"]
        assert (account["earlier"], account["delivered"]) == (len(READINGS), 1), "it counts from where it can know"
