"""Journals on disk, to be damaged."""

from __future__ import annotations

from pathlib import Path

from config.settings import JournalSettings
from journal.base import START, Position
from journal.entries import Derived
from journal.local import LocalJournal
from tests.journal.samples import entry, owner_of, series

SMALL = JournalSettings(segment_bytes=4096)


async def filled(state: Path, count: int = 5, size: int = 20) -> list[int]:
    """A closed journal of `count` entries of `size` readings; their positions."""
    journal = await LocalJournal.open(state, SMALL)
    placed = [await journal.append(0, entry(size, seed, [series(seed)])) for seed in range(count)]
    await journal.close()
    return [int(place) for place in placed]


def files(state: Path) -> list[Path]:
    return sorted((state / "journal").glob("*.log"))


def flip(path: Path, place: int) -> None:
    data = bytearray(path.read_bytes())
    data[place] ^= 0x40
    path.write_bytes(data)


def crashed(state: Path) -> None:
    """As if the state file had not been saved since the journal was new."""
    for path in state.glob("journal.sqlite*"):
        path.unlink()


async def snapshots(
    folder: Path, number: int, *, trim: bool = False, settings: JournalSettings = SMALL
) -> list[Position]:
    """So many snapshots, each after an entry of its own; their places."""
    journal = await LocalJournal.open(folder, settings)
    owner = await owner_of(journal)
    placed = []
    for each in range(number):
        placed.append(await journal.append(0, entry(100, each)))
        await owner.commit(Derived(placed[-1]), placed[-1], await owner.save_snapshot([b"%d" % each]))
    if trim:
        await journal.trim()
    await journal.close()
    return placed


def saved(folder: Path) -> list[Path]:
    return sorted((folder / "journal" / "snapshots").iterdir())


async def trimmed(folder: Path) -> None:
    journal = await LocalJournal.open(folder, SMALL)
    owner = await owner_of(journal)
    place = [await journal.append(0, entry(20, seed, [series(seed)])) for seed in range(20)][-1]
    for state in (b"state", b"again"):
        await owner.commit(Derived(place), place, await owner.save_snapshot([state]))
    await journal.trim()
    assert journal.stats().first > START
    await journal.close()
