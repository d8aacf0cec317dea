"""What the subscriber tells of itself."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class Status:
    """Times in ms since the epoch, 0 for never. Written by the subscriber only."""

    connected: bool = False
    connected_since: int = 0
    """When the present connection began to deliver; 0 while there is none."""
    session_present: bool = False
    session_lost_at: int = 0
    """When the broker last turned out to have forgotten our session: what it held is gone."""
    session_lost: bool = False
    """The present or latest connection found its session gone."""
    reason: str = ""
    """Why not connected, or what is wrong while connected; empty if all is well."""
    held: str = ""
    """Why acknowledging is held; empty if it is not."""
    messages: int = 0
    readings: int = 0
    bytes: int = 0
    ignored: int = 0
    """Messages that are not nadi's business: its own, and retained ones by policy."""
    commits: int = 0
    reconnects: int = 0
    rejects: Counter[str] = field(default_factory=Counter)
    """Readings refused, by reason (an unreadable message is one)."""
    skew: int = 0
    """By how much the most advanced clock of the latest batch was ahead of ours, ms."""
    published: int = 0
    publish_dropped: int = 0
