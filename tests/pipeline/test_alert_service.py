"""Channels of alerts in a whole nadi: what one can't do is told, and ends nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pipeline.alerting.store import AlertStore
from pipeline.service.lifecycle import Service
from sinks.alerts.notice import Notice
from tests.pipeline.kit import NOW, Web, running, settings, until
from tests.process import free_port
from tests.sinks.alerts.kit import notice
from tests.sinks.alerts.servers import posted


def with_waiting(folder: Path, *waiting: Notice, **keys: Any) -> Service:
    """A nadi whose channel `duty` has not told `waiting` yet when it starts."""
    chosen = settings(folder, alerts=[{"name": "duty"} | keys])
    chosen.state_dir.mkdir(parents=True, exist_ok=True)
    store = AlertStore(chosen.state_dir / "alerts.sqlite")
    store.take("duty", 0, (), (), waiting)
    store.close()
    return Service(chosen, clock=lambda: NOW)


async def test_a_channel_that_cannot_tell_is_named_but_readings_are_taken_in_all_the_same(tmp_path: Path) -> None:
    service = with_waiting(tmp_path, notice(), type="webhook", url=f"http://127.0.0.1:{free_port()}/hook")
    async with running(service):
        await until(lambda: service.status()["notices"])
        status = service.status()
        (told,) = status["notices"]
        assert told.startswith("alerts over duty are not told: Cannot connect to host")
        assert told.endswith("(1 wait)")
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
