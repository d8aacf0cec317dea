"""nadi's page over a made-up status, in a real chromium without a window."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

from aiohttp import web
from prometheus_client import CollectorRegistry

from pipeline.web.http import Sources, application
from pipeline.web.incidents import IncidentDesk
from processors.incidents import IncidentsProcessor
from telemetry.series import SeriesTable
from tests.process import require

Status = Callable[[int], dict[str, Any]]
SECONDS_OF_PAGE_TIME = 6


async def _none(*asked: object) -> Any:
    """The page asks for no dead letters."""
    raise AssertionError(asked)


class FakeNadi:
    """The real HTTP application over a made-up status; it remembers what was asked of it."""

    def __init__(self, status: Status) -> None:
        self.steps = 0
        self.paths: set[str] = set()
        self._make = status

    def status(self) -> dict[str, Any]:
        self.steps += 1
        return self._make(self.steps)

    @contextlib.asynccontextmanager
    async def serving(self) -> AsyncIterator[str]:
        app = application(Sources(self.status, dict, CollectorRegistry(), _none, _none, _no_desk()))

        async def note(request: web.Request, response: web.StreamResponse) -> None:
            self.paths.add(request.path)

        app.on_response_prepare.append(note)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        try:
            yield f"http://127.0.0.1:{runner.addresses[0][1]}/"
        finally:
            await runner.cleanup()


def _no_desk() -> IncidentDesk:
    """The page reads what is in the status; nobody decides anything here."""
    incidents = IncidentsProcessor(SeriesTable())
    return IncidentDesk(lambda: incidents, _none, lambda: 0)


class Shown:
    """What a browser made of the page: its DOM, and what it complained of."""

    def __init__(self, dom: str, console: list[str]) -> None:
        self.dom = dom
        self.console = console

    @property
    def mood(self) -> str:
        found = re.search(r'data-mood="(\w+)"', self.dom)
        assert found, self.dom[:2000]
        return found[1]

    @property
    def text(self) -> str:
        body = self.dom[self.dom.index("<body") :]
        return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", body))


async def browse(address: str, folder: Path, *options: str) -> Shown:
    """Open `address` and let SECONDS_OF_PAGE_TIME pass for it."""
    command = [
        require("chromium"),
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--enable-logging=stderr",
        f"--user-data-dir={folder}/chromium",
        f"--virtual-time-budget={SECONDS_OF_PAGE_TIME * 1000}",
        "--dump-dom",
        *options,
        address,
    ]
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, stdout=pipe, stderr=pipe)
    out, errors = await asyncio.wait_for(process.communicate(), 60)
    console = [line for line in errors.decode(errors="replace").splitlines() if "CONSOLE" in line]
    return Shown(out.decode(), console)
