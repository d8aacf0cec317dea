"""Publishes what a scenario yields as gateways do: one MQTT connection each, native payloads, a last will.

    async with asyncio.TaskGroup() as group:
        group.create_task(Publisher(steps, clock, broker).run())

A gateway that loses its broker keeps its messages, up to a limit, and sends them when it is back.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from simulators.base import Fleet
from simulators.broker import Broker
from simulators.city import City, CityClock
from simulators.encoding import head, tails, topic
from simulators.feed import GatewayState, Int64, RawMessage, Samples, Step
from simulators.packets import text
from simulators.sender import TICK, Counts, Sender

SLICE = 50
"""Messages that are due within so many ms are written together."""
LATE = 5_000
"""Milliseconds behind its schedule after which the city skips readings rather than hurry after them."""
LEAVE = 10.0
"""Seconds in which gateways may finish and say goodbye at the end."""


def wall_clock() -> int:
    return time.time_ns() // 1_000_000


class Gateway:
    """A connection, and the number of its last message."""

    def __init__(self, city: str, name: str, broker: Broker, counts: Counts) -> None:
        self.sender = Sender(broker, f"{city}-{name}", counts, f"nadi/v1/{city}/gateway/{name}/status")
        self.seq = 0


Message = tuple[Gateway, bytes, bytes, bytes, int]
"""Gateway, topic, payload before the number and behind it, readings."""


class Publisher:
    """Publishes `steps` when they are due. `ts` is the telemetry's time: `clock` says which belongs to the city's."""

    def __init__(
        self, steps: Iterable[Step], clock: CityClock, broker: Broker, now: Callable[[], int] = wall_clock
    ) -> None:
        self.clock = clock
        self.broker = broker
        self.counts = Counts()
        self.skipped = 0
        """Messages not sent because the city was late."""
        self.behind = 0
        """ms by which the newest step was late when all of it had been handed over."""
        self._steps = steps
        self._now = now
        self._gateways: dict[tuple[str, str], Gateway] = {}
        self._devices: dict[Fleet, list[tuple[Gateway, bytes, bytes]]] = {}
        """Of each of a fleet's devices: gateway, topic, head."""
        self._group = asyncio.TaskGroup()
        self._tasks: list[asyncio.Task[None]] = []
        self._stopping = asyncio.Event()

    @property
    def waiting(self) -> int:
        """How many messages are not acknowledged yet."""
        return sum(gateway.sender.waiting for gateway in self._gateways.values())

    @property
    def gateways(self) -> tuple[int, int]:
        """How many are connected, and how many there are."""
        return sum(gateway.sender.online for gateway in self._gateways.values()), len(self._gateways)

    def stop(self) -> None:
        """Read no more; what has been read is still sent if the broker is there."""
        self._stopping.set()

    async def run(self) -> None:
        """Publish until the steps end, `stop()` or cancellation. Gateways say `offline` when they go.

        Raises BrokerError (in a group) for a broker that can't be reached at the start.
        """
        async with self._group:
            self._tasks.append(self._group.create_task(self._tick(), name="keep-alive"))
            for step in self._steps:
                await self._publish(step)
                if self._stopping.is_set():
                    break
            await self._leave()
            for task in self._tasks:
                task.cancel()

    async def _publish(self, step: Step) -> None:
        due, entries = self._schedule(step)
        late = self._now() - self._telemetry(step.now) > LATE
        at = 0
        while at < len(entries) and not self._stopping.is_set():
            now = self._now()
            if due[at] > now:
                await self._rest(due[at] - now)
                continue
            upto = int(np.searchsorted(due, now, "right"))
            self._hand_over(entries[at:upto], late)
            at = upto
            await self._rest(SLICE if at < len(entries) else 0)
        self.behind = max(self._now() - self._telemetry(step.now), 0)
        await self._rest(self._telemetry(step.now) - self._now())

    def _schedule(self, step: Step) -> tuple[Int64, list[Message | GatewayState | RawMessage]]:
        """All of a step in the order of its arrival, and when that is, ms of the telemetry."""
        others: list[GatewayState | RawMessage] = [*step.states, *step.raw]
        entries: list[Message | GatewayState | RawMessage] = [*others]
        arrivals = [np.array([other.arrival for other in others], np.int64)]
        for samples in step.samples:
            devices = self._devices_of(samples.fleet)
            endings, readings = tails(samples, self._telemetry(samples.time))
            entries += [
                (*devices[device], ending, count)
                for device, ending, count in zip(samples.device.tolist(), endings, readings, strict=True)
            ]
            arrivals.append(samples.arrival)
        due = self._telemetry(np.concatenate(arrivals))
        order = np.argsort(due, kind="stable")
        return due[order], [entries[row] for row in order.tolist()]

    def _telemetry(self, city: Any) -> Any:
        """As `CityClock.telemetry`, of one time or of a column."""
        return self.clock.began + np.int64((city - self.clock.city_began) / self.clock.speed)

    def _hand_over(self, entries: list[Message | GatewayState | RawMessage], late: bool) -> None:
        touched = set()
        for entry in entries:
            if isinstance(entry, GatewayState):
                self._obey(entry)
            elif late:
                self.skipped += 1
            elif isinstance(entry, RawMessage):
                sender = self._carrier(entry).sender
                sender.send(text(entry.topic), entry.payload, retain=entry.retain)
                touched.add(sender)
            elif entry[4]:
                gateway, topic, head, tail, readings = entry
                gateway.seq += 1
                gateway.sender.send(topic, b"%b%d%b" % (head, gateway.seq, tail), readings)
                touched.add(gateway.sender)
        for sender in touched:
            sender.flush()

    def _obey(self, state: GatewayState) -> None:
        sender = self._gateway(state.city, state.gateway).sender
        if state.online:
            sender.come()
        elif state.clean:
            sender.leave()
        else:
            sender.drop()

    def _devices_of(self, fleet: Fleet) -> list[tuple[Gateway, bytes, bytes]]:
        if fleet not in self._devices:
            self._devices[fleet] = [
                (self._gateway(place.city, place.gateway), topic(fleet.domain, place), head(place))
                for place in fleet.places
            ]
        return self._devices[fleet]

    def _gateway(self, city: str, name: str) -> Gateway:
        gateway = self._gateways.get((city, name))
        if gateway is None:
            gateway = self._gateways[city, name] = Gateway(city, name, self.broker, self.counts)
            self._tasks.append(self._group.create_task(gateway.sender.run(), name=f"gateway[{name}]"))
        return gateway

    def _carrier(self, message: RawMessage) -> Gateway:
        """The gateway of that name: in the topic's city if there is one of the name, else in whichever."""
        levels = message.topic.split("/")
        city = levels[2] if len(levels) > 2 else ""
        known = [key for key in self._gateways if key[1] == message.gateway]
        return self._gateway(*(known[0] if known and (city, message.gateway) not in known else (city, message.gateway)))

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK)
            for gateway in self._gateways.values():
                gateway.sender.tick()

    async def _leave(self) -> None:
        """All gateways finish and go; those that can't within LEAVE are left to their last will."""
        senders = [gateway.sender for gateway in self._gateways.values()]
        for sender in senders:
            sender.leave()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LEAVE):
                while not all(sender.gone for sender in senders):  # noqa: ASYNC110 - ends within LEAVE
                    await asyncio.sleep(0.02)

    async def _rest(self, milliseconds: float) -> None:
        """Sleep, but wake when asked to stop; lets others run in any case."""
        if milliseconds <= 0:
            await asyncio.sleep(0)
            return
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), milliseconds / 1000)


def steps_of(city: City, start: int, interval: float) -> Iterator[Step]:
    """A city in which all is well with the gateways: every device measures every `interval` ms of the city's clock."""
    number = 0
    while True:
        now = start + int(number * interval)
        samples = []
        for fleet, values in zip(city.fleets, city.step(now), strict=True):
            moment = np.full(len(fleet), now, np.int64)
            samples.append(Samples(fleet, np.arange(len(fleet), dtype=np.int32), moment, moment, values))
        yield Step(now, samples)
        number += 1


def play(url: str, *fleets: Fleet) -> None:
    """Publish what `fleets` measure, at the interval of the first and by the clock on the wall, until Ctrl-C."""
    asyncio.run(_play(Broker.parse(url), fleets))


async def _play(broker: Broker, fleets: Sequence[Fleet]) -> None:
    now, first = wall_clock(), fleets[0]
    publisher = Publisher(steps_of(City(fleets, first.weather), now, first.interval), CityClock(now, now), broker)
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, publisher.stop)
    await publisher.run()
