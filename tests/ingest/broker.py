"""A broker that does what a test tells it to, packet by packet."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from ingest import wire


class Peer:
    """One client's connection, seen from the broker."""

    def __init__(self, version: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.version = version
        self.reader = reader
        self.writer = writer

    async def receive(self) -> bytes:
        """The next packet, whole; b"" at the end of the stream."""
        data = await self.reader.read(1)
        while data and (packet := wire.frame(data, 0)) is None:
            data += await self.reader.readexactly(1)
        return data + await self.reader.readexactly(packet.end - len(data)) if data and packet else b""

    async def expect(self, head: int) -> bytes:
        """The next packet, which must begin with `head`; pings are answered in passing."""
        while True:
            packet = await asyncio.wait_for(self.receive(), 60)
            if packet == wire.PINGREQ and head != 0xC0:
                self.send(b"\xd0\x00")
                continue
            assert packet, "the client closed the connection"
            assert packet[0] == head, packet
            return packet

    async def acks(self, number: int) -> list[int]:
        """The packet ids of the next PUBACKs."""
        return [int.from_bytes((await self.expect(0x40))[2:4], "big") for _ in range(number)]

    async def quiet(self, seconds: float = 0.05) -> None:
        """Assert that nothing comes for a while, pings apart."""
        try:
            async with asyncio.timeout(seconds):
                while (packet := await self.receive()) == wire.PINGREQ:
                    self.send(b"\xd0\x00")
        except TimeoutError:
            return
        raise AssertionError(f"unexpected: {packet!r}")

    def send(self, data: bytes) -> None:
        self.writer.write(data)

    def connack(self, *, present: bool = False, code: int = 0) -> None:
        properties = b"\x00" if self.version == wire.V5 else b""
        self.send(bytes((0x20, 2 + len(properties), present, code)) + properties)

    def suback(self, request: bytes, *codes: int) -> None:
        properties = b"\x00" if self.version == wire.V5 else b""
        body = request[2:4] + properties + bytes(codes)
        self.send(bytes((0x90, len(body))) + body)

    async def welcome(self, *, present: bool = False) -> bytes:
        """Take CONNECT and SUBSCRIBE, and grant both; of 3.1.1 a session that is present needs no SUBSCRIBE.
        Returns the CONNECT."""
        connect = await self.expect(0x10)
        self.connack(present=present)
        if not present or self.version == wire.V5:
            self.suback(await self.expect(0x82), 1)
        return connect

    def close(self) -> None:
        self.writer.close()


class FakeBroker:
    def __init__(self, version: int) -> None:
        self.version = version
        self.port = 0
        self.peers: asyncio.Queue[Peer] = asyncio.Queue()
        self.all: list[Peer] = []

    @property
    def url(self) -> str:
        return f"mqtt://127.0.0.1:{self.port}"

    async def accept(self) -> Peer:
        """The next client that connects."""
        return await asyncio.wait_for(self.peers.get(), 60)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = Peer(self.version, reader, writer)
        self.all.append(peer)
        await self.peers.put(peer)


@asynccontextmanager
async def fake_broker(version: int) -> AsyncIterator[FakeBroker]:
    broker = FakeBroker(version)
    server = await asyncio.start_server(broker._connected, "127.0.0.1", 0)
    broker.port = server.sockets[0].getsockname()[1]
    try:
        yield broker
    finally:
        server.close()
        for peer in broker.all:
            peer.close()
