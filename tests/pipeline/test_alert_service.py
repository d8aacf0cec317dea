"""Channels of alerts in a whole nadi: what one can't do is told, and ends nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import aiomqtt
import pytest

from pipeline.alerting.store import AlertStore
from pipeline.service.lifecycle import Service
from sinks.alerts.desk import Followed
from sinks.alerts.notice import Notice
from tests.pipeline.kit import NOW, Web, running, settings, until
from tests.process import free_port
from tests.servers import Mosquitto
from tests.sinks.alerts.kit import notice
from tests.sinks.alerts.servers import posted


def with_waiting(
    folder: Path,
    *waiting: Notice,
    followed: Iterable[Followed] = (),
    mqtt: dict[str, Any] | None = None,
    **keys: Any,
) -> Service:
    """A nadi whose channel `duty`, having told of `followed`, has not told `waiting` yet when it starts."""
    more = {"mqtt": mqtt} if mqtt else {}
    chosen = settings(folder, alerts=[{"name": "duty"} | keys], **more)
    chosen.state_dir.mkdir(parents=True, exist_ok=True)
    store = AlertStore(chosen.state_dir / "alerts.sqlite")
    store.take("duty", 0, followed, (), waiting)
    store.close()
    return Service(chosen, clock=lambda: NOW)


async def test_a_channel_that_cannot_tell_is_named_but_readings_are_taken_in_all_the_same(tmp_path: Path) -> None:
    service = with_waiting(tmp_path, notice(), type="webhook", url=f"http://127.0.0.1:{free_port()}/hook")
    async with running(service):
        await until(lambda: service.status()["notices"])
        status = service.status()
        (told,) = status["notices"]
        assert told.startswith("alerts over duty wait (1): Cannot connect to host")
        assert not any("alert" in problem for problem in status["problems"])
        assert status["alerts"]["duty"]["waiting"] == 1
        assert (await Web(service).json("/readyz"))["notices"] == [told]


async def test_a_channel_that_raises_does_not_end_nadi_nor_the_next_start(tmp_path: Path) -> None:
    """The check of the settings refuses these addresses; what it does not know must not hurt either."""
    for _ in range(2):
        await raised(with_waiting(tmp_path, notice(), type="email", sender="nadi@[", to=["foo <"], tls="none"))


async def raised(service: Service) -> None:
    async with running(service):
        await until(lambda: service.status()["notices"])
        assert "Error: " in service.status()["alerts"]["duty"]["problem"]


async def test_when_it_can_tell_again_nothing_is_said_any_more(tmp_path: Path) -> None:
    async with posted() as server:
        server.answers.append((500, {}))
        service = with_waiting(tmp_path, notice(), type="webhook", url=server.url)
        async with running(service):
            await until(lambda: service.status()["alerts"]["duty"]["told"])
            assert service.status()["notices"] == []
        assert len(server.requests) == 2


TOPIC = "nadi-out/v1/3578/incidents/river-stage-1"


async def shown(broker: Mosquitto) -> bytes | None:
    """What a display that is switched on now gets."""
    async with aiomqtt.Client("localhost", broker.port) as client:
        await client.subscribe(TOPIC, qos=1)
        await client.subscribe(f"{TOPIC}/last", qos=1)
        await client.publish(f"{TOPIC}/last", b"")  # comes after what is retained
        async for message in client.messages:
            return bytes(message.payload) if str(message.topic) == TOPIC else None
    raise AssertionError


async def until_shown(broker: Mosquitto, wanted: bool) -> None:
    async with asyncio.timeout(30):
        while (await shown(broker) is not None) is not wanted:  # noqa: ASYNC110 - another program's state
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("when", ["under way", "while the broker is away", "between two starts"])
async def test_a_wall_display_shows_no_ghosts(
    tmp_path: Path, make_mosquitto: Callable[..., Mosquitto], when: str
) -> None:
    broker = make_mosquitto(persistence=True).start()
    seen = Followed("river-stage-1", "3578", "disaster", "Manggarai", "river-stage", told="opened", severity=2)
    service = with_waiting(tmp_path, notice(), followed=[seen], mqtt={"url": broker.url}, type="mqtt")
    after = settings(tmp_path, mqtt={"url": broker.url}, alerts=[{"name": "other", "type": "mqtt"}])
    async with running(service):
        await until_shown(broker, True)
        if when == "while the broker is away":
            broker.stop()
            await until(lambda: not service.parts.subscriber.status.connected)
        if when != "between two starts":
            await until(service.parts.processing.caught_up.is_set)
            await service.reloader.reload(lambda: (after, ()))
        if when == "while the broker is away":
            broker.start()
        if when != "between two starts":
            await until_shown(broker, False)
    if when == "between two starts":
        async with running(Service(after, clock=lambda: NOW)):
            await until_shown(broker, False)
