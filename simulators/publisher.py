"""Publishes a simulated city: one MQTT connection a gateway, native payloads, state with a last will.

    async with asyncio.TaskGroup() as group:
        group.create_task(Publisher(city, clock, broker).run())

A gateway that loses its broker keeps its messages, up to a limit, and sends them when it is back.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import aiomqtt
import msgspec
import numpy as np

from simulators.base import Fleet, Float64
from simulators.broker import Broker
from simulators.city import City, CityClock

_KEPT = 20_000
"""Messages that a gateway keeps while it is offline; then the oldest are lost."""
_AT_ONCE = 16
"""QoS 1 messages that a gateway has in flight."""
_RETRY = (0.2, 10.0)
_LATE = 1.0
"""Seconds behind its schedule after which the city skips readings rather than hurry after them."""


@dataclass(slots=True)
class Counts:
    """Since the start, over all gateways. lost: dropped while offline; skipped: instants without a reading."""

    messages: int = 0
    readings: int = 0
    lost: int = 0
    skipped: int = 0


@dataclass(slots=True)
class _Gateway:
    name: str
    city: str
    seq: int = 0
    waiting: deque[tuple[str, bytes, int]] = field(default_factory=deque)
    """Topic, payload, readings."""
    woken: asyncio.Event = field(default_factory=asyncio.Event)


def wall_clock() -> int:
    return time.time_ns() // 1_000_000


class Publisher:
    """Steps `city` at its fleets' interval and publishes what it reads.

    pack: instants that a message carries (an array if above 1). `ts` is the telemetry's time,
    `clock` says which time of the city belongs to it.
    """

    def __init__(
        self, city: City, clock: CityClock, broker: Broker, pack: int = 1, now: Callable[[], int] = wall_clock
    ) -> None:
        self.city = city
        self.clock = clock
        self.broker = broker
        self.pack = pack
        self.counts = Counts()
        self._now = now
        self._interval = city.fleets[0].interval
        self._gateways: dict[tuple[str, str], _Gateway] = {}
        for fleet in city.fleets:
            for place in fleet.places:
                key = (place.city, place.gateway)
                self._gateways.setdefault(key, _Gateway(place.gateway, place.city))
        self._packed: list[tuple[int, list[Float64]]] = []
        self._stopping = asyncio.Event()

    @property
    def waiting(self) -> int:
        """How many messages are not sent yet."""
        return sum(len(gateway.waiting) for gateway in self._gateways.values())

    async def run(self) -> None:
        """Publish until `stop()` or cancellation. Gateways say `offline` when they go."""
        async with asyncio.TaskGroup() as group:
            for gateway in self._gateways.values():
                group.create_task(self._serve(gateway), name=f"gateway[{gateway.name}]")
            group.create_task(self._step(), name="city")

    def stop(self) -> None:
        """Read no more; what has been read is still sent if the broker is there."""
        self._stopping.set()
        for gateway in self._gateways.values():
            gateway.woken.set()

    async def _step(self) -> None:
        due = self._now()
        while not self._stopping.is_set():
            self.read(due)
            due += self._interval
            ahead = (due - self._now()) / 1000
            if ahead < -_LATE:
                missed = int(-ahead * 1000 / self._interval)
                self.counts.skipped += missed
                due += missed * self._interval
            await self._rest(max(ahead, 0.0))

    async def _rest(self, seconds: float) -> None:
        """Sleep, but wake when asked to stop."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)

    def read(self, now: int) -> None:
        """Take readings at telemetry time `now`; hand them to the gateways once a pack is whole."""
        self._packed.append((now, self.city.step(self.clock.city(now))))
        if len(self._packed) < self.pack:
            return
        for number, fleet in enumerate(self.city.fleets):
            self._hand_over(fleet, [(moment, values[number]) for moment, values in self._packed])
        self._packed.clear()

    def _hand_over(self, fleet: Fleet, pack: list[tuple[int, Float64]]) -> None:
        names = [quantity.name for quantity in fleet.quantities]
        rows = [(moment, values.tolist(), np.isfinite(values).tolist()) for moment, values in pack]
        for device, place in enumerate(fleet.places):
            gateway = self._gateways[place.city, place.gateway]
            items: list[dict[str, Any]] = []
            for moment, values, finite in rows:
                sent = {
                    name: value
                    for name, value, given in zip(names, values[device], finite[device], strict=True)
                    if given
                }
                if sent:
                    items.append({"ts": moment, "values": sent})
            if items:
                gateway.seq += 1
                items[0] = {"gw": gateway.name, "seq": gateway.seq} | items[0]
                topic = f"nadi/v1/{place.city}/{fleet.domain}/{place.zone}/{place.device}"
                self._queue(gateway, topic, items)

    def _queue(self, gateway: _Gateway, topic: str, items: list[dict[str, Any]]) -> None:
        if len(gateway.waiting) >= _KEPT:
            gateway.waiting.popleft()
            self.counts.lost += 1
        payload = msgspec.json.encode(items[0] if len(items) == 1 else items)
        gateway.waiting.append((topic, payload, sum(len(item["values"]) for item in items)))
        gateway.woken.set()

    async def _serve(self, gateway: _Gateway) -> None:
        pause = _RETRY[0]
        while True:
            try:
                async with self._client(gateway) as client:
                    pause = _RETRY[0]
                    await client.publish(_status(gateway), b"online", qos=1, retain=True)
                    await self._send_while_connected(gateway, client)
                    await client.publish(_status(gateway), b"offline", qos=1, retain=True)
                    return
            except aiomqtt.MqttError:
                await self._rest(pause * random.uniform(0.5, 1.0))
                if self._stopping.is_set():
                    return
                pause = min(2 * pause, _RETRY[1])

    async def _send_while_connected(self, gateway: _Gateway, client: aiomqtt.Client) -> None:
        """As `_send`, but ends at once with MqttError when the connection is lost: a publish
        alone would wait ten seconds for its PUBACK."""
        sending = asyncio.ensure_future(self._send(gateway, client))
        watching = asyncio.ensure_future(_watch(client))
        try:
            await asyncio.wait((sending, watching), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (sending, watching):
                task.cancel()
            results = await asyncio.gather(sending, watching, return_exceptions=True)
        for result in results:
            if isinstance(result, Exception):
                raise result

    async def _send(self, gateway: _Gateway, client: aiomqtt.Client) -> None:
        """Send what waits, in order; what is not acknowledged stays in the queue."""
        while True:
            if not gateway.waiting:
                if self._stopping.is_set():
                    return
                gateway.woken.clear()
                await gateway.woken.wait()
                continue
            batch = [gateway.waiting.popleft() for _ in range(min(_AT_ONCE, len(gateway.waiting)))]
            sending = (client.publish(topic, payload, qos=1) for topic, payload, _ in batch)
            try:
                results = await asyncio.gather(*sending, return_exceptions=True)
            except asyncio.CancelledError:
                gateway.waiting.extendleft(reversed(batch))
                raise
            failed = [message for message, result in zip(batch, results, strict=True) if result is not None]
            self.counts.messages += len(batch) - len(failed)
            self.counts.readings += sum(readings for _, _, readings in batch)
            if failed:
                self.counts.readings -= sum(readings for _, _, readings in failed)
                gateway.waiting.extendleft(reversed(failed))
                raise next(result for result in results if result is not None)

    def _client(self, gateway: _Gateway) -> aiomqtt.Client:
        broker = self.broker
        client = aiomqtt.Client(
            broker.host,
            broker.port,
            username=broker.username,
            password=broker.password,
            identifier=f"{gateway.city}-{gateway.name}",
            clean_session=True,
            protocol=aiomqtt.ProtocolVersion.V311,
            tls_context=broker.tls_context(),
            will=aiomqtt.Will(_status(gateway), b"offline", qos=1, retain=True),
        )
        client.pending_calls_threshold = 2 * _AT_ONCE  # what we have in flight on purpose is no reason to warn
        return client


async def _watch(client: aiomqtt.Client) -> None:
    """Raises MqttError when the connection is lost; a gateway gets no messages."""
    async for _ in client.messages:
        continue


def _status(gateway: _Gateway) -> str:
    return f"nadi/v1/{gateway.city}/gateway/{gateway.name}/status"
