"""The targets by name: each takes any bytes and raises where a promise is broken."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from tests.fuzz import decoders, payload, wire

CORPUS = Path(__file__).parent / "corpus"
"""CORPUS/TARGET: inputs that together reach all that was ever reached, and all that ever failed."""

TARGETS: Mapping[str, Callable[[bytes], None]] = {
    "wire": wire.check,
    "payload": payload.check,
    "decoders": decoders.check,
}
