"""What writing costs: microseconds of CPU (user and system, all threads) per reading or row.

    python -m bench.sinks

Lines and gzip alone, beside influxdb-client's Point; then the direct POST beside
influxdb-client's own write path given the same lines; then the historian.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import numpy as np
from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.client.influxdb_client_async import InfluxDBClientAsync
from influxdb_client.client.write.point import Point
from influxdb_client.client.write_api import SYNCHRONOUS
from influxdb_client.domain.write_precision import WritePrecision

from config.settings import HistorianSettings, InfluxSettings
from sinks import compression
from sinks.base import Delivery, Written
from sinks.historian import Historian
from sinks.influx import InfluxSink, Lines
from sinks.lineprotocol import LineEncoder
from telemetry.batch import Readings, Windows
from telemetry.series import DOMAINS, Identity, SeriesTable

SERIES = 10_000
ROWS = 16_384
TIME = 1_763_769_600_000
ROUNDS = 15
REQUESTS = 40


def city(series: int = SERIES) -> SeriesTable:
    table = SeriesTable()
    for number in range(series):
        table.intern(Identity("3578", DOMAINS[number % 4], f"kecamatan-{number % 31}", f"dev-{number:06}", "flow"))
    return table


def readings(rows: int = ROWS, series: int = SERIES) -> Readings:
    chance = np.random.default_rng(1)
    return Readings(
        series=chance.integers(0, series, rows).astype(np.int32),
        time=TIME + chance.integers(0, 10_000, rows),
        value=np.round(chance.normal(100, 20, rows), 2),
        flags=np.zeros(rows, np.uint32),
        arrival=np.full(rows, TIME),
        gateway=np.full(rows, -1, np.int32),
    )


def windows(rows: int = SERIES) -> Windows:
    """Six readings a window; a quarter of the series are counters, one window in a hundred is empty."""
    chance = np.random.default_rng(2)
    raw = np.round(chance.normal(100, 20, (6, rows)), 2)
    empty = chance.random(rows) < 0.01
    found = [raw.mean(0), raw.min(0), raw.max(0), raw.std(0), raw[0], raw[-1], *np.percentile(raw, (50, 95), axis=0)]
    mean, low, high, std, first, last, p50, p95 = (np.where(empty, np.nan, column) for column in found)
    return Windows(
        length=60_000,
        series=np.arange(rows, dtype=np.int32),
        start=np.full(rows, TIME),
        count=np.where(empty, 0, 6),
        mean=mean,
        min=low,
        max=high,
        std=std,
        first=first,
        last=last,
        p50=p50,
        p95=p95,
        delta=np.where(np.arange(rows) % 4 == 1, last - first, np.nan),
        expected=np.full(rows, 6),
        completeness=np.where(empty, 0.0, 100.0),
        failed=np.zeros(rows, np.int64),
        revision=np.zeros(rows, np.int64),
    )


def each(work: Callable[[], object], rows: int, rounds: int = ROUNDS) -> float:
    """Microseconds of CPU per row: the median of `rounds`, after one to warm up."""
    work()
    spent = []
    for _ in range(rounds):
        before = time.process_time()
        work()
        spent.append(time.process_time() - before)
    return round(float(np.median(spent)) / rows * 1e6, 3)


def lines() -> dict[str, float]:
    table, raw, rows = city(), readings(), windows()
    encoder = LineEncoder(table)
    sink = InfluxSink(InfluxSettings(), table)
    data = b"".join(text for text, _ in encoder.readings(raw))
    wide = readings(series=100_000)
    wide_encoder = LineEncoder(city(100_000))
    return {
        "raw reading": each(lambda: list(encoder.readings(raw)), ROWS),
        "raw reading, 100,000 series": each(lambda: list(wide_encoder.readings(wide)), ROWS),
        "window row": each(lambda: list(encoder.windows(rows)), SERIES),
        "gzip of a raw reading, isal": each(lambda: compression.best()(data), ROWS),
        "gzip of a raw reading, zlib": each(lambda: compression.by_zlib(data), ROWS),
        "encode and gzip a delivery, per reading": each(lambda: _whole(sink, raw), ROWS),
        "influxdb-client Point and its line, per reading": each(lambda: _points(table, raw), ROWS, 3),
    }


def _whole(sink: InfluxSink, raw: Readings) -> None:
    compress = compression.best()
    for piece in sink.encode(Delivery(raw)):
        assert isinstance(piece, Lines)
        compress(piece.data)


def _points(table: SeriesTable, raw: Readings) -> bytes:
    made = []
    for number, moment, value in zip(raw.series.tolist(), raw.time.tolist(), raw.value.tolist(), strict=True):
        identity = table.identities[number]
        assert identity is not None
        point: Any = Point(identity.domain)  # type: ignore[no-untyped-call]
        point.tag("city", identity.city).tag("zone", identity.zone).tag("device", identity.device)
        point.tag("quantity", identity.quantity).field("value", value).field("flags", 0)
        made.append(point.time(moment, WritePrecision.MS).to_line_protocol())
    return "\n".join(made).encode()


def _serve(port: multiprocessing.Queue[int]) -> None:
    """A server that takes anything and answers 204, in a process of its own."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                length = int(head.split(b"content-length:")[1].split(b"\r\n")[0])
                while length:
                    length -= len(await reader.read(length))
                writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def serve() -> None:
        server = await asyncio.start_server(answer, "127.0.0.1", 0, limit=2**20)
        port.put(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(serve())


def requests(rows: int) -> dict[str, dict[str, float]]:
    """CPU per reading of posting the same encoded lines, `rows` a request, with gzip and without."""
    table, raw = city(), readings(rows)
    data = b"".join(text for text, _ in LineEncoder(table).readings(raw))
    ports: multiprocessing.Queue[int] = multiprocessing.Queue()
    server = multiprocessing.Process(target=_serve, args=(ports,), daemon=True)
    server.start()
    url = f"http://127.0.0.1:{ports.get()}"
    ways = {"aiohttp, direct": _direct, "influxdb-client[async]": _client_async, "influxdb-client": _client}
    try:
        return {
            name: {
                text: asyncio.run(way(url, data, rows, packed)) for text, packed in (("gzip", True), ("plain", False))
            }
            for name, way in ways.items()
        }
    finally:
        server.terminate()
        server.join()


async def _cost(post: Callable[[], Awaitable[object]], rows: int) -> float:
    await post()
    before = time.process_time()
    for _ in range(REQUESTS):
        await post()
    return round((time.process_time() - before) / REQUESTS / rows * 1e6, 3)


async def _direct(url: str, data: bytes, rows: int, packed: bool) -> float:
    sink, piece = InfluxSink(InfluxSettings(url=url, gzip=packed), SeriesTable()), Lines(data, rows, rows)
    await sink.open()

    async def post() -> None:
        assert await sink.write(piece) == Written()

    try:
        return await _cost(post, rows)
    finally:
        await sink.close()


async def _client_async(url: str, data: bytes, rows: int, packed: bool) -> float:
    async with InfluxDBClientAsync(url, token="none", org="city", enable_gzip=packed) as client:
        api: Any = client.write_api()
        return await _cost(lambda: api.write("city", record=data, write_precision=WritePrecision.MS), rows)


async def _client(url: str, data: bytes, rows: int, packed: bool) -> float:
    with InfluxDBClient(url, token="none", org="city", enable_gzip=packed) as client:
        api: Any = client.write_api(write_options=SYNCHRONOUS)

        async def post() -> None:
            api.write("city", record=data, write_precision=WritePrecision.MS)

        return await _cost(post, rows)


async def historian(rows: int) -> dict[str, float]:
    """CPU of all threads per row appended: encode, thread, INSERT, commit, checkpoints."""
    with tempfile.TemporaryDirectory() as folder:
        store = Historian(HistorianSettings(path=Path(folder) / "city.duckdb"), city(), lambda: TIME)
        await store.open()
        costs = {}
        for name, delivery in (
            ("reading", Delivery(readings(rows))),
            ("window row", Delivery(Readings.empty(), (windows(),))),
        ):
            count = rows if name == "reading" else SERIES
            before = time.process_time()
            for _ in range(100):
                for piece in store.encode(delivery):
                    assert await store.write(piece) == Written()
            costs[name] = round((time.process_time() - before) / 100 / count * 1e6, 3)
        await store.close()
        return costs


def run() -> dict[str, Any]:
    return {
        "line protocol": lines(),
        "16,384 readings a request": requests(ROWS),
        "1,000 readings a request": requests(1_000),
        "historian, 8,192 readings a batch": asyncio.run(historian(8_192)),
    }


if __name__ == "__main__":
    print(json.dumps(run(), indent=2))
