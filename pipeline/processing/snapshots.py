"""Processors' states to bytes and back.

    magic, then for each processor: length of its directory, directory (JSON), its arrays as they are; length 0

Made piece by piece, so that one piece of one processor's state is in memory twice, and never all. A
processor's state may stand in several directories.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple, Protocol

import numpy as np

from processors.base import Piecewise, State
from telemetry.errors import Incompatible

MAGIC: Final = b"nadi-snapshot-2\n"
FORMER: Final = b"nadi-snapshot-1\n"
"""One directory for all stood at the beginning."""
_LENGTH: Final = 8

Directory = list[tuple[str, str, str, list[int]]]
"""Owner, name, dtype and shape of each array."""


class Remembering(Protocol):
    """What a snapshot holds."""

    name: str

    def snapshot(self) -> State: ...

    def restore(self, state: State) -> None: ...


def states_of(parts: Iterable[Remembering]) -> Iterator[tuple[str, State]]:
    """The names and states of all, or pieces of these; each is to be read before the next is asked for."""
    for part in parts:
        if isinstance(part, Piecewise):
            for piece in part.pieces():
                yield part.name, piece
                del piece  # before the next is made
        else:
            yield part.name, part.snapshot()


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


class States(Mapping[str, State]):
    """What a snapshot holds, by owner. A state is copied out of it anew each time that it is asked for, so that not
    all of them are in memory beside the snapshot."""

    def __init__(self, blob: bytes | memoryview, places: dict[str, dict[str, _Place]]) -> None:
        self._blob = blob
        self._places = places

    def __getitem__(self, owner: str) -> State:
        return {name: place.array(self._blob) for name, place in self._places[owner].items()}

    def __delitem__(self, owner: str) -> None:
        del self._places[owner]

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)

    def __contains__(self, owner: object) -> bool:
        return owner in self._places


class _Place(NamedTuple):
    """Where an array stands in a snapshot."""

    at: int
    dtype: np.dtype[Any]
    shape: tuple[int, ...]

    @property
    def end(self) -> int:
        return self.at + int(np.prod(self.shape, dtype=np.int64)) * self.dtype.itemsize

    def array(self, blob: bytes | memoryview) -> np.ndarray[Any, Any]:
        return np.ndarray(self.shape, self.dtype, blob, self.at).copy()


def decode(blob: bytes | memoryview) -> States:
    """The states in `blob`. Raises Incompatible when it is not a whole snapshot of this version or the one before."""
    magic = bytes(blob[: len(MAGIC)])
    if magic not in (MAGIC, FORMER):
        raise Incompatible(f"the snapshot begins with {magic!r}, not {MAGIC!r}: made by another version of nadi")
    try:
        return States(blob, _places(blob, whole=magic == MAGIC))
    except (ValueError, TypeError) as error:
        raise Incompatible(f"the snapshot is not whole: {error}") from error


def _places(blob: bytes | memoryview, *, whole: bool) -> dict[str, dict[str, _Place]]:
    """By owner and name. whole: directories go on until one is empty."""
    places: dict[str, dict[str, _Place]] = {}
    at = len(MAGIC)
    while size := int.from_bytes(blob[at : at + _LENGTH], "little"):
        at += _LENGTH
        directory: Directory = json.loads(bytes(blob[at : at + size]))
        at += size
        for owner, name, dtype, shape in directory:
            place = _Place(at, np.dtype(dtype), tuple(shape))
            if (at := place.end) > len(blob):
                raise ValueError(f"the end of {name} is missing")
            places.setdefault(owner, {})[name] = place
        if not whole:
            return places
    if len(blob) < at + _LENGTH:
        raise ValueError("its end is missing")
    return places
