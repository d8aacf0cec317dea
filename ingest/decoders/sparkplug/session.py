"""Whether anything of an edge node was missed, and asking it to be born again if so.

Sparkplug 3.0, section 6.4.23 NCMD: a host that misses a sequence number or meets a metric that no birth
announced publishes `Node Control/Rebirth` = true on the node's NCMD topic, and the node answers with new births.
"""

from __future__ import annotations

from typing import Final

from ingest.decoders.base import Request
from ingest.decoders.sparkplug.births import Node

SEQUENCE: Final = 256
AGAIN_AFTER: Final = 60_000
"""ms until a node that has not answered is asked again; twice as long each further time."""
AGAIN_AT_MOST: Final = 3_600_000
PER_REQUEST: Final = 600_000
"""ms: a node that is in trouble soon after each birth is asked so often in the long run."""
BURST: Final = 4
"""Requests beyond that, for a start."""


def follow(node: Node, seq: int) -> None:
    """Note the sequence number of a message that is no birth of the node. The same one again is a redelivery."""
    seq %= SEQUENCE
    if node.seq is not None and seq not in (node.seq, (node.seq + 1) % SEQUENCE):
        worry(node, f"seq {seq} came after {node.seq}")
    node.seq = seq


def worry(node: Node, reason: str) -> None:
    """A rebirth is wanted, until there is one."""
    if node.trouble is None:
        node.trouble = reason


def calm(node: Node) -> None:
    """The node was born."""
    node.trouble = None
    node.asked_at = None


def rebirth(node: Node, now: int) -> Request | None:
    """The request that is due, if any.

    now: ms, the time of arrival of the message at hand.
    """
    if node.trouble is None:
        return None
    if node.asked_at is not None and abs(now - node.asked_at) < node.wait:
        return None
    ahead = node.quiet_until - now
    if BURST * PER_REQUEST < ahead <= (BURST + 1) * PER_REQUEST:
        return None
    in_step = 0 < ahead <= BURST * PER_REQUEST  # else long quiet, or the clock was set back
    node.quiet_until = (node.quiet_until if in_step else now) + PER_REQUEST
    node.wait = AGAIN_AFTER if node.asked_at is None else min(2 * node.wait, AGAIN_AT_MOST)
    node.asked_at = now
    group, _, name = node.descriptor.partition("/")
    return Request(f"spBv1.0/{group}/NCMD/{name}", rebirth_payload(now))


def rebirth_payload(now: int) -> bytes:
    """`Node Control/Rebirth` = true at `now` (ms), as protobuf: payload and metric bear the same time."""
    name = b"Node Control/Rebirth"
    moment = _varint(now)
    metric = b"\x0a" + bytes((len(name),)) + name + b"\x18" + moment + b"\x20\x0b\x70\x01"
    return b"\x08" + moment + b"\x12" + bytes((len(metric),)) + metric


def _varint(number: int) -> bytes:
    number = max(number, 0)
    written = bytearray()
    while number > 0x7F:
        written.append(number & 0x7F | 0x80)
        number >>= 7
    written.append(number)
    return bytes(written)
