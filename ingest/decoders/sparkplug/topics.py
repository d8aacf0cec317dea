"""Sparkplug's topics: spBv1.0/{group}/{message type}/{edge node}[/{device}] (Sparkplug 3.0, section 4.1)."""

from __future__ import annotations

from typing import Final, NamedTuple

from ingest.decoders.base import too_long

NAMESPACE: Final = "spBv1.0"
OF_NODES: Final = frozenset(("NBIRTH", "NDEATH", "NDATA", "NCMD"))
OF_DEVICES: Final = frozenset(("DBIRTH", "DDEATH", "DDATA", "DCMD"))
STATE: Final = "STATE"


class Place(NamedTuple):
    """What a topic says."""

    kind: str
    """The message type."""
    descriptor: str
    """Of the edge node: group/node. The host's id for STATE."""
    device: str | None
    sensor: str
    """group/node or group/node/device."""
    gateway: str | None
    """The edge node; None for STATE."""
    labels: dict[str, str]


def place_of(topic: str) -> Place | str:
    """The place, or what is wrong with the topic."""
    if (fault := too_long(topic)) is not None:
        return fault
    levels = topic.split("/")
    if len(levels) == 2 and levels[0] == STATE and levels[1]:  # before 3.0
        return Place(STATE, levels[1], None, levels[1], None, {})
    if levels[0] != NAMESPACE:
        return f"expected {NAMESPACE}/{{group}}/{{message type}}/{{edge node}}[/{{device}}], got {topic[:80]!r}"
    if len(levels) == 3 and levels[1] == STATE and levels[2]:
        return Place(STATE, levels[2], None, levels[2], None, {})
    kind = levels[2] if len(levels) > 2 else ""
    if kind not in OF_NODES and kind not in OF_DEVICES:
        allowed = ", ".join(sorted(OF_NODES | OF_DEVICES))
        return f"{kind[:20]!r} is no message type of Sparkplug, allowed are {allowed}, and {NAMESPACE}/STATE/{{host}}"
    expected = 4 if kind in OF_NODES else 5
    if len(levels) != expected or not all(levels):
        return f"{kind} has {expected} levels, none of them empty, got {topic[:80]!r}"
    group, node = levels[1], levels[3]
    labels = {"group": group, "node": node}
    descriptor = f"{group}/{node}"
    if kind in OF_NODES:
        return Place(kind, descriptor, None, descriptor, descriptor, labels)
    labels["device"] = levels[4]
    return Place(kind, descriptor, levels[4], f"{descriptor}/{levels[4]}", descriptor, labels)
