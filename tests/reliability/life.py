"""nadi in one process without a thread and without a clock, so that a test may end it between any two steps."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from journal.base import Owner
from journal.commit import Committer, Request, Settle
from journal.local import LocalJournal
from pipeline.processing.board import Board
from pipeline.processing.chain import Chain
from pipeline.processing.runner import Processing
from processors.incidents import IncidentsProcessor
from processors.ledger import Ledger
from processors.silence import Silence
from processors.windows import WindowsProcessor
from tests.processors.test_windows_streaming import CONFIG, tables

WAIT = 60.0
"""Seconds in which any operation ends."""


class Inline(ThreadPoolExecutor):
    """Works at once, in the caller's thread: so a step is a step, and a crash falls between two."""

    def submit(self, work: Callable[..., Any], /, *arguments: Any, **more: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(work(*arguments, **more))
        except BaseException as error:
            future.set_exception(error)
        return future


class InlineCommitter(Committer):
    """Without its thread: what is put is durable, though nobody was told yet."""

    def start(self, settle: Settle) -> None:
        self.settle = settle

    def put(self, request: Request) -> None:
        self._guard([request])
        self.settle([request])

    def stop(self) -> None:
        os.close(self._fd)


async def to_no_thread(work: Callable[..., Any], *arguments: Any) -> Any:
    await asyncio.sleep(0)
    return work(*arguments)


QUICK = {
    # No power fails for real, so nothing need reach the disk itself; and nothing waits for the clock.
    "os.fsync": os.fstat,
    "os.RWF_DSYNC": 0,
    "asyncio.to_thread": to_no_thread,
    "journal.local.ThreadPoolExecutor": Inline,
    "journal.local.Committer": InlineCommitter,
    "journal.writer.RIDE": 0.0,
    "journal.book.SAVE_EVERY": 0.0,
    "pipeline.processing.runner.ROUND_SECONDS": 0.0,
}


class Life:
    """nadi from one start to its end: a journal, and what works on it."""

    def __init__(self, journal: LocalJournal, owner: Owner, folder: Path) -> None:
        self.journal = journal
        self.synced: dict[str, int] = {}
        table, sensors = tables()
        self.windows = WindowsProcessor(CONFIG, table, sensors, folder / "chunks")
        ledger, windows = Ledger(table), self.windows
        silence, incidents = Silence(sensors), IncidentsProcessor(table)
        files = (self.sync, windows.saved, windows.memory.chunks.close)
        chain = Chain((windows, ledger), silence, incidents, ledger, *files)
        newest = lambda: journal.stats().last  # noqa: E731
        self.processing = Processing(owner, lambda: chain, Board(table), 10**9, lambda: 0.0, newest)
        self.folder = folder
        self.tasks = [asyncio.create_task(work) for work in (self.processing.run(), self.processing.commit_rounds())]

    def sync(self) -> None:
        """As the real one, and remember what a power failure would leave."""
        self.windows.sync()
        self.synced = sizes(self.folder / "chunks")

    async def end(self) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        await self.journal.close()
        self.processing.chain.close()


def sizes(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_size for path in folder.iterdir()} if folder.exists() else {}
