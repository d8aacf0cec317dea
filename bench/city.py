"""The surroundings of a pipeline under measurement, in a process of their own: a broker that
hands over ready-made PUBLISH packets as fast as they are acknowledged, and a store that takes
everything. Neither is a real server: what they do costs the pipeline's process nothing.

    python -m bench.city --readings 1000000 --series 10000    prints its ports, then a summary
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
import zlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field

QUANTITIES = ("flow", "pressure", "level", "turbidity", "ph", "chlorine")
SENSOR_INTERVAL_MS = 10_000


@dataclass(slots=True)
class Plan:
    """What the gateways send: readings in all, over series, so many a message."""

    readings: int = 1_000_000
    series: int = 10_000
    values: int = 1
    pack: int = 1
    qos: int = 1
    rate: int = 0
    """Readings/s; 0: as fast as they are acknowledged."""
    window: int = 10_000
    """Messages in flight, unless the client asks for less."""
    signed: bool = False
    """Messages carry the gateway's name and counter."""
    live: bool = False
    """Stamp with the present time instead of sensors at 10 s from the past on."""


@dataclass(slots=True)
class Seen:
    """What came back."""

    connected: float = 0.0
    first_ack: float = 0.0
    last_ack: float = 0.0
    sent: int = 0
    acks: int = 0
    requests: int = 0
    lines: int = 0
    bytes: int = 0
    compressed: int = 0
    last_write: float = 0.0
    samples: list[float] = field(default_factory=list)


def length(number: int) -> bytes:
    """MQTT's variable byte integer."""
    out = bytearray()
    while True:
        number, low = divmod(number, 128)
        out.append(low | (128 if number else 0))
        if not number:
            return bytes(out)


def payload(plan: Plan, device: int, when: int, turn: int) -> bytes:
    """One message: `pack` readings of `values` quantities each, as a gateway would write it."""
    texts = []
    # A gateway of 100 devices sends them in turn, so its counter grows by one a message.
    signature = f',"gw":"gw-{device // 100:03d}","seq":{turn * 100 + device % 100}' if plan.signed else ""
    for number in range(plan.pack):
        ts = when + number * SENSOR_INTERVAL_MS
        values = ",".join(
            f'"{QUANTITIES[q]}":{20 + (device * 7 + turn * 13 + number * 5 + q) % 997 / 100:.2f}'
            for q in range(plan.values)
        )
        texts.append(f'{{"ts":{ts},"values":{{{values}}}{signature}}}')
    return (texts[0] if plan.pack == 1 else f"[{','.join(texts)}]").encode()


def packets(plan: Plan, protocol: int, start: int) -> Iterator[tuple[bytes, int]]:
    """(bytes of up to 1,000 PUBLISH packets, how many) until all readings are out."""
    devices = max(1, plan.series // plan.values)
    topics = [f"nadi/v1/3578/water/zone-{d % 31:02d}/meter-{d:06d}".encode() for d in range(devices)]
    properties = b"\x00" if protocol == 5 else b""
    sent, turn, packet_id, joined, count = 0, 0, 0, [], 0
    while sent < plan.readings:
        for device in range(devices):
            when = start + (turn * plan.pack) * SENSOR_INTERVAL_MS + device % 10_000
            if plan.live:
                when = int(time.time() * 1000)
            packet_id = packet_id % 65_535 + 1
            topic = topics[device]
            body = len(topic).to_bytes(2, "big") + topic
            if plan.qos:
                body += packet_id.to_bytes(2, "big")
            body += properties + payload(plan, device, when, turn)
            joined.append(bytes([0x30 | plan.qos << 1]) + length(len(body)) + body)
            count += 1
            sent += plan.values * plan.pack
            if count == 1000 or sent >= plan.readings:
                yield b"".join(joined), count
                joined, count = [], 0
            if sent >= plan.readings:
                return
        turn += 1


class Broker(asyncio.Protocol):
    """Just enough of a broker for one subscriber; packets of the subscriber are never split
    over many small writes, so that reading them costs this process little."""

    def __init__(self, plan: Plan, seen: Seen, chunks: dict[int, list[tuple[bytes, int]]]) -> None:
        self.plan, self.seen, self.chunks = plan, seen, chunks
        self.protocol, self.window = 5, plan.window
        self.room = asyncio.Event()
        self.writable = asyncio.Event()
        self.writable.set()
        self.buffer = b""
        self.task: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def pause_writing(self) -> None:
        self.writable.clear()

    def resume_writing(self) -> None:
        self.writable.set()

    def data_received(self, data: bytes) -> None:
        data = self.buffer + data
        at, size = 0, len(data)
        while size - at >= 4:
            if data[at] == 0x40:
                run = at
                while size - run >= 4 and data[run] == 0x40 and data[run + 1] == 2:
                    run += 4
                if run == at:
                    at += 2 + data[at + 1]
                    self.acked(1)
                else:
                    self.acked((run - at) // 4)
                    at = run
                continue
            end = self.control(data, at)
            if end > size:
                break
            at = end
        if 0 < size - at < 4 and data[at] == 0xC0 and size - at >= 2:
            self.transport.write(b"\xd0\x00")
            at += 2
        self.buffer = data[at:]

    def acked(self, number: int) -> None:
        self.seen.acks += number
        self.seen.last_ack = time.time()
        self.seen.first_ack = self.seen.first_ack or self.seen.last_ack
        self.room.set()

    def control(self, data: bytes, at: int) -> int:
        """CONNECT, SUBSCRIBE, PINGREQ, PUBLISH of receipts, DISCONNECT; where it ends."""
        shift, remaining, here = 0, 0, at + 1
        while True:
            remaining |= (data[here] & 127) << shift
            shift += 7
            here += 1
            if not data[here - 1] & 128:
                break
        end = here + remaining
        if end > len(data):
            return end
        kind = data[at] >> 4
        if kind == 1:
            self.protocol = data[here + 6]
            self.seen.connected = time.time()
            self.transport.write(b"\x20\x03\x01\x00\x00" if self.protocol == 5 else b"\x20\x02\x01\x00")
        elif kind == 8:
            packet_id = data[here : here + 2]
            self.transport.write(
                b"\x90\x04" + packet_id + b"\x00\x01" if self.protocol == 5 else b"\x90\x03" + packet_id + b"\x01"
            )
        elif kind == 12:
            self.transport.write(b"\xd0\x00")
        elif kind == 3 and data[at] & 6:
            topic = int.from_bytes(data[here : here + 2], "big")
            self.transport.write(b"\x40\x02" + data[here + 2 + topic : here + 4 + topic])
        if kind in (1, 8) and self.task is None:
            self.task = asyncio.get_running_loop().create_task(self.send())
        return end

    async def send(self) -> None:
        # A session that is resumed is not subscribed anew, so sending starts after CONNECT;
        # a moment lets a SUBSCRIBE be answered first.
        await asyncio.sleep(0.2)
        began, due = time.time(), 0
        for data, count in self.chunks[self.protocol]:
            while self.plan.qos and self.seen.sent + count - self.seen.acks > self.window:
                self.room.clear()
                await self.room.wait()
            await self.writable.wait()
            if self.plan.rate:
                due += count * self.plan.values * self.plan.pack
                await asyncio.sleep(max(0.0, began + due / self.plan.rate - time.time()))
            self.transport.write(data)
            self.seen.sent += count


class Store(asyncio.Protocol):
    """Answers 204 to every POST, counting lines; 200 to anything else."""

    def __init__(self, seen: Seen) -> None:
        self.seen = seen
        self.buffer = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while (head := self.buffer.find(b"\r\n\r\n")) >= 0:
            headers = bytes(self.buffer[:head]).lower()
            size = 0
            for line in headers.split(b"\r\n"):
                if line.startswith(b"content-length:"):
                    size = int(line[15:])
            if len(self.buffer) < head + 4 + size:
                return
            body = bytes(self.buffer[head + 4 : head + 4 + size])
            del self.buffer[: head + 4 + size]
            if headers.startswith(b"post"):
                self.count(body, b"content-encoding: gzip" in headers)
                self.transport.write(b"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n")
            else:
                self.transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")

    def count(self, body: bytes, packed: bool) -> None:
        self.seen.compressed += len(body)
        text = zlib.decompress(body, 31) if packed else body
        self.seen.bytes += len(text)
        self.seen.lines += text.count(b"\n") + (not text.endswith(b"\n"))
        self.seen.requests += 1
        self.seen.last_write = time.time()


async def main() -> None:
    """Serve until standard input closes, then print what was seen."""
    parser = argparse.ArgumentParser()
    for name, default in asdict(Plan()).items():
        if isinstance(default, bool):
            parser.add_argument(f"--{name}", action="store_true")
        else:
            parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--protocol", type=int, default=5)
    options = vars(parser.parse_args())
    protocol = options.pop("protocol")
    plan, seen = Plan(**options), Seen()
    span = plan.readings // max(1, plan.series) * SENSOR_INTERVAL_MS
    start = int(time.time() * 1000) - span - 3_600_000
    source = packets(plan, protocol, start // 60_000 * 60_000)
    # Packets stamped with the present are made when they are sent; others ahead.
    chunks: dict[int, list[tuple[bytes, int]]] = {protocol: source if plan.live else list(source)}  # type: ignore[dict-item]
    loop = asyncio.get_running_loop()
    broker = await loop.create_server(lambda: Broker(plan, seen, chunks), "127.0.0.1", 0)
    store = await loop.create_server(lambda: Store(seen), "127.0.0.1", 0)
    ports = {"mqtt": broker.sockets[0].getsockname()[1], "http": store.sockets[0].getsockname()[1]}
    print(json.dumps(ports), flush=True)
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        if line.strip() == "seen":
            print(json.dumps(asdict(seen)), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
