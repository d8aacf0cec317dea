"""A whole nadi in this process, without a broker: what a gateway would send is admitted at the gate."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from config.settings import Settings
from ingest import wire
from journal.entries import ReadingsEntry
from pipeline.service.lifecycle import Service

NOW = 1_763_769_600_000
NOBODY = "mqtt://127.0.0.1:1"
"""An address where no broker is."""


def settings(folder: Path, **more: Any) -> Settings:
    """Short windows, the embedded store, any free port; `more` are sections as in the YAML file."""
    tree = {
        "mqtt": {"url": NOBODY},
        "historian": str(folder / "history.duckdb"),
        "state_dir": str(folder / "state"),
        "http": {"listen": "127.0.0.1:0"},
        "windows": ["1s", "5s"],
        "grace": "1s",
        "idle_close": "2s",
        "lateness": "10m",
        "shutdown_timeout": "1m",
    }
    return Settings.model_validate(tree | more)


@asynccontextmanager
async def running(service: Service) -> AsyncIterator[Service]:
    """`service` while it runs; stopped at the end, if it has not ended by itself."""
    task = asyncio.create_task(service.run())
    started = asyncio.create_task(service.started.wait())
    await asyncio.wait((task, started), return_when=asyncio.FIRST_COMPLETED)
    started.cancel()
    if task.done():
        await task
    try:
        yield service
    finally:
        service.stop()
        await task


async def until(condition: Callable[[], object], seconds: float = 60.0) -> None:
    """Wait for what other tasks bring about."""
    deadline = asyncio.get_running_loop().time() + seconds
    while not condition():
        assert asyncio.get_running_loop().time() < deadline, "not reached in time"
        await asyncio.sleep(0.01)


async def send(service: Service, *messages: tuple[str, dict[str, Any] | bytes], city: str = "3578") -> None:
    """As the subscriber does with what a broker delivers: (device's topic beyond the city, payload)."""
    subscriber = service.parts.subscriber
    packets = [
        wire.publish(
            wire.V5, f"nadi/v1/{city}/{place}", payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        )
        for place, payload in messages
    ]
    scanned = subscriber.scanner.scan(b"".join(packets), service.clock())
    await service.parts.gate.admit(
        ReadingsEntry(
            scanned.readings,
            service.parts.table.drain(),
            scanned.sequences,
            scanned.refusals,
            scanned.messages,
        )
    )


async def processed(service: Service) -> None:
    """Everything admitted so far has its results stored."""
    async with asyncio.timeout(60):
        await service.parts.processing.reached(service.parts.gate.last)


class Web:
    """Asks `service` over HTTP."""

    def __init__(self, service: Service) -> None:
        self.base = service.http.address.rstrip("/")

    async def ask(
        self, path: str, *, method: str = "GET", headers: dict[str, str] | None = None, body: object = None
    ) -> tuple[int, dict[str, str], str]:
        """Status, headers, text."""
        async with (
            aiohttp.ClientSession() as session,
            session.request(method, self.base + path, headers=headers, json=body) as answer,
        ):
            return answer.status, dict(answer.headers), await answer.text()

    async def json(self, path: str) -> Any:
        return json.loads((await self.ask(path))[2])
