"""A running subscriber, with a journal that does what a test tells it to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from config.settings import LimitSettings, MqttSettings, Settings
from ingest.retry import Retry, Waits
from ingest.subscriber import Subscriber
from journal.entries import ReadingsEntry
from telemetry.sensors import SensorTable
from telemetry.series import SeriesTable
from tests.ingest.kit import NOW

QUICK = Waits(first=0.001, most=0.01, slow=0.05, takeover=0.001)


class Commits:
    """Takes entries; waits while `gate` is shut; raises what is in `problems`, one each."""

    def __init__(self) -> None:
        self.entries: list[ReadingsEntry] = []
        self.attempts = 0
        self.gate = asyncio.Event()
        self.gate.set()
        self.problems: list[Exception] = []
        self.changed = asyncio.Condition()

    async def __call__(self, entry: ReadingsEntry) -> None:
        self.attempts += 1
        await self._notify()
        await self.gate.wait()
        if self.problems:
            raise self.problems.pop(0)
        self.entries.append(entry)
        await self._notify()

    async def _notify(self) -> None:
        async with self.changed:
            self.changed.notify_all()

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(60), self.changed:
            await self.changed.wait_for(condition)

    @property
    def values(self) -> list[float]:
        return [value for entry in self.entries for value in entry.readings.value.tolist()]


class Bench:
    """Makes subscribers and runs them; all are cancelled at the end of the test."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.commits = Commits()
        self.now = NOW
        self.tasks: list[asyncio.Task[None]] = []

    def start(self, url: str, version: str = "5", *, limits: dict[str, Any] | None = None, **mqtt: Any) -> Subscriber:
        settings = Settings(
            mqtt=MqttSettings(url=url, protocol=version, **mqtt),
            limits=LimitSettings(**{"gateway_rate": 1_000_000, **(limits or {})}),
            state_dir=self.folder,
        )
        table = SeriesTable()
        subscriber = Subscriber(settings, table, SensorTable(table), self.commits, lambda: self.now)
        subscriber.retry = Retry(subscriber.state.client_id, QUICK)
        self.tasks.append(asyncio.create_task(subscriber.run(), name="subscriber"))
        return subscriber


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    made = Bench(tmp_path)
    yield made
    for task in made.tasks:
        task.cancel()
    await asyncio.gather(*made.tasks, return_exceptions=True)


async def until(condition: Callable[[], object]) -> None:
    """Wait for something that only polling shows."""
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.002)
