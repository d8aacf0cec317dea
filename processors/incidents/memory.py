"""All that the incidents remember: one structure, encoded whole for a snapshot."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np

from journal.entries import CommandEntry
from processors.base import State
from processors.incidents.flood import Flood
from processors.incidents.model import NEVER, Case, Incident, Key, Shelf
from processors.incidents.rules import MOST_TIMES
from processors.signals import Signal


class Memory(msgspec.Struct):
    """Cases, incidents (both also by key), and what waits for the next tick."""

    pending: list[Signal] = []
    commands: list[CommandEntry] = []
    cases: list[Case] = []
    incidents: dict[str, Incident] = {}
    untold: dict[str, None] = {}
    returned: dict[str, int] = {}
    """Ids that ended unacknowledged, by when (log time); the oldest first."""
    closed: dict[str, int] = {}
    shelves: list[Shelf] = []
    floods: dict[str, Flood] = {}
    """By city."""
    times: dict[str, str] = {}
    """Which point of which tags has been used, by which incident; the oldest first."""
    next: int = NEVER
    """Log time before which nothing changes without a signal or a command."""

    def claim(self, tags: tuple[str, ...], time: int, owner: str = "") -> int:
        """`time`, or the next free millisecond among the points with these tags; again the same for an `owner`."""
        name = "\0".join(tags)
        while (held := self.times.get(f"{name}\0{time}")) is not None and (not owner or held != owner):
            time += 1
        self.times[f"{name}\0{time}"] = owner
        while len(self.times) > MOST_TIMES:
            del self.times[next(iter(self.times))]
        return time


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Memory).decode


class Remembered:
    """Memory with its indexes, which are made anew from it."""

    def __init__(self, memory: Memory) -> None:
        self.memory = memory
        self.cases: dict[Key, Case] = {case.key: case for case in memory.cases}
        self.incidents = memory.incidents
        self.shelves: dict[Key, Shelf] = {shelf.key: shelf for shelf in memory.shelves}
        self.conditions = sum(len(case.conditions) for case in memory.cases)

    def shelf_of(self, incident: Incident) -> Shelf | None:
        return self.shelves.get(incident.key)

    def state_of(self, incident: Incident) -> str:
        return incident.state(self.shelf_of(incident))

    def encode(self) -> State:
        memory = self.memory
        memory.cases, memory.shelves = list(self.cases.values()), list(self.shelves.values())
        whole: np.ndarray[Any, Any] = np.frombuffer(_encode(memory), np.uint8)
        return {"memory": whole}


def decode(state: State) -> Remembered:
    """What `Remembered.encode` gave. Raises ValueError where it is of another version."""
    return Remembered(_decode(state["memory"].tobytes()))
