"""Processors' states to bytes and back.

    magic, then for each processor: length of its directory, directory (JSON), its arrays as they are; length 0

Made piece by piece, so that one processor's state is in memory twice, and never all.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any, Final, Protocol, runtime_checkable

import numpy as np

from processors.base import State
from telemetry.errors import Incompatible

MAGIC: Final = b"nadi-snapshot-2\n"
FORMER: Final = b"nadi-snapshot-1\n"
"""One directory for all stood at the beginning."""
_LENGTH: Final = 8

Directory = list[tuple[str, str, str, list[int]]]
"""Owner, name, dtype and shape of each array."""


@runtime_checkable
class Viewing(Protocol):
    """A processor with so much state that a snapshot is written without copying it."""

    def view(self) -> State:
        """As its snapshot, but not to be kept: the arrays may change with the next call."""
        ...


class Remembering(Protocol):
    """What a snapshot holds."""

    name: str

    def snapshot(self) -> State: ...

    def restore(self, state: State) -> None: ...


def states_of(parts: Iterable[Remembering]) -> Iterator[tuple[str, State]]:
    """The name and state of each, one after the other; a state is to be read before the next is asked for."""
    for part in parts:
        yield part.name, part.view() if isinstance(part, Viewing) else part.snapshot()


def encode(states: Iterable[tuple[str, State]]) -> Iterator[bytes | memoryview]:
    """Buffers to be written one after the other. A contiguous array is not copied: it must not change
    until the next buffer is asked for."""
    yield MAGIC
    for owner, state in states:
        yield from _buffers(owner, state)
        del state  # before the next is made
    yield bytes(_LENGTH)


def _buffers(owner: str, state: State) -> Iterator[bytes | memoryview]:
    directory: Directory = [(owner, name, array.dtype.str, list(array.shape)) for name, array in state.items()]
    head = json.dumps(directory).encode()
    yield len(head).to_bytes(_LENGTH, "little") + head
    for array in state.values():
        if array.size:
            yield np.ascontiguousarray(array).reshape(-1).view(np.uint8).data


def decode(blob: bytes) -> dict[str, State]:
    """The states in `blob`. Raises Incompatible when it is not a whole snapshot of this version or the one before."""
    magic = blob[: len(MAGIC)]
    if magic not in (MAGIC, FORMER):
        raise Incompatible(f"the snapshot begins with {magic!r}, not {MAGIC!r}: made by another version of nadi")
    try:
        return _states(blob, whole=magic == MAGIC)
    except (ValueError, TypeError) as error:
        raise Incompatible(f"the snapshot is not whole: {error}") from error


def _states(blob: bytes, *, whole: bool) -> dict[str, State]:
    """whole: directories go on until one is empty."""
    states: dict[str, State] = {}
    at = len(MAGIC)
    while size := int.from_bytes(blob[at : at + _LENGTH], "little"):
        at += _LENGTH
        directory: Directory = json.loads(blob[at : at + size])
        at += size
        for owner, name, dtype, shape in directory:
            count = int(np.prod(shape, dtype=np.int64))
            array: np.ndarray[Any, Any] = np.frombuffer(blob, dtype, count, at).reshape(shape).copy()
            states.setdefault(owner, {})[name] = array
            at += array.nbytes
        if not whole:
            return states
    if len(blob) < at + _LENGTH:
        raise ValueError("its end is missing")
    return states
