"""Fuzz target `wire`: any bytes, cut anywhere, through `ingest/wire.py` and `ingest/scanner.py`.

    byte 0      bit 0: MQTT 5 or 3.1.1; the others: limits.max_payload, from 16 bytes on
    byte 1..2   where the stream is cut: a seed
    the rest    what the broker sends

Nothing but WireError may come of it, what is held back is bounded, and neither the cuts nor how
the socket happened to fill may change what is found.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any, Literal

from ingest import wire
from ingest.scanner import MAX_PROPERTIES, Scanned
from telemetry.errors import WireError
from tests.ingest.kit import NOW, rows, scanner

HEAD = 3
MAX_HEAD = 5 + 2 + 65_535 + 2 + 4 + MAX_PROPERTIES
"""Bytes of a PUBLISH that may precede its payload and still be read."""
NO_ID = "a PUBLISH with packet id 0"


Frames = Literal["kept", "forgotten"]


def limits(data: bytes) -> tuple[int, int]:
    """Protocol version and limits.max_payload that these bytes ask for."""
    return (wire.V5 if data[0] & 1 else wire.V311), 16 << (data[0] >> 1 & 7)


def check(data: bytes) -> None:
    """Raises AssertionError where a promise is broken."""
    if len(data) < HEAD:
        return
    version, max_payload = limits(data)
    stream = data[HEAD:]
    draw = random.Random(int.from_bytes(data[1:HEAD], "big"))
    cuts = sorted(draw.randrange(len(stream) + 1) for _ in range(draw.randrange(1, 9)))
    every = range(len(stream) if len(stream) < 64 else 0)
    compare(stream, cuts, "kept", version, max_payload)
    compare(stream, every, "kept", version, max_payload)
    # What is wrong with a packet that is not whole may be noticed now or later.
    borders = ends(stream)
    compare(stream[: borders[-1]] if borders else b"", borders[:-1], "forgotten", version, max_payload)


def compare(stream: bytes, cuts: Sequence[int], frames: Frames, version: int, max_payload: int) -> None:
    """`stream` in pieces gives what it gives at once."""
    whole = through(stream, [], version, max_payload)
    cut = through(stream, cuts, version, max_payload, frames)
    if whole["error"] == NO_ID or cut["error"] == NO_ID:
        # Noticed with a whole buffer, so that what follows it in there was read as well.
        assert cut["error"], f"cut at {list(cuts)}: no error, but {whole['error']}"
    else:
        assert cut == whole, f"cut at {list(cuts)}: {cut} instead of {whole}"


def ends(stream: bytes) -> list[int]:
    """Where packets end, as far as their lengths can be read."""
    places: list[int] = []
    at = 0
    while at < len(stream):
        try:
            packet = wire.frame(stream, at)
        except WireError:
            break
        if packet is None or packet.end > len(stream):
            break
        at = packet.end
        places.append(at)
    return places


def through(
    stream: bytes, cuts: Sequence[int], version: int, max_payload: int, frames: Frames = "kept"
) -> dict[str, Any]:
    """What is found in `stream` when it comes in pieces, in terms that cuts must not change.

    frames: forgotten before each piece, the scanner can take no short cut by what it saw before."""
    one = scanner(version, max_payload=max_payload)
    results: list[Scanned] = []
    buffer, wanted, at = b"", 1, 0
    for end in [*cuts, len(stream)]:
        buffer += stream[at:end]
        at = end
        while len(buffer) >= wanted:
            if frames == "forgotten":
                one._frames.clear()
            scanned = one.scan(buffer, NOW)
            assert 0 <= scanned.consumed <= len(buffer)
            assert scanned.wanted >= 0
            results.append(scanned)
            buffer = buffer[scanned.consumed :]
            wanted = scanned.wanted or len(buffer) + 1
            bound = MAX_HEAD + max(max_payload, wire.MAX_CONTROL)
            assert scanned.wanted <= bound, f"waits for {scanned.wanted} bytes"
            assert scanned.error or len(buffer) < max(wanted, bound), f"{len(buffer)} bytes are held back"
            if scanned.error is not None:
                return summary(one, results, max_payload)
            if not scanned.consumed:
                assert len(buffer) < wanted, "no progress, though all that was wanted is there"
                break
    return summary(one, results, max_payload)


def summary(one: Any, results: list[Scanned], max_payload: int) -> dict[str, Any]:
    """Of a message that is too large only the beginning is kept, as much as was there by chance."""
    refusals = [refusal for scanned in results for refusal in scanned.refusals]
    last = results[-1] if results else None
    return {
        "rows": rows(one, results),
        "refusals": sorted(
            (item.reason, item.readings, item.topic, b"" if item.reason == "too_large" else item.payload)
            for item in refusals
        ),
        "ids": [number for scanned in results for number in scanned.packet_ids.tolist()],
        "seqs": [number for scanned in results for number in scanned.sequences.seq.tolist()],
        "gateways": [state for scanned in results for state in scanned.gateways],
        "control": [packet for scanned in results for packet in scanned.control],
        "messages": sum(scanned.messages for scanned in results),
        "ignored": sum(scanned.ignored for scanned in results),
        "error": str(last.error) if last is not None and last.error else "",
    }
