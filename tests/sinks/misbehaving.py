"""A TCP server that answers HTTP requests as a script says, however badly.

async with Misbehaving([status(204), reset(), hang()]) as server: ...   # server.url, server.requests
"""

from __future__ import annotations

import asyncio
import gzip
import socket
import struct
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from urllib.parse import parse_qs, urlsplit

Act = Callable[["Request", asyncio.StreamWriter], Awaitable[None]]


@dataclass(frozen=True)
class Request:
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(urlsplit(self.target).query).items()}

    @property
    def text(self) -> str:
        packed = self.headers.get("content-encoding") == "gzip"
        return (gzip.decompress(self.body) if packed else self.body).decode()


def status(code: int, body: str = "", **headers: str) -> Act:
    """An ordinary answer."""

    async def act(request: Request, writer: asyncio.StreamWriter) -> None:
        lines = [f"HTTP/1.1 {code} Said", f"Content-Length: {len(body.encode())}"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        writer.write(("\r\n".join(lines) + "\r\n\r\n" + body).encode())
        await writer.drain()

    return act


def drop() -> Act:
    """Takes the request and closes the connection without an answer."""

    async def act(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.close()

    return act


def reset() -> Act:
    """Takes the request and resets the connection."""

    async def act(request: Request, writer: asyncio.StreamWriter) -> None:
        sock: socket.socket = writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()

    return act


def hang() -> Act:
    """Never answers."""

    async def act(request: Request, writer: asyncio.StreamWriter) -> None:
        await asyncio.Event().wait()

    return act


def drip(code: int = 400) -> Act:
    """Answers a byte at a time, for ever."""

    async def act(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(f"HTTP/1.1 {code} Said\r\nContent-Length: 1000000\r\n\r\n".encode())
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.01)

    return act


def flood(code: int = 400) -> Act:
    """Answers without an end."""

    async def act(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(f"HTTP/1.1 {code} Said\r\nContent-Length: 1000000000000\r\n\r\n".encode())
        while True:
            writer.write(b"x" * 65536)
            await writer.drain()

    return act


def outlasting(act: Act, seconds: float) -> Act:
    """Does so until who asks, in the same loop, has lost patience: its clock is put on by so much. So a patience can
    be so long that no honest answer outlasts it, however slow the machine is."""

    async def outlast(request: Request, writer: asyncio.StreamWriter) -> None:
        loop = asyncio.get_running_loop()
        before = loop.time
        loop.time = lambda: before() + seconds  # type: ignore[method-assign]
        await act(request, writer)

    return outlast


def nonsense() -> Act:
    """Bytes that are not HTTP."""

    async def act(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(b"\x00\x01SSH-2.0 what?\r\n\r\n")
        await writer.drain()
        writer.close()

    return act


@dataclass
class Misbehaving:
    """`script` gives the next answers; afterwards all is well (204)."""

    script: Sequence[Act] = ()
    requests: list[Request] = field(default_factory=list)

    async def __aenter__(self) -> Misbehaving:
        self._left = list(self.script)
        self._tasks: set[asyncio.Task[None]] = set()
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            while not writer.is_closing():
                request = await _read(reader)
                self.requests.append(request)
                act = self._left.pop(0) if self._left else status(204)
                await act(request, writer)
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()


async def _read(reader: asyncio.StreamReader) -> Request:
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    first, *lines = head.strip().split("\r\n")
    headers = {name.lower(): value.strip() for name, value in (line.split(":", 1) for line in lines)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Request(first.split()[1], headers, body)
