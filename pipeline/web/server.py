"""The HTTP server: one application on one address, with a bounded number of connections."""

from __future__ import annotations

import asyncio
import logging
import os
from typing import Final

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from pipeline.web.doors import KEEP_SECONDS, Door, Doors, watch
from telemetry.errors import NadiError

MOST_CONNECTIONS: Final = 500
_CLOSING_SECONDS: Final = 1.0


def _of_ours(record: logging.LogRecord) -> bool:
    """A request that is not HTTP is its sender's fault: it gets its 400, and no traceback fills our log."""
    return not (record.exc_info and isinstance(record.exc_info[1], HttpProcessingError))


_server_log: Final = logging.getLogger("nadi.http")
_server_log.addFilter(_of_ours)


def _runner(app: web.Application) -> web.AppRunner:
    app.middlewares.insert(0, watch)
    return web.AppRunner(
        app, access_log=None, logger=_server_log, shutdown_timeout=_CLOSING_SECONDS, keepalive_timeout=KEEP_SECONDS
    )


class HttpServer:
    """One application on one address, as host:port or [host]:port."""

    def __init__(self, app: web.Application, listen: str) -> None:
        host, _, port = listen.rpartition(":")
        self.host, self.port = host.strip("[]") or "127.0.0.1", int(port)
        self._listening: asyncio.Server | None = None
        self.doors = Doors(MOST_CONNECTIONS)
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
        return Door(self.doors, self._speaker)

    def _speaker(self) -> asyncio.Protocol:
        server = self._runner.server
        assert server is not None
        return server()

    @property
    def address(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}/"

    async def stop(self) -> None:
        if self._listening is not None:
            self._listening.close()
        await self._runner.cleanup()
