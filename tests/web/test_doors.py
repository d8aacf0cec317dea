"""Idle connections shut nobody out; streams and connections that are used again stay."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from pipeline.web import answers, doors
from pipeline.web.answers import body_of, told
from pipeline.web.server import HttpServer
from tests.pipeline.kit import until

MOST = 4
SOON = 60.0
"""s; only a test that hangs waits so long."""
GET = b"GET /%s HTTP/1.1\r\nHost: nadi\r\n\r\n"
CLOSED = (ConnectionResetError, asyncio.IncompleteReadError)
Peer = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def hello(request: web.Request) -> web.Response:
    return web.Response(text="alive")


async def stream(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    for _ in range(5):
        await response.write(b": beat\n\n")
        await asyncio.sleep(0.05)
    return response


async def echo(request: web.Request) -> web.Response:
    return told(await body_of(request))


@pytest.fixture
async def server(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[HttpServer]:
    monkeypatch.setattr(answers, "BODY_SECONDS", 0.3)
    app = web.Application()
    app.router.add_get("/healthz", hello)
    app.router.add_get("/events", stream)
    app.router.add_post("/echo", echo)
    # All of this machine, as a server that listens for others does: 127.0.0.2 is another address.
    made = HttpServer(app, "0.0.0.0:0")
    made.doors.most = MOST
    await made.start()
    yield made
    await made.stop()


def wait_out_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put the loop's clock on by more than FIRST_SECONDS, which no test takes however slow the machine is."""
    loop = asyncio.get_running_loop()
    real = loop.time
    monkeypatch.setattr(loop, "time", lambda: real() + doors.FIRST_SECONDS + 1)


async def connect(server: HttpServer, address: str = "127.0.0.1") -> Peer:
    return await asyncio.open_connection("127.0.0.1", server.port, local_addr=(address, 0))


async def ask(peer: Peer, path: bytes = b"healthz") -> bytes:
    reader, writer = peer
    async with asyncio.timeout(SOON):
        writer.write(GET % path)
        await writer.drain()
        head = await reader.readuntil(b"\r\n\r\n")
        return head.split(b"\r\n")[0] + (await reader.readexactly(5) if path == b"healthz" else b"")


async def test_what_sends_no_whole_request_is_closed_and_makes_room(
    server: HttpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = [await connect(server) for _ in range(MOST)]
    held[0][1].write(b"GET /healthz HTTP/1.1\r\nHo")  # a head that never ends
    await until(lambda: len(server.doors._open) == MOST)
    wait_out_the_first(monkeypatch)
    async with asyncio.timeout(SOON):
        for reader, _ in held:
            with pytest.raises(CLOSED):
                await reader.readexactly(1)
        assert b"200" in await ask(await connect(server))


async def test_a_stream_and_a_connection_that_is_kept_outlast_it(
    server: HttpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, listener = await connect(server), await connect(server)
    assert b"200" in await ask(kept)
    assert b"200" in await ask(listener, b"events")
    wait_out_the_first(monkeypatch)
    async with asyncio.timeout(SOON):
        await listener[0].readuntil(b"0\r\n\r\n")
    assert b"200 OKalive" in await ask(kept)


async def test_whoever_holds_all_places_loses_one_to_somebody_else(server: HttpServer) -> None:
    greedy = [await connect(server, "127.0.0.2") for _ in range(MOST)]
    for peer in greedy:
        assert b"200" in await ask(peer)
    another = await connect(server, "127.0.0.1")
    assert b"200" in await ask(another)
    with pytest.raises(CLOSED):
        await greedy[0][0].readexactly(1)
    assert b"200" in await ask(greedy[1])
    with pytest.raises(CLOSED):
        await ask(await connect(server, "127.0.0.2"))


async def test_nobody_loses_what_is_being_served(server: HttpServer) -> None:
    streams = [await connect(server, "127.0.0.2") for _ in range(MOST)]
    for peer in streams:
        assert b"200" in await ask(peer, b"events")
    with pytest.raises(CLOSED):
        await ask(await connect(server, "127.0.0.1"))
    assert server.doors.most == MOST == sum(server.doors._by_address.values())


async def test_a_body_that_does_not_come_is_not_waited_for(server: HttpServer) -> None:
    reader, writer = await connect(server)
    writer.write(b"POST /echo HTTP/1.1\r\nHost: nadi\r\nContent-Length: 9\r\n\r\n{")
    async with asyncio.timeout(SOON):
        assert b"408" in await reader.readline()


@pytest.mark.parametrize(
    ("peer", "whose"),
    [
        (("192.0.2.7", 5), "192.0.2.7"),
        (("::ffff:192.0.2.7", 5, 0, 0), "192.0.2.7"),
        (("2001:db8:1:2:3:4:5:6", 5, 0, 0), "2001:db8:1:2::/64"),
        (("fe80::1%eth0", 5, 0, 0), "fe80::/64"),
        (None, ""),
    ],
)
def test_a_network_of_ipv6_is_one_address(peer: object, whose: str) -> None:
    assert doors._network(peer) == whose
