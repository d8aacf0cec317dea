"""The audit: durable, in order, bounded; and a change that can't be written down is not made."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from pipeline.web import audit as module
from pipeline.web.audit import MOST_TEXT, Audit, AuditFault
from telemetry.errors import NadiError

NOW = 1_763_769_600_000


def made(folder: Path) -> Audit:
    return Audit(folder / "audit.sqlite", lambda: NOW)


async def test_what_was_begun_and_how_it_ended_outlives_the_process(tmp_path: Path) -> None:
    audit = made(tmp_path)
    first = await audit.begin("budi", "operator", "10.0.0.5", "acknowledge", "burst-1", '{"reason":"x"}')
    await audit.begin("siti", "operator", "10.0.0.6", "shelve", "fire-2")
    await audit.end(first, "done")
    audit.close()  # as after a kill: nothing else was told
    newest, oldest = await made(tmp_path).newest(10)
    assert oldest == {
        "id": first,
        "time": NOW,
        "who": "budi",
        "role": "operator",
        "address": "10.0.0.5",
        "action": "acknowledge",
        "target": "burst-1",
        "detail": '{"reason":"x"}',
        "outcome": "done",
    }
    assert (newest["who"], newest["outcome"]) == ("siti", "")
    assert (tmp_path / "audit.sqlite").stat().st_mode & 0o777 == 0o600


async def test_pages_of_entries_go_on_before_an_id(tmp_path: Path) -> None:
    audit = made(tmp_path)
    ids = [await audit.begin("a", "operator", "", "comment", str(number)) for number in range(5)]
    assert [entry["id"] for entry in await audit.newest(2)] == [ids[4], ids[3]]
    assert [entry["id"] for entry in await audit.newest(9, ids[3])] == ids[2::-1]


async def test_the_oldest_go_and_texts_are_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_ENTRIES", 3)
    monkeypatch.setattr(module, "_TRIM_EVERY", 1)
    audit = made(tmp_path)
    for _ in range(7):
        await audit.begin("a", "operator", "", "comment", "", "x" * 5_000)
    kept = await audit.newest(100)
    assert [entry["id"] for entry in kept] == [7, 6, 5]
    assert {len(entry["detail"]) for entry in kept} == {MOST_TEXT}


async def test_coming_and_going_pushes_no_change_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_COMINGS", 4)
    monkeypatch.setattr(module, "MOST_ENTRIES", 2)
    monkeypatch.setattr(module, "_TRIM_EVERY", 1)
    audit = made(tmp_path)
    for number in range(3):
        await audit.begin("budi", "operator", "", "comment", str(number))
    for _ in range(9):
        await audit.begin("siti", "viewer", "", module.COMING)
        await audit.begin("siti", "viewer", "", module.GOING)
    kept = await audit.newest(100)
    assert [entry["action"] for entry in kept] == [*(module.GOING, module.COMING) * 2, "comment", "comment"]
    assert [entry["target"] for entry in kept[4:]] == ["2", "1"]


async def test_what_can_not_be_written_is_a_fault(tmp_path: Path) -> None:
    audit = made(tmp_path)
    with sqlite3.connect(tmp_path / "audit.sqlite") as other:
        other.execute("DROP TABLE audit")
    with pytest.raises(AuditFault, match="nothing is changed"):
        await audit.begin("a", "operator", "", "comment")
    await audit.end(1, "done")  # only logged: what was done is done
    with pytest.raises(AuditFault, match="can't be read"):
        await audit.newest(1)


def test_a_file_that_is_none_of_ours_is_told_in_words(tmp_path: Path) -> None:
    (tmp_path / "audit.sqlite").write_text("not a database, and longer than its header would be " * 9)
    with pytest.raises(NadiError, match="the audit can't be opened"):
        made(tmp_path)
