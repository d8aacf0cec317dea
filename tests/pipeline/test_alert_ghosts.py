"""What an mqtt channel shows at the broker ends with the channel, and the settings may change at any time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from config.settings import Settings
from journal.entries import Derived
from pipeline.alerting.alerts import Alerts
from pipeline.alerting.store import AlertStore
from telemetry.errors import NadiError
from tests.pipeline.test_alerts import Clock, Log
from tests.sinks.alerts.kit import channel, notice, row

TOPIC = "nadi-out/v1/3578/incidents/burst-1"


@dataclass
class Broker:
    fault: str = ""
    retained: dict[str, bytes] = field(default_factory=dict)
    published: list[tuple[str, bytes]] = field(default_factory=list)

    async def deliver(self, topic: str, payload: bytes, retain: bool) -> str:
        if self.fault:
            return self.fault
        self.published.append((topic, payload))
        if retain:
            self.retained[topic] = payload
            if not payload:
                del self.retained[topic]
        return ""


@dataclass
class Journal:
    logs: dict[str, Log] = field(default_factory=dict)

    def register_cursor(self, name: str, begin: str) -> None:
        self.logs.setdefault(name.removeprefix("alert."), Log())

    def drop_cursor(self, name: str) -> None:
        del self.logs[name.removeprefix("alert.")]

    def reader(self, name: str) -> Log:
        return self.logs[name.removeprefix("alert.")]


def settings(*names: str, **keys: Any) -> Settings:
    """keys: of the last one."""
    channels = [channel(name=name) for name in names[:-1]] + [channel(name=names[-1], **keys)] if names else []
    return Settings.model_construct(alerts=tuple(channels), language="id", timezone="Asia/Jakarta")


@asynccontextmanager
async def running(
    chosen: Settings, store: AlertStore, broker: Broker, journal: Journal | None = None
) -> AsyncIterator[tuple[Alerts, Journal]]:
    journal = journal or Journal()
    clock = Clock()
    alerts = Alerts(journal, store, broker.deliver, clock.sleep, clock)  # type: ignore[arg-type]
    alerts.choose(chosen)
    tasks: list[asyncio.Task[None]] = []

    def start(work: Any, name: str) -> asyncio.Task[None]:
        tasks.append(asyncio.create_task(work, name=name))
        return tasks[-1]

    alerts.start(start)
    try:
        yield alerts, journal
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        faults = [task.exception() for task in tasks if not task.cancelled()]
        assert not any(faults), faults


async def until(condition: Any) -> None:
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110 - other tasks' doing is awaited
            await asyncio.sleep(0)


@pytest.fixture
def store(tmp_path: Path) -> AlertStore:
    return AlertStore(tmp_path / "alerts.sqlite")


def opened() -> Derived:
    return Derived(covers=0, incidents=row())


WEBHOOK = {"type": "webhook", "url": "http://127.0.0.1:9/"}


@pytest.mark.parametrize(
    "after", [settings(), settings("screen"), settings("wall", **WEBHOOK)], ids=["removed", "renamed", "other means"]
)
async def test_a_channel_that_goes_takes_along_what_it_shows(store: AlertStore, after: Settings) -> None:
    broker, before = Broker(), settings("wall")
    async with running(before, store, broker) as (alerts, journal):
        journal.logs["wall"].append(opened())
        await until(lambda: TOPIC in broker.retained)
        await alerts.change(before, after)
        await until(lambda: not broker.retained)
        await until(lambda: not store.ghosts())


async def test_a_channel_removed_between_two_starts_takes_it_along_too(store: AlertStore) -> None:
    broker = Broker()
    async with running(settings("wall"), store, broker) as (_, journal):
        journal.logs["wall"].append(opened())
        await until(lambda: TOPIC in broker.retained)
    async with running(settings("screen"), store, broker):
        await until(lambda: not broker.retained)


async def test_a_broker_that_is_away_is_waited_for_also_by_the_next_process(store: AlertStore) -> None:
    broker, before, after = Broker(), settings("wall"), settings()
    async with running(before, store, broker) as (alerts, journal):
        journal.logs["wall"].append(opened())
        await until(lambda: TOPIC in broker.retained)
        broker.fault = "not connected to the broker"
        await alerts.change(before, after)
        await until(lambda: store.ghosts() == [("3578", "burst-1")])
    async with running(after, store, broker):
        await asyncio.sleep(0.05)
        assert TOPIC in broker.retained
        broker.fault = ""
        await until(lambda: not broker.retained)


async def test_what_another_channel_shows_stays(store: AlertStore) -> None:
    broker, before = Broker(), settings("wall", "screen")
    async with running(before, store, broker) as (alerts, journal):
        for log in journal.logs.values():
            log.append(opened())
        await until(lambda: len(broker.published) == 2)
        await alerts.change(before, settings("screen"))
        await until(lambda: not store.ghosts())
        assert TOPIC in broker.retained


async def test_an_end_that_could_not_be_told_any_more_is_told_all_the_same(store: AlertStore) -> None:
    broker = Broker(retained={TOPIC: b"{}"})
    store.keep_only({"wall": "mqtt"})
    store.take("wall", 1, (), ["burst-1"], [notice(incident="burst-1", event="closed", state="closed")])
    async with running(settings(), store, broker):
        await until(lambda: not broker.retained)


async def test_channels_that_only_tell_leave_nothing_on_show(store: AlertStore) -> None:
    broker = Broker()
    store.keep_only({"hook": "webhook"})
    store.take("hook", 1, (), (), [notice()])
    async with running(settings(), store, broker):
        await asyncio.sleep(0.05)
    assert broker.published == []


async def test_a_memory_that_cannot_be_read_does_not_stop_a_change_of_the_settings(
    store: AlertStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It did: the channel was not made, and the next change found none to end."""
    broker, before, between, after = Broker(), settings("wall"), settings("wall", severity="critical"), settings()
    real, broken = store.followed, False

    def followed(name: str) -> Any:
        if broken:
            raise NadiError("input/output error")
        return real(name)

    monkeypatch.setattr(store, "followed", followed)
    async with running(before, store, broker) as (alerts, _):
        broken = True
        await alerts.change(before, between)
        await until(lambda: alerts.status()["wall"]["problem"] == "input/output error")
        await alerts.change(between, after)
        assert alerts.status() == {}


async def test_a_memory_that_cannot_be_changed_does_not_stop_the_start(
    store: AlertStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_names: object) -> None:
        raise NadiError("no room on the disk")

    monkeypatch.setattr(store, "keep_only", full)
    broker = Broker()
    async with running(settings("wall"), store, broker) as (_, journal):
        journal.logs["wall"].append(opened())
        await until(lambda: TOPIC in broker.retained)
