"""Steps on the wire: gateways that come and go, payloads as they are, what is late and what is lost."""

import asyncio
import contextlib
import itertools
import json
import uuid
from collections.abc import AsyncIterator, Iterator

import aiomqtt
import numpy as np
import pytest

from simulators.base import Place
from simulators.broker import Broker
from simulators.city import CityClock
from simulators.encoding import tails
from simulators.feed import GatewayState, RawMessage, Samples, Step
from simulators.publisher import LATE, Publisher, wall_clock
from simulators.sender import KEPT, Counts, Sender
from simulators.water import Meters
from simulators.weather import Weather
from telemetry.errors import BrokerError
from tests.servers import Mosquitto, free_port

START = 1_763_658_000_000


def meters(city: str, devices: int = 2) -> Meters:
    weather = Weather(1, ((-7.26, 112.75),))
    return Meters([Place(city, 'Gu"beng', f"m{number}", -7.26, 112.75, "gw") for number in range(devices)], weather, 1)


def samples(fleet: Meters, time: int, *values: list[float]) -> Samples:
    moments = np.full(len(values), time, np.int64)
    return Samples(fleet, np.arange(len(values), dtype=np.int32), moments, moments, np.array(values))


@pytest.fixture
async def heard(mosquitto: Mosquitto) -> AsyncIterator[tuple[str, aiomqtt.Client]]:
    """A city's name, and a client that hears it."""
    city = uuid.uuid4().hex[:8]
    async with aiomqtt.Client("127.0.0.1", mosquitto.port) as client:
        await client.subscribe(f"nadi/v1/{city}/#", qos=1)
        yield city, client


class Patient:
    """ms; stands still until `sent` messages are acknowledged, however long that takes."""

    def __init__(self, sent: int) -> None:
        self.sent, self.began, self.stood = sent, wall_clock(), 0
        self.publisher: Publisher | None = None

    def __call__(self) -> int:
        now = wall_clock()
        if self.publisher is None or self.publisher.counts.messages < self.sent:
            self.stood = now - self.began
        return now - self.stood


async def publish(broker: Mosquitto, steps: Iterator[Step], began: int | None = None, sent: int = 0) -> Publisher:
    """began: ms. sent: before that many messages are acknowledged no time passes."""
    clock = Patient(sent)
    publisher = Publisher(steps, CityClock(began or clock.began, START), Broker.parse(broker.url), clock)
    clock.publisher = publisher
    await asyncio.wait_for(publisher.run(), 60)
    return publisher


async def arrivals(client: aiomqtt.Client, count: int) -> list[tuple[str, bytes]]:
    async with asyncio.timeout(60):
        found = [await anext(client.messages) for _ in range(count)]
    return [(str(message.topic).split("/", 3)[3], bytes(message.payload)) for message in found]


STATUS = "gateway/gw/status"


async def test_a_gateway_that_goes_keeps_what_it_measures(
    mosquitto: Mosquitto, heard: tuple[str, aiomqtt.Client]
) -> None:
    city, client = heard
    fleet = meters(city, 1)
    row = [1.5, 300.0, 7.0]
    steps = [
        Step(START + 200, [samples(fleet, START, row)], [GatewayState(city, "gw", False, START + 100)]),
        Step(START + 400, [samples(fleet, START + 300, row)]),
        Step(START + 600, [], [GatewayState(city, "gw", True, START + 600)]),
        Step(START + 700, [], [GatewayState(city, "gw", False, START + 700, clean=True)]),
    ]
    publisher = await publish(mosquitto, iter(steps), sent=1)
    found = [
        payload.decode() if topic == STATUS else str(json.loads(payload)["seq"])
        for topic, payload in await arrivals(client, 6)
    ]
    assert found == ["online", "1", "offline", "online", "2", "offline"]
    assert (publisher.counts.messages, publisher.counts.readings, publisher.waiting) == (2, 6, 0)


async def test_payloads_go_as_they_are(mosquitto: Mosquitto, heard: tuple[str, aiomqtt.Client]) -> None:
    city, client = heard
    raw = [
        RawMessage("gw", f"nadi/v1/{city}/water/z/d", b"{broken", START),
        RawMessage("gw", f"nadi/v1/{city}/water/z/left", b"\xff\x00", START + 1, retain=True),
    ]
    await publish(mosquitto, iter([Step(START + 10, [], [], raw)]))
    assert [entry for entry in await arrivals(client, 4) if entry[0] != STATUS] == [
        ("water/z/d", b"{broken"),
        ("water/z/left", b"\xff\x00"),
    ]
    async with aiomqtt.Client("127.0.0.1", mosquitto.port) as late:
        await late.subscribe(f"nadi/v1/{city}/water/#")
        assert await arrivals(late, 1) == [("water/z/left", b"\xff\x00")]


async def test_what_is_far_behind_is_skipped_and_said(mosquitto: Mosquitto, heard: tuple[str, aiomqtt.Client]) -> None:
    city, client = heard
    fleet = meters(city, 2)
    steps = (
        Step(moment, [samples(fleet, moment, [1.0, 2.0, 3.0], [1.0, 2.0, 3.0])])
        for moment in (START, START + LATE + 2000)
    )
    publisher = await publish(mosquitto, steps, wall_clock() - LATE - 1000)
    assert (publisher.skipped, publisher.counts.messages) == (2, 2)
    found = [json.loads(payload) for topic, payload in await arrivals(client, 4) if topic != STATUS]
    assert [reading["seq"] for reading in found] == [1, 2]


def test_each_row_says_what_was_measured() -> None:
    fleet = meters("c", 4)
    none = float("nan")
    rows = samples(fleet, START, [1.25, 300.0, none], [none] * 3, [none, 0.1, 7e7], [-0.5, 1e-7, 3.0])
    written, readings = tails(rows, np.array([5, 6, 7, 8]))
    assert readings == [2, 0, 2, 3]
    assert written[1] == b""
    assert [json.loads(b'{"seq":1' + tail) if tail else None for tail in written] == [
        {"seq": 1, "ts": 5, "values": {"flow": 1.25, "pressure": 300.0}},
        None,
        {"seq": 1, "ts": 7, "values": {"pressure": 0.1, "volume": 7e7}},
        {"seq": 1, "ts": 8, "values": {"flow": -0.5, "pressure": 1e-7, "volume": 3.0}},
    ]


async def test_the_oldest_are_lost_when_too_many_wait() -> None:
    counts = Counts()
    sender = Sender(Broker("127.0.0.1", free_port()), "c", counts)
    for _ in range(KEPT + 3):
        sender.send(b"\x00\x01t", b"x")
    assert (sender.waiting, counts.lost) == (KEPT, 3)


async def test_a_broker_that_was_never_there_is_an_error() -> None:
    fleet = meters("c")
    steps = (Step(START + number, [samples(fleet, START, [1.0, 2.0, 3.0])]) for number in itertools.count(0, 100))
    port = free_port()
    publisher = Publisher(steps, CityClock(wall_clock(), START), Broker("127.0.0.1", port))
    with pytest.raises(ExceptionGroup) as caught:
        await asyncio.wait_for(publisher.run(), 20)
    (error,) = caught.value.exceptions
    assert isinstance(error, BrokerError)
    assert f"mqtt://127.0.0.1:{port}" in str(error)


async def test_a_silent_connection_is_given_up_and_opened_again(monkeypatch: pytest.MonkeyPatch) -> None:
    came: asyncio.Queue[bytes] = asyncio.Queue()
    ended: asyncio.Queue[None] = asyncio.Queue()

    async def accept_and_fall_silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(b"\x20\x02\x00\x00")
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(100):
                if data[0] == 0x32:
                    came.put_nowait(data[:8])
        writer.close()
        ended.put_nowait(None)

    server = await asyncio.start_server(accept_and_fall_silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    sender = Sender(Broker("127.0.0.1", port), "c", Counts())
    monkeypatch.setattr("simulators.sender.KEEP_ALIVE", 0.05)
    task = asyncio.create_task(sender.run())
    sender.send(b"\x00\x01t", b"x")
    async with server, asyncio.timeout(60):
        while came.qsize() < 2:
            await asyncio.sleep(0.02)
            sender.flush()
            sender.tick()
        sender.drop()
        await ended.get()
        await ended.get()
        task.cancel()
    assert came.get_nowait() == came.get_nowait() == b"\x32\x06\x00\x01t\x00\x01x"
