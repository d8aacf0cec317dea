"""The HTTP server: page, metrics, health, and the JSON behind the page.

           ┌ http.listen ─────▶ access ─▶ guard of POST ─▶ page, /api/v1/…, /metrics, health
Prometheus ┴ http.metrics_listen ─▶ /metrics alone, which tells no secrets
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import orjson
from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from pipeline.refusals.deadletters import Letter
from pipeline.web.access import ROLE, USER, Access
from pipeline.web.incidents import CommandRefused, IncidentDesk
from telemetry.errors import JournalError, NadiError

PAGE: Final = Path(__file__).resolve().parents[1] / "page"
SECURITY: Final = {
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-cache",
}
MOST_LETTERS: Final = 1_000
MOST_INDICATORS: Final = 10_000
MOST_CONNECTIONS: Final = 500
UNGUARDED: Final = frozenset({"/healthz"})
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_CLOSING_SECONDS: Final = 1.0

Told = Callable[[], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Sources:
    """What the pipeline tells and takes. letters: (reason, after, limit); replay: (reason, user)."""

    status: Told
    ledger: Told
    registry: CollectorRegistry
    letters: Callable[[str | None, str | None, int], Awaitable[Sequence[Letter]]]
    replay: Callable[[str | None, str], Awaitable[dict[str, Any]]]
    incidents: IncidentDesk
    indicators: Callable[[], list[dict[str, Any]]] = list


def application(sources: Sources, access: Access | None = None) -> web.Application:
    """The routes; with `access`, for its users only."""
    app = web.Application(middlewares=[*([access.middleware] if access else []), _guard_of(access)])
    app.on_response_prepare.append(_harden)
    app.router.add_get("/healthz", _healthz)
    app.router.add_get("/readyz", _readyz(sources.status, access))
    app.router.add_get("/metrics", _metrics(sources.registry))
    app.router.add_get("/api/v1/status", _told(sources.status))
    app.router.add_get("/api/v1/ledger", _told(sources.ledger))
    app.router.add_get("/api/v1/deadletters", _letters(sources))
    app.router.add_post("/api/v1/deadletters/replay", _replay(sources))
    app.router.add_get("/api/v1/incidents", _told(sources.incidents.told))
    app.router.add_post("/api/v1/incidents/{incident}/{command}", _command(sources.incidents))
    app.router.add_get("/api/v1/indicators", _indicators(sources))
    app.router.add_get("/", _index)
    app.router.add_static("/page/", PAGE)
    return app


def metrics_application(registry: CollectorRegistry) -> web.Application:
    """`/metrics` alone, for an address of its own."""
    app = web.Application()
    app.on_response_prepare.append(_harden)
    app.router.add_get("/metrics", _metrics(registry))
    return app


async def _harden(request: web.Request, response: web.StreamResponse) -> None:
    """Whatever is answered, errors included."""
    response.headers.update(SECURITY)


def _guard_of(access: Access | None) -> Any:
    @web.middleware
    async def guard(request: web.Request, handler: Any) -> web.StreamResponse:
        """Let nobody's web page read or change things in the name of who looks at it."""
        if access is None and request.path not in UNGUARDED and _host_name(request.host) not in _LOOPBACK:
            # Another name that leads here is how a foreign page would make itself this origin.
            raise _refused(
                web.HTTPForbidden, f"without http.users_file nadi answers to localhost only, not to {request.host}"
            )
        if request.method == "POST":
            origin = request.headers.get("Origin")
            if origin is not None and urlsplit(origin).netloc.lower() != request.host.lower():
                raise _refused(web.HTTPForbidden, f"Origin {origin} is not this nadi")
            if request.content_type != "application/json":
                raise _refused(web.HTTPUnsupportedMediaType, "send application/json")
            if access is not None and request.get(ROLE) != "operator":
                raise _refused(
                    web.HTTPForbidden, f"{request.get(USER)} is a {request.get(ROLE)}; this takes an operator"
                )
        response: web.StreamResponse = await handler(request)
        return response

    return guard


def _host_name(host: str) -> str:
    return (urlsplit(f"//{host}").hostname or "").lower()


def _refused(kind: type[web.HTTPError], why: str) -> web.HTTPError:
    return kind(text=orjson.dumps({"error": why}).decode(), content_type="application/json")


def _json(value: object, status: int = 200) -> web.Response:
    return web.Response(body=orjson.dumps(value), status=status, content_type="application/json")


async def _index(request: web.Request) -> web.FileResponse:
    return web.FileResponse(PAGE / "index.html")


async def _healthz(request: web.Request) -> web.Response:
    return web.Response(text="alive\n")


def _readyz(status: Told, access: Access | None) -> Any:
    async def readyz(request: web.Request) -> web.Response:
        now = status()
        answer = {key: now[key] for key in ("ready", "problems", "notices")}
        if access is not None and USER not in request:
            answer = {"ready": now["ready"]}
        return _json(answer, 200 if now["ready"] else 503)

    return readyz


def _metrics(registry: CollectorRegistry) -> Any:
    async def metrics(request: web.Request) -> web.Response:
        return web.Response(body=generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_LATEST})

    return metrics


def _told(source: Told) -> Any:
    async def tell(request: web.Request) -> web.Response:
        return _json(source())

    return tell


def _indicators(sources: Sources) -> Any:
    async def indicators(request: web.Request) -> web.Response:
        """All, or those whose fields are as the query says, as text: `?domain=water&zone=Genteng`."""
        rows = sources.indicators()
        for name, wanted in request.query.items():
            rows = [row for row in rows if str(row.get(name)) == wanted]
        return _json({"indicators": rows[:MOST_INDICATORS], "count": len(rows)})

    return indicators


def _letters(sources: Sources) -> Any:
    async def letters(request: web.Request) -> web.Response:
        limit = request.query.get("limit", "100")
        if not limit.isdecimal() or not 1 <= int(limit) <= MOST_LETTERS:
            raise _refused(web.HTTPBadRequest, f"limit={limit} is not allowed; allowed: 1 to {MOST_LETTERS}")
        try:
            found = await sources.letters(request.query.get("reason"), request.query.get("after"), int(limit))
        except ValueError as error:
            raise _refused(web.HTTPBadRequest, str(error)) from None
        return _json({"letters": [letter.told() for letter in found]})

    return letters


async def _body(request: web.Request) -> Any:
    try:
        return orjson.loads(await request.read() or b"{}")
    except orjson.JSONDecodeError:
        raise _refused(web.HTTPBadRequest, "the body is not JSON") from None


def _command(desk: IncidentDesk) -> Any:
    async def command(request: web.Request) -> web.Response:
        named = request.match_info
        try:
            return _json(
                await desk.command(named["incident"], named["command"], await _body(request), request.get(USER, ""))
            )
        except CommandRefused as refused:
            return _json({"error": str(refused)}, refused.status)
        except JournalError as error:
            raise _refused(web.HTTPServiceUnavailable, str(error)) from error

    return command


def _replay(sources: Sources) -> Any:
    async def replay(request: web.Request) -> web.Response:
        wanted = await _body(request)
        reason = wanted.get("reason") if isinstance(wanted, dict) else wanted
        if reason is not None and not isinstance(reason, str):
            raise _refused(web.HTTPBadRequest, 'write {"reason": "json"}, or {} for all reasons')
        try:
            return _json(await sources.replay(reason, request.get(USER, "")))
        except JournalError as error:
            raise _refused(web.HTTPServiceUnavailable, str(error)) from error

    return replay


def _of_ours(record: logging.LogRecord) -> bool:
    """A request that is not HTTP is its sender's fault: it gets its 400, and no traceback fills our log."""
    return not (record.exc_info and isinstance(record.exc_info[1], HttpProcessingError))


_server_log: Final = logging.getLogger("nadi.http")
_server_log.addFilter(_of_ours)


class _Busy(asyncio.Protocol):
    """Closes a connection as soon as it is made."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.close()


def _runner(app: web.Application) -> web.AppRunner:
    return web.AppRunner(app, access_log=None, logger=_server_log, shutdown_timeout=_CLOSING_SECONDS)


class HttpServer:
    """One application on one address, as host:port or [host]:port."""

    def __init__(self, app: web.Application, listen: str) -> None:
        host, _, port = listen.rpartition(":")
        self.host, self.port = host.strip("[]") or "127.0.0.1", int(port)
        self._listening: asyncio.Server | None = None
        self._runner = _runner(app)

    async def start(self) -> None:
        """Listen. Raises NadiError when the address can't be had."""
        await self._runner.setup()
        try:
            made = await asyncio.get_running_loop().create_server(self._accept, self.host, self.port, backlog=128)
        except OSError as error:
            await self._runner.cleanup()
            why = os.strerror(error.errno) if error.errno else str(error)
            raise NadiError(f"can't listen on {self.host}:{self.port}: {why}; choose another address") from error
        self._listening = made
        self.port = made.sockets[0].getsockname()[1]

    async def serve(self, app: web.Application) -> None:
        """Another application from here on, at the same address. Connections to the former one end."""
        former, fresh = self._runner, _runner(app)
        await fresh.setup()
        self._runner = fresh
        await former.cleanup()

    def _accept(self) -> asyncio.BaseProtocol:
        """A protocol for one more connection. Idle ones cost a file each, which the journal needs too."""
        server = self._runner.server
        assert server is not None
        return server() if len(server.connections) < MOST_CONNECTIONS else _Busy()

    @property
    def address(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}/"

    async def stop(self) -> None:
        if self._listening is not None:
            self._listening.close()
        await self._runner.cleanup()
