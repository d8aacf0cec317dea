"""InfluxDB 1, 2 and 3 over HTTP: one POST a piece, and a name for every answer.

    204, 200                     Written
    400, 422                     Refused, in InfluxDB's words
    401, 403                     Denied
    404 no database              created once (v1, `create`), else Denied
    413                          Oversized
    429, 503                     Throttled, with Retry-After
    5xx, time-out, reset, drip   Unreachable
    anything else                Denied: it is not InfluxDB that answers

Writing is idempotent (same measurement, tags and time), so an attempt whose answer was
lost is made again.
"""

from __future__ import annotations

import time
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import aiohttp
from yarl import URL

from config.settings import InfluxSettings
from sinks import compression, replies
from sinks.base import Delivery, Denied, Outcome, Payload, Unreachable, Written
from sinks.incident_lines import event_lines, incident_lines
from sinks.indicator_lines import indicator_lines
from sinks.lineprotocol import LineEncoder
from sinks.sensor_lines import Catalogue, SensorLines
from telemetry.series import SeriesTable

PIECE_BYTES = 2_000_000
"""A request's size before compression: 20,000 readings of usual names, well below InfluxDB 1's
`max-body-size` of 25 MB."""
ANSWER_BYTES = 65_536
"""More of an answer than this is not read."""


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines of one request: raw readings first, then the others."""

    data: bytes
    points: int
    readings: int

    def split(self) -> tuple[Lines, Lines]:
        lines = self.data.split(b"\n")[:-1]
        middle = len(lines) // 2
        first = min(middle, self.readings)
        return (
            Lines(b"\n".join(lines[:middle]) + b"\n", middle, first),
            Lines(b"\n".join(lines[middle:]) + b"\n", len(lines) - middle, self.readings - first),
        )

    def text(self) -> str:
        return self.data.decode("utf-8", "replace").rstrip("\n")


class InfluxSink:
    """Writes readings, windows, anomalies, incidents and the catalogue to the InfluxDB of `settings`."""

    def __init__(
        self,
        settings: InfluxSettings,
        table: SeriesTable,
        clock: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
        *,
        name: str = "influx",
        catalogue: Callable[[], Catalogue] = dict,
    ) -> None:
        """clock: ms, for a Retry-After that is a date. catalogue: the sensors known at present."""
        self.name = name
        self.settings = settings
        self.clock = clock
        given = URL(settings.url)
        self._url = given.with_user(None)
        self._basic = _basic(settings, given)
        self._encoder = LineEncoder(table)
        self._sensors = SensorLines(catalogue, clock)
        self._compress = compression.best() if settings.gzip else None
        self._session: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        headers = {"Content-Type": "text/plain; charset=utf-8", "User-Agent": "nadi"}
        if self.settings.api == "v2" and self.settings.token is not None:
            headers["Authorization"] = f"Token {self.settings.token.get_secret_value()}"
        elif self._basic is not None:
            headers["Authorization"] = self._basic
        self._session = aiohttp.ClientSession(
            headers=headers,
            timeout=aiohttp.ClientTimeout(total=self.settings.timeout / 1000),
            cookie_jar=aiohttp.DummyCookieJar(),
        )

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    def encode(self, delivery: Delivery) -> Sequence[Payload]:
        return list(_gathered(self._chunks(delivery)))

    async def write(self, payload: Payload) -> Outcome:
        assert isinstance(payload, Lines)
        outcome, missing = await self._post(payload)
        if missing and self.settings.api == "v1" and self.settings.create:
            created = await self._create()
            if not isinstance(created, Written):
                return created
            outcome, _ = await self._post(payload)
        return outcome

    def _chunks(self, delivery: Delivery) -> Iterator[tuple[bytes, int, int]]:
        """Lines, how many, and how many of them are raw readings."""
        for lines, points in self._encoder.readings(delivery.readings):
            yield lines, points, points
        for windows in delivery.windows:
            for lines, points in self._encoder.windows(windows):
                yield lines, points, 0
        for anomalies in delivery.anomalies:
            for lines, points in self._encoder.anomalies(anomalies):
                yield lines, points, 0
        for incidents in delivery.incidents:
            for lines, points in incident_lines(incidents):
                yield lines, points, 0
        for events in delivery.incident_events:
            for lines, points in event_lines(events):
                yield lines, points, 0
        for indicators in delivery.indicators:
            for lines, points in indicator_lines(indicators):
                yield lines, points, 0
        for lines, points in self._sensors.due():
            yield lines, points, 0

    async def _post(self, lines: Lines) -> tuple[Outcome, bool]:
        """One request's outcome, and whether it says that the database is missing."""
        settings = self.settings
        if settings.api == "v1":
            url = (self._url / "write").with_query(db=settings.database, precision="ms")
        else:
            url = (self._url / "api/v2/write").with_query(org=settings.org, bucket=settings.bucket, precision="ms")
        if self._compress is None:
            return await self._request(url, lines.data, {})
        return await self._request(url, self._compress(lines.data), {"Content-Encoding": "gzip"})

    async def _create(self) -> Outcome:
        quoted = self.settings.database.replace("\\", "\\\\").replace('"', '\\"')
        outcome, _ = await self._request(
            self._url / "query",
            str(URL.build(query={"q": f'CREATE DATABASE "{quoted}"'}))[1:].encode(),
            {"Content-Type": "application/x-www-form-urlencoded"},
        )
        if isinstance(outcome, Denied):
            return Denied(
                f"influx.database {self.settings.database!r} is missing and can't be created: {outcome.reason}"
            )
        return outcome

    async def _request(self, url: URL, data: bytes, headers: dict[str, str]) -> tuple[Outcome, bool]:
        if self._session is None:
            raise RuntimeError(f"sink {self.name}: write() before open()")
        try:
            async with self._session.post(url, data=data, headers=headers, allow_redirects=False) as response:
                answer = replies.Answer(response.status, await _body(response), response.headers.get("Retry-After"))
                return replies.outcome(answer, self.settings, self.clock() / 1000), replies.missing_database(answer)
        except TimeoutError:
            return Unreachable(f"no answer within influx.timeout ({self.settings.timeout} ms)"), False
        except (aiohttp.ClientError, OSError) as error:
            return Unreachable(f"{self._url.host}:{self._url.port}: {type(error).__name__}: {error}"), False


async def _body(response: aiohttp.ClientResponse) -> bytes:
    body = b""
    while len(body) < ANSWER_BYTES and (more := await response.content.read(ANSWER_BYTES)):
        body += more
    return body


def _basic(settings: InfluxSettings, url: URL) -> str | None:
    """The header of user name and password (RFC 7617), from the settings or else the URL."""
    user = settings.username or url.user
    if user is None:
        return None
    password = settings.password.get_secret_value() if settings.password is not None else url.password
    return "Basic " + b64encode(f"{user}:{password or ''}".encode()).decode()


def _gathered(chunks: Iterable[tuple[bytes, int, int]]) -> Iterator[Lines]:
    """Chunks put together into requests of about PIECE_BYTES."""
    held: list[bytes] = []
    size = points = readings = 0
    for lines, count, raw in chunks:
        if held and size + len(lines) > PIECE_BYTES:
            yield Lines(b"".join(held), points, readings)
            held, size, points, readings = [], 0, 0, 0
        held.append(lines)
        size += len(lines)
        points += count
        readings += raw
    if held:
        yield Lines(b"".join(held), points, readings)
