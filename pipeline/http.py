"""The HTTP server: page, metrics, health, and the JSON behind the page."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from telemetry.errors import NadiError

PAGE = Path(__file__).parent / "page"
SECURITY = {
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


@web.middleware
async def _secure(request: web.Request, handler: Any) -> web.StreamResponse:
    response: web.StreamResponse = await handler(request)
    response.headers.update(SECURITY)
    return response


def _json(value: object, status: int = 200) -> web.Response:
    return web.Response(body=orjson.dumps(value), status=status, content_type="application/json")


def application(
    status: Callable[[], dict[str, Any]], ledger: Callable[[], dict[str, Any]], registry: CollectorRegistry
) -> web.Application:
    """The routes over what the pipeline tells of itself."""

    async def index(request: web.Request) -> web.FileResponse:
        return web.FileResponse(PAGE / "index.html")

    async def healthz(request: web.Request) -> web.Response:
        return web.Response(text="alive\n")

    async def readyz(request: web.Request) -> web.Response:
        now = status()
        answer = {"ready": now["ready"], "problems": now["problems"]}
        return _json(answer, 200 if now["ready"] else 503)

    async def metrics(request: web.Request) -> web.Response:
        return web.Response(body=generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def api_status(request: web.Request) -> web.Response:
        return _json(status())

    async def api_ledger(request: web.Request) -> web.Response:
        return _json(ledger())

    app = web.Application(middlewares=[_secure])
    app.router.add_get("/healthz", healthz)
    app.router.add_get("/readyz", readyz)
    app.router.add_get("/metrics", metrics)
    app.router.add_get("/api/v1/status", api_status)
    app.router.add_get("/api/v1/ledger", api_ledger)
    if PAGE.is_dir():
        app.router.add_get("/", index)
        app.router.add_static("/page/", PAGE)
    return app


class HttpServer:
    """One application on one loopback (or allowed) address."""

    def __init__(self, app: web.Application, listen: str) -> None:
        host, _, port = listen.rpartition(":")
        self.host, self.port = host.strip("[]") or "127.0.0.1", int(port)
        self._runner = web.AppRunner(app, access_log=None)

    async def start(self) -> None:
        """Listen. Raises NadiError when the address can't be had."""
        await self._runner.setup()
        site = web.TCPSite(self._runner, self.host, self.port)
        try:
            await site.start()
        except OSError as error:
            await self._runner.cleanup()
            why = os.strerror(error.errno) if error.errno else str(error)
            raise NadiError(f"can't listen on {self.host}:{self.port}: {why}; choose another address") from error
        self.port = self._runner.addresses[0][1]

    @property
    def address(self) -> str:
        return f"http://{self.host}:{self.port}/"

    async def stop(self) -> None:
        await self._runner.cleanup()
