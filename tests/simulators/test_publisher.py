"""The publisher of a simulated city against a real Mosquitto."""

import asyncio
import itertools
import json
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import aiomqtt
import pytest

from simulators.base import Place
from simulators.broker import Broker
from simulators.city import City, CityClock
from simulators.energy import Feeders
from simulators.publisher import Publisher, steps_of, wall_clock
from simulators.water import Meters
from simulators.weather import Weather
from tests.servers import Mosquitto

FRIDAY = 1_763_658_000_000
INTERVAL, SPEED = 50, 60


def small_city(name: str) -> City:
    weather = Weather(1, ((-7.26, 112.75),))
    places = [Place(name, "Gubeng", f"device-{number}", -7.26, 112.75, "gw-1") for number in range(3)]
    return City([Meters(places, weather, 1, INTERVAL), Feeders(places[:2], weather, 1, INTERVAL)], weather)


def publisher_of(city: City, broker: Mosquitto) -> Publisher:
    steps = steps_of(city, FRIDAY, INTERVAL * SPEED)
    return Publisher(steps, CityClock(wall_clock(), FRIDAY, SPEED), Broker.parse(broker.url))


@asynccontextmanager
async def listener(broker: Mosquitto, name: str) -> AsyncIterator[aiomqtt.Client]:
    async with aiomqtt.Client("127.0.0.1", broker.port) as client:
        await client.subscribe(f"nadi/v1/{name}/#", qos=1)
        yield client


async def take(client: aiomqtt.Client, count: int) -> list[tuple[str, bytes]]:
    async with asyncio.timeout(60):
        return [
            (str(message.topic), bytes(message.payload))
            for message in [await anext(client.messages) for _ in range(count)]
        ]


async def goodbye(client: aiomqtt.Client) -> list[tuple[str, bytes]]:
    """All until a gateway is offline, which is the last that it says."""
    found: list[tuple[str, bytes]] = []
    while not found or not found[-1][0].endswith("/status") or found[-1][1] != b"offline":
        found += await take(client, 1)
    return found


async def test_readings_are_native_and_numbered(mosquitto: Mosquitto) -> None:
    name = uuid.uuid4().hex[:8]
    publisher = publisher_of(small_city(name), mosquitto)
    async with listener(mosquitto, name) as client, asyncio.TaskGroup() as group:
        group.create_task(publisher.run())
        arrived = await take(client, 41)
        publisher.stop()
    assert arrived[0] == (f"nadi/v1/{name}/gateway/gw-1/status", b"online")
    readings = [(topic.split("/")[3:], json.loads(payload)) for topic, payload in arrived[1:]]
    assert [reading["seq"] for _, reading in readings] == list(range(1, 41))
    assert {reading["gw"] for _, reading in readings} == {"gw-1"}
    assert {(domain, *reading["values"]) for (domain, _, _), reading in readings} == {
        ("water", "flow", "pressure", "volume"),
        ("energy", "power", "voltage", "current", "frequency", "energy"),
    }
    times = [reading["ts"] for path, reading in readings if path == ["water", "Gubeng", "device-0"]]
    assert {later - earlier for earlier, later in itertools.pairwise(times)} == {INTERVAL}
    assert publisher.counts.lost == 0


async def test_a_gateway_says_when_it_goes_and_the_broker_when_it_is_gone(
    mosquitto: Mosquitto, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("simulators.sender.KEEP_ALIVE", 3600)  # the broker waits for no silence to end
    for leave in (Publisher.stop, None):
        name = uuid.uuid4().hex[:8]
        publisher = publisher_of(small_city(name), mosquitto)
        async with listener(mosquitto, name) as client:
            task = asyncio.create_task(publisher.run())
            await take(client, 3)
            if leave:
                leave(publisher)
                await task
            else:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
            await goodbye(client)
        async with aiomqtt.Client("127.0.0.1", mosquitto.port) as late:
            await late.subscribe(f"nadi/v1/{name}/gateway/+/status")
            assert (await take(late, 1))[0][1] == b"offline"


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110 - what is awaited has no event of its own
            await asyncio.sleep(0.02)


async def test_what_could_not_be_sent_is_sent_when_the_broker_is_back(make_mosquitto: Callable[..., Mosquitto]) -> None:
    name = uuid.uuid4().hex[:8]
    broker = make_mosquitto()
    await asyncio.to_thread(broker.start)
    publisher = publisher_of(small_city(name), broker)
    task = asyncio.create_task(publisher.run())
    await until(lambda: publisher.counts.messages >= 10)
    await asyncio.to_thread(broker.stop)
    await until(lambda: publisher.waiting >= 30)
    await asyncio.to_thread(broker.start)
    await until(lambda: publisher.waiting < 10)
    async with listener(broker, name) as client:
        came = await take(client, 10)
        publisher.stop()
        await asyncio.wait_for(task, 60)
        came += await goodbye(client)
    newest = max(json.loads(payload)["seq"] for topic, payload in came if "gateway" not in topic)
    assert publisher.counts.lost == 0
    assert publisher.counts.messages == newest, "everything that was numbered has been acknowledged"
