"""The stream of events: what a page hears, misses and is told again, and how many may listen."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from pipeline.web import events
from pipeline.web.events import QUEUED, Hub


class Site:
    """A hub behind HTTP. allowed: whether who listens may go on."""

    def __init__(self) -> None:
        self.greeted = 0
        self.allowed = True
        self.hub = Hub(self._greet)
        self.address = ""

    def _greet(self) -> dict[str, Any]:
        self.greeted += 1
        return {"greeting": self.greeted}

    async def stream(self, request: web.Request) -> web.StreamResponse:
        return await self.hub.stream(request, lambda _: self.allowed)

    async def events(self, count: int, last: str | None = None) -> list[dict[str, Any]]:
        """The first `count` events of a new stream: name, id, data. Fails after a minute."""
        headers = {"Last-Event-ID": last} if last else {}
        async with (
            asyncio.timeout(60),
            aiohttp.ClientSession() as session,
            session.get(self.address, headers=headers) as answer,
        ):
            assert answer.headers["Content-Type"].startswith("text/event-stream")
            read = b""
            while len(told := parsed(read)) < count:
                read += await answer.content.readany()
            return told[:count]

    async def heard(self, listeners: int) -> None:
        async with asyncio.timeout(60):
            while len(self.hub.listeners) < listeners:  # noqa: ASYNC110 - the listener has no event of its own
                await asyncio.sleep(0.01)


def parsed(read: bytes) -> list[dict[str, Any]]:
    told = []
    for block in read.decode().split("\n\n")[:-1]:
        fields = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line and line[0] != ":")
        if "event" in fields:
            told.append({"event": fields["event"], "id": fields.get("id"), "data": json.loads(fields["data"])})
    return told


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    made = Site()
    app = web.Application()
    app.router.add_get("/", made.stream)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.address = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    yield made
    made.hub.end()
    await runner.cleanup()


async def test_who_comes_is_greeted_and_then_told(site: Site) -> None:
    reading = asyncio.create_task(site.events(3))
    await site.heard(1)
    site.hub.publish("incidents", {"n": 1})
    site.hub.pulse({"now": 5})
    told = await reading
    assert [each["event"] for each in told] == ["hello", "incidents", "pulse"]
    assert [each["data"] for each in told] == [{"greeting": 1}, {"n": 1}, {"now": 5}]
    assert told[2]["id"] is None, "a pulse is not remembered"


async def test_who_comes_back_is_told_what_was_missed_and_no_more(site: Site) -> None:
    (hello,) = await site.events(1)
    for number in range(3):
        site.hub.publish("incidents", {"n": number})
        site.hub.pulse({})
    missed = await site.events(3, last=hello["id"])
    assert [each["data"] for each in missed] == [{"n": 0}, {"n": 1}, {"n": 2}]
    (last,) = await site.events(1, last=missed[1]["id"])
    assert last["data"] == {"n": 2}
    assert site.greeted == 1


@pytest.mark.parametrize("last", ["", "x", "other-1", "{era}-99", "{era}--1", "{era}-²", "{era}-" + "9" * 40])
async def test_who_comes_with_an_odd_id_is_greeted(site: Site, last: str) -> None:
    (hello,) = await site.events(1)
    era = hello["id"].partition("-")[0]
    (again,) = await site.events(1, last=last.format(era=era))
    assert again["event"] == "hello"


async def test_who_missed_more_than_is_remembered_is_greeted(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    (hello,) = await site.events(1)
    for number in range(events.REMEMBERED + 1):
        site.hub.publish("incidents", number)
    assert (await site.events(1, last=hello["id"]))[0]["event"] == "hello"
    site.hub.forget()
    assert (await site.events(1, last=hello["id"]))[0]["event"] == "hello"


async def test_only_so_many_may_listen(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "MOST_LISTENERS", 2)
    async with aiohttp.ClientSession() as session:
        held = [await session.get(site.address) for _ in range(2)]
        refused = await session.get(site.address)
        assert (refused.status, refused.headers["Retry-After"]) == (503, "10")
        for each in held:
            each.close()
    async with asyncio.timeout(60):
        while site.hub.listeners:
            site.hub.pulse({})
            await asyncio.sleep(0.01)


async def test_who_does_not_read_is_cut_off(site: Site) -> None:
    listener = events.Listener()
    site.hub.listeners.add(listener)
    for number in range(QUEUED + 1):
        site.hub.publish("incidents", number)
    assert listener not in site.hub.listeners
    assert await listener.queue.get() is None, "its stream ends"


async def test_silence_is_filled_with_beats(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "BEAT_SECONDS", 0.01)
    async with asyncio.timeout(60), aiohttp.ClientSession() as session, session.get(site.address) as answer:
        read = b""
        while read.count(b": beat\n\n") < 3:
            read += await answer.content.readany()


async def test_a_stream_ends_with_the_right_to_it(site: Site) -> None:
    async with asyncio.timeout(60), aiohttp.ClientSession() as session, session.get(site.address) as answer:
        await site.heard(1)
        site.allowed = False
        site.hub.publish("incidents", {"secret": True})
        assert b"secret" not in await answer.content.read()
