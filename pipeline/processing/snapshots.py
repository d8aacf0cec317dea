"""Processors' states to bytes and back: a JSON directory, then the arrays as they are."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from processors.base import State
from telemetry.errors import Incompatible

MAGIC = b"nadi-snapshot-1\n"


def encode(states: Mapping[str, State]) -> list[bytes | memoryview]:
    """Buffers to be written one after the other; the arrays are not copied."""
    directory: list[tuple[str, str, str, list[int]]] = []
    buffers: list[bytes | memoryview] = []
    for owner, state in states.items():
        for name, array in state.items():
            whole = np.ascontiguousarray(array)
            directory.append((owner, name, whole.dtype.str, list(array.shape)))
            buffers.append(whole.reshape(-1).view(np.uint8).data if whole.size else b"")
    head = json.dumps(directory).encode()
    return [MAGIC, len(head).to_bytes(8, "little"), head, *buffers]


def decode(blob: bytes) -> dict[str, State]:
    """The states in `blob`. Raises Incompatible when it is not a whole snapshot of this version."""
    if blob[: len(MAGIC)] != MAGIC:
        raise Incompatible(f"the snapshot begins with {blob[:16]!r}, not {MAGIC!r}: made by another version of nadi")
    try:
        return _states(blob)
    except (ValueError, TypeError) as error:
        raise Incompatible(f"the snapshot is not whole: {error}") from error


def _states(blob: bytes) -> dict[str, State]:
    at = len(MAGIC) + 8
    size = int.from_bytes(blob[len(MAGIC) : at], "little")
    directory = json.loads(blob[at : at + size])
    at += size
    states: dict[str, State] = {}
    for owner, name, dtype, shape in directory:
        count = int(np.prod(shape, dtype=np.int64))
        array: np.ndarray[Any, Any] = np.frombuffer(blob, dtype, count, at).reshape(shape).copy()
        states.setdefault(owner, {})[name] = array
        at += array.nbytes
    return states
