"""The power fails: what the disk was not asked to keep is gone, and nothing that had been promised is among it.

    file    ░░░░▓▓▓▓▓▓▓▓      ▓ what was synced: by fsync, or written with RWF_DSYNC
    folder  a  b  c.part      names are kept as they were when the folder was synced last

SIGKILL can't show this, for what a process has written outlives it. A disk in between forgets all else.
"""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import pytest

from config.settings import JournalSettings
from journal.base import Position
from journal.entries import Derived
from journal.local import LocalJournal
from tests.journal.samples import entry, everything, owner_of, positions

SMALL: Final = JournalSettings(segment_bytes=3_000)
DSYNC: Final = os.RWF_DSYNC
ROUNDS: Final = 6


class Disk:
    """Watches what is synced below `root`. SQLite's files are its own affair, and are kept as they are."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root = root
        self.kept: dict[int, bytearray] = {}
        """By inode."""
        self.names: dict[Path, dict[str, int]] = {}
        """By folder, the inode of each name."""
        self._fsync, self._pwritev = os.fsync, os.pwritev
        monkeypatch.setattr(os, "fsync", self.fsync)
        monkeypatch.setattr(os, "pwritev", self.pwritev)

    def fsync(self, fd: int) -> None:
        self._fsync(fd)
        path, status = Path(os.readlink(f"/proc/self/fd/{fd}")), os.fstat(fd)
        if stat.S_ISDIR(status.st_mode):
            self.names[path] = dict(self._listed(path))
        else:
            self.kept[status.st_ino] = bytearray(Path(f"/proc/self/fd/{fd}").read_bytes())

    def _listed(self, folder: Path) -> Iterator[tuple[str, int]]:
        for path in folder.iterdir():
            with suppress(FileNotFoundError):  # old snapshots are deleted beside this, in another thread
                yield path.name, path.stat().st_ino

    def pwritev(self, fd: int, buffers: Sequence[Any], place: int, flags: int = 0) -> int:
        written = self._pwritev(fd, buffers, place, flags)
        if flags & DSYNC:
            kept = self.kept.setdefault(os.fstat(fd).st_ino, bytearray())
            kept += bytes(max(0, place + written - len(kept)))
            kept[place : place + written] = b"".join(buffers)[:written]
        return written

    def after_the_failure(self, to: Path) -> Path:
        """What is found when the power is back, in a folder of its own."""
        for path in sorted(self.root.rglob("*")):
            if path.is_dir():
                (to / path.relative_to(self.root)).mkdir(parents=True)
            elif ".sqlite" in path.name:
                shutil.copy(path, to / path.relative_to(self.root))
        for folder, names in self.names.items():
            for name, inode in names.items():
                if ".sqlite" not in name and inode in self.kept:
                    (to / folder.relative_to(self.root) / name).write_bytes(self.kept[inode])
        return to


async def check(disk: Disk, to: Path, promised: Sequence[Position], snapshot: bytes) -> None:
    again = await LocalJournal.open(disk.after_the_failure(to), SMALL)
    try:
        assert positions(await everything(again)) == promised
        assert (await (await owner_of(again)).restore()).snapshot == snapshot
        assert again.stats().reports == ()
    finally:
        await again.close()


async def run(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Entries over several segments and a snapshot, again and again; the power fails behind each step."""
    (folder / "state").mkdir()
    disk = Disk(folder / "state", monkeypatch)
    journal = await LocalJournal.open(folder / "state", SMALL)
    owner = await owner_of(journal)
    promised, snapshot, failures = list[Position](), b"", 0

    async def fail() -> None:
        nonlocal failures
        failures += 1
        if snapshot:
            await check(disk, folder / f"after-{failures}", promised, snapshot)

    try:
        for number in range(ROUNDS):
            for each in range(3):
                promised.append(await journal.append(0, entry(20, 10 * number + each)))
                await fail()
            saved = await owner.save_snapshot([b"%d" % number])
            await fail()
            promised.append(await owner.commit(Derived(promised[-1]), promised[-1], saved))
            snapshot = b"%d" % number
            await fail()
    finally:
        await journal.close()
    assert len(list((folder / "state" / "journal").glob("*.log"))) > 2


async def test_what_was_promised_outlives_a_loss_of_power(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    await run(tmp_path, monkeypatch)


def nothing(*arguments: Any) -> None:
    """In place of what keeps something."""


GUARDS: Final[dict[str, tuple[str, Any]]] = {
    "a commit is written through": ("os.RWF_DSYNC", 0),
    "a new segment's name is kept": ("journal.segments.sync_folder", nothing),
    "a snapshot is kept": ("journal.snapshots._sync", nothing),
    "a snapshot's name is kept": ("journal.snapshots.sync_folder", nothing),
}


@pytest.mark.parametrize("guard", GUARDS)
async def test_without_a_guard_it_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, guard: str) -> None:
    target, instead = GUARDS[guard]
    monkeypatch.setattr(target, instead)
    with pytest.raises(AssertionError):
        await run(tmp_path, monkeypatch)
