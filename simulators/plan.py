"""What a load publishes: the options of `nadi load`, checked."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from simulators.broker import Broker
from simulators.messages import MAX_PACKET_ID, Shape
from simulators.packets import Protocol, QoS
from simulators.timeline import Timeline
from telemetry.errors import SettingsError
from telemetry.names import name_fault


@dataclass(frozen=True, slots=True)
class LoadPlan:
    """What to publish. Ends after `messages`, or after `seconds` of the given rate.

    rate: messages/s in all, None for as fast as possible. start: ms, the event time of the
    first readings, which then step by `interval` ms; None: real time, a reading's time being
    when it was due. window: QoS 1 messages in flight on each connection.
    """

    broker: Broker
    rate: float | None = 1000
    devices: int = 10_000
    seconds: float | None = 10
    messages: int | None = None
    qos: QoS = 1
    pack: int = 1
    values: int = 1
    protocol: Protocol = "5"
    connections: int = 1
    window: int = 10_000
    gateways: int = 0
    first_seq: int = 1
    city: str = "3578"
    start: int | None = None
    interval: int = 10_000

    def __post_init__(self) -> None:
        for name in ("devices", "pack", "values", "connections", "window", "interval"):
            if getattr(self, name) < 1:
                raise SettingsError(f"--{name} {getattr(self, name)}: at least 1")
        if self.devices > 1_000_000:
            raise SettingsError(f"--devices {self.devices}: at most 1000000")
        if self.window >= MAX_PACKET_ID:
            raise SettingsError(f"--window {self.window}: below {MAX_PACKET_ID}, the number of MQTT packet ids")
        if self.connections > self.devices or 0 < self.gateways < self.connections or self.gateways > self.devices:
            raise SettingsError(
                f"{self.devices} devices, {self.gateways} gateways and {self.connections} connections: each connection "
                "needs a device and, if there are gateways, one of its own, and each gateway a device"
            )
        if self.rate is not None and not 0 < self.rate < math.inf:
            raise SettingsError(f"--rate {self.rate}: above 0, or `max`")
        if self.seconds is not None and not 0 < self.seconds < math.inf:
            raise SettingsError(f"--seconds {self.seconds}: above 0")
        if self.messages is not None and self.messages < 1:
            raise SettingsError(f"--messages {self.messages}: at least 1")
        if (fault := name_fault(self.city)) or not set("/+#").isdisjoint(self.city):
            raise SettingsError(f"--city {self.city!r}: {fault or 'a level of a topic has no /, + or # in it'}")
        if self.rate is None and self.start is None:
            raise SettingsError("--rate max needs event times that do not follow the clock: add --start -7d, say")
        if self.messages is None and self.seconds is None:
            raise SettingsError("give --seconds or --messages")
        for shape in self.shapes():
            self.timeline(shape, 0)

    def at(self, broker: Broker) -> LoadPlan:
        """The same load for another broker."""
        return replace(self, broker=broker)

    @property
    def total(self) -> int | None:
        """Messages to publish; None where only time ends the load."""
        if self.messages is not None:
            return self.messages
        assert self.seconds is not None
        return None if self.rate is None else round(self.rate * self.seconds)

    @property
    def lasts(self) -> float:
        """Seconds after which publishing stops, whatever has been sent; a moment longer than
        asked for at a given rate, so that a broker that keeps pace is sent all of it."""
        if self.messages is not None or self.seconds is None:
            return float("inf")
        return self.seconds if self.rate is None else self.seconds + 0.25

    @property
    def reach(self) -> int:
        """Messages that may be offered in one go where no rate limits them."""
        return self.connections * self.window

    def shapes(self) -> list[Shape]:
        """A share of devices and gateways for each connection."""
        devices, gateways = _shares(self.devices, self.connections), _shares(self.gateways, self.connections)
        return [
            Shape(
                devices=devices[at + 1] - devices[at],
                first_device=devices[at],
                pack=self.pack,
                values=self.values,
                qos=self.qos,
                protocol=self.protocol,
                gateways=gateways[at + 1] - gateways[at],
                first_gateway=gateways[at],
                first_seq=self.first_seq,
                city=self.city,
            )
            for at in range(self.connections)
        ]

    def timeline(self, shape: Shape, now: int) -> Timeline:
        """Event times of one connection's devices. Real time: the last of a pack is due when it is sent."""
        if self.start is not None:
            return Timeline(self.start, self.interval, shape.devices, self.pack)
        assert self.rate is not None
        interval = 1000 * self.devices / (self.rate * self.pack)
        return Timeline(now - int((self.pack - 1) * interval), interval, shape.devices, self.pack)


def _shares(number: int, parts: int) -> list[int]:
    """The `parts` + 1 borders that cut 0..number into nearly equal shares."""
    return [number * part // parts for part in range(parts + 1)]
