"""Whom alerts are told: Prometheus' Alertmanager, and a server that notes what is posted to it."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.process import Server


class Alertmanager(Server):
    program = "prometheus-alertmanager"

    def command(self) -> Sequence[str]:
        config = self.folder / "alertmanager.yml"
        config.write_text("route: {receiver: nobody}\nreceivers: [{name: nobody}]\n")
        return [
            self.path,
            f"--config.file={config}",
            f"--storage.path={self.folder}/data",
            f"--web.listen-address=127.0.0.1:{self.port}",
            "--cluster.listen-address=",
        ]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def answers(self) -> bool:
        with urllib.request.urlopen(f"{self.url}/-/ready", timeout=5) as answer:
            return bool(answer.status == 200)

    def alerts(self) -> list[dict[str, Any]]:
        """What is active."""
        with urllib.request.urlopen(f"{self.url}/api/v2/alerts", timeout=5) as answer:
            found: list[dict[str, Any]] = json.load(answer)
        return found


@dataclass
class Posted:
    """answers: (status, headers) to give, one a request; then 200."""

    url: str = ""
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    requests: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)

    async def take(self, request: web.Request) -> web.Response:
        self.requests.append((request.path_qs, dict(request.headers), await request.read()))
        status, headers = self.answers.pop(0) if self.answers else (200, {})
        return web.Response(status=status, headers=headers, text="so it is")


@asynccontextmanager
async def posted() -> AsyncIterator[Posted]:
    noted, app = Posted(), web.Application()
    app.router.add_post("/{path:.*}", noted.take)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    noted.url = f"http://{host}:{port}"
    try:
        yield noted
    finally:
        await runner.cleanup()
