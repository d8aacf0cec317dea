"""What edge nodes and devices said of their metrics when they were born.

Later messages name a metric by its alias only and give no datatype, so births are kept in the
decoder's memory, and found there again after a restart.

    sparkplug/{group}/{node}            bdSeq, number of births, metrics of the node, names of its devices
    sparkplug/{group}/{node}/{device}   the birth of the node that it belongs to, metrics of the device

A birth of the node makes those of its devices void: they are born anew after it (Sparkplug 3.0,
chapter 4, Birth Message). So a device's record counts only as long as it names the node's latest birth.

Births are sent with QoS 0, so one that comes while nadi is down is lost, and with it what the aliases mean from
then on. What is remembered is used, as nearly always it still holds, and each node is asked once to be born again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import msgspec

from ingest.decoders.base import Memory
from ingest.decoders.recent import Recent
from ingest.decoders.shelf import Shelf

MAX_NODES: Final = 10_000
MAX_DEVICES: Final = 1_000
"""Of one node."""
MAX_METRICS: Final = 20_000
"""Of one node or one device."""
MAX_CACHED: Final = 256_000_000
"""Bytes, roughly, of what is held ready to use, of all nodes; what is more is read from memory again."""
SAVE_EVERY: Final = 10_000
"""ms, at most."""

_NODE, _METRIC = 2_000, 400
"""What each counts beside its name, in bytes."""

Known = tuple[str, str, int, str | None]
"""Of a metric: sensor, quantity, datatype (0: unknown), unit."""


class Line(msgspec.Struct, array_like=True, frozen=True):
    """A metric as it is stored."""

    name: str
    alias: int | None
    datatype: int
    unit: str | None


class NodeRecord(msgspec.Struct, array_like=True):
    births: int
    bdseq: int | None
    metrics: list[Line]
    devices: list[str]


class DeviceRecord(msgspec.Struct, array_like=True):
    births: int
    """Of the node, when this device was born."""
    metrics: list[Line]


class Birth:
    """The metrics of one node or device."""

    __slots__ = ("_aliases", "changed", "index", "saved_at", "sensor", "size")

    def __init__(self, sensor: str) -> None:
        self.sensor = sensor
        self.index: dict[bytes | int | None, Known] = {}
        """By name and by alias at once."""
        self.changed = False
        """Since it was saved."""
        self.saved_at = 0
        """ms."""
        self.size = len(sensor)
        """Bytes, roughly."""
        self._aliases: dict[bytes, int | None] = {}
        """By name."""

    def learn(self, name: bytes, alias: int | None, datatype: int, unit: str | None) -> Known:
        """What was said replaces what was known. Raises ValueError when the name is no text, or there is no room."""
        if name not in self._aliases:
            if len(self._aliases) >= MAX_METRICS:
                raise ValueError(f"more than {MAX_METRICS} metrics of one birth")
            self.size += _METRIC + 3 * len(name)
        known = (self.sensor, name.decode(), datatype, unit)
        before = self._aliases.get(name)
        still_its_own = before is not None and self.index.get(before) is self.index.get(name)
        if alias is None and still_its_own:
            alias = before
        elif still_its_own and alias != before:
            del self.index[before]
        self._aliases[name] = alias
        self.index[name] = known
        if alias is not None:
            self.index[alias] = known
        return known

    def lines(self) -> list[Line]:
        lines = []
        for name, alias in self._aliases.items():
            _, quantity, datatype, unit = self.index[name]
            lines.append(Line(quantity, alias, datatype, unit))
        return lines

    @classmethod
    def read(cls, sensor: str, lines: list[Line]) -> Birth:
        birth = cls(sensor)
        for line in lines:
            birth.learn(line.name.encode(), line.alias, line.datatype, line.unit)
        return birth


@dataclass(slots=True)
class Node:
    """An edge node: its births, and what is known of its session since this process began."""

    descriptor: str
    births: int = 0
    """How often it was born; 0: never seen."""
    bdseq: int | None = None
    own: Birth | None = None
    devices: dict[str, Birth | None] = field(default_factory=dict)
    """None: known by name, and not born since the node was, or not read from memory yet."""
    seq: int | None = None
    dead: bool = False
    trouble: str | None = None
    """Why a rebirth is wanted."""
    asked_at: int | None = None
    """In this trouble (ms)."""
    wait: int = 0
    """How long to wait before it is asked again (ms)."""
    quiet_until: int = 0
    """Each request moves this on, and it may not be too far ahead (ms)."""

    def size(self) -> int:
        births = [self.own, *self.devices.values()]
        names = len(self.descriptor) + sum(map(len, self.devices))
        return _NODE + 4 * names + sum(birth.size for birth in births if birth is not None)


class Births:
    """Nodes by descriptor (group/node), the recently used ones in hand and all of them in memory."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._shelf = Shelf(memory, "sparkplug", MAX_NODES, self._forget_devices)
        self._nodes: Recent[Node] = Recent(MAX_CACHED)
        self._met: set[str] = set()
        """Nodes that were taken in hand since this process began."""

    def node(self, descriptor: str) -> Node:
        node = self._nodes.get(descriptor)
        if node is None:
            node = self._read(descriptor)
            if node.births and descriptor not in self._met:
                node.trouble = "it may have been born while nobody listened"
            self._meet(descriptor)
            self._keep(node)
        return node

    def device(self, node: Node, device: str) -> Birth | None:
        """The device's birth, if it was born since its node was."""
        birth = node.devices.get(device)
        if birth is None and device in node.devices:
            record = self._memory.get(self._key(node, device))
            if record is not None:
                stored = msgspec.msgpack.decode(record, type=DeviceRecord)
                if stored.births == node.births:
                    birth = Birth.read(f"{node.descriptor}/{device}", stored.metrics)
                    node.devices[device] = birth
                    self._keep(node)
        return birth

    def node_born(self, node: Node, birth: Birth, bdseq: int | None) -> None:
        node.births += 1
        node.bdseq = bdseq
        node.own = birth
        node.devices = dict.fromkeys(node.devices)
        self._write(node)

    def device_born(self, node: Node, device: str, birth: Birth) -> None:
        """Raises ValueError when the node has too many devices."""
        if device not in node.devices:
            if len(node.devices) >= MAX_DEVICES:
                raise ValueError(f"more than {MAX_DEVICES} devices of one edge node")
            node.devices[device] = birth
            self._write(node)
        node.devices[device] = birth
        self._write_device(node, device, birth)

    def save(self, node: Node, device: str | None, birth: Birth, now: int) -> None:
        """Keep what a message after the birth has changed, unless that was done a moment ago: it waits for a later one.

        now: ms. A whole birth is written for one unit.
        """
        if abs(now - birth.saved_at) < SAVE_EVERY:
            return
        birth.changed, birth.saved_at = False, now
        if device is None:
            self._write(node)
        else:
            self._write_device(node, device, birth)

    def _write(self, node: Node) -> None:
        lines = node.own.lines() if node.own is not None else []
        record = NodeRecord(node.births, node.bdseq, lines, list(node.devices))
        self._shelf.put(node.descriptor, msgspec.msgpack.encode(record))
        self._keep(node)

    def _write_device(self, node: Node, device: str, birth: Birth) -> None:
        record = DeviceRecord(node.births, birth.lines())
        self._memory.put(self._key(node, device), msgspec.msgpack.encode(record))
        self._keep(node)

    def _read(self, descriptor: str) -> Node:
        node = Node(descriptor)
        record = self._shelf.get(descriptor)
        if record is not None:
            stored = msgspec.msgpack.decode(record, type=NodeRecord)
            node.births, node.bdseq = stored.births, stored.bdseq
            node.own = Birth.read(descriptor, stored.metrics) if stored.births else None
            node.devices = dict.fromkeys(stored.devices)
        return node

    def _meet(self, descriptor: str) -> None:
        if len(self._met) >= 2 * MAX_NODES:
            self._met.clear()
        self._met.add(descriptor)

    def _keep(self, node: Node) -> None:
        self._nodes.put(node.descriptor, node, node.size())

    def _forget_devices(self, descriptor: str) -> None:
        node = self._nodes.pop(descriptor) or self._read(descriptor)
        for device in node.devices:
            self._memory.put(self._key(node, device), None)

    @staticmethod
    def _key(node: Node, device: str) -> str:
        return f"sparkplug/{node.descriptor}/{device}"
