"""What a processor tells the incidents: a condition began, changed or ended somewhere.

    Signal("burst", ("3578", "water", "Genteng"), cause="", member=17, time=…, active=True, …)

A condition is identified by (kind, place, cause, member). Its processor speaks on edges only:
when it becomes true, when its severity changes, when it ends. What is few, delayed, grouped or
suppressed is decided in one place, `processors/incidents`: a processor need not wait.
"""

from __future__ import annotations

from typing import NamedTuple

Place = tuple[str, str, str]
"""City, domain and zone; zone "*" for a whole city, domain "*" for what is of no single one."""
NOBODY = -1


class Signal(NamedTuple):
    """One edge of a condition. Conditions with the same kind, place and cause are one incident."""

    kind: str
    """A key of `processors.kinds.KINDS`."""
    place: Place
    cause: str
    """What its members share beyond their place: a gateway, a river, a device; "" for the zone itself."""
    member: int
    """Series id, or NOBODY for a condition of the whole cause."""
    time: int
    """Event time of the reading or window that showed it, ms."""
    active: bool
    severity: int
    """Index into `telemetry.batch.SEVERITIES`."""
    value: float
    score: float
    """How strong the evidence is, 0.5 (just enough) to 1."""
    reason: str
    """A sentence in the language of the settings."""
