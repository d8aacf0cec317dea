"""What happened in a tick, as batches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from processors.base import Outputs
from processors.incidents.model import Incident
from processors.incidents.register import Register
from telemetry.batch import IncidentEvents, Incidents


def emit(register: Register, out: Outputs) -> None:
    """Move what the register noted into `out`."""
    if register.happened:
        out.incident_events.append(_events(register))
        register.happened.clear()
    shown = [incident for incident in register.changed.values() if incident.told]
    if shown:
        out.incidents.append(_incidents(register, shown))
    register.changed.clear()


def _incidents(register: Register, shown: Sequence[Incident]) -> Incidents:
    return Incidents(
        time=_column(shown, "time"),
        updated=_column(shown, "updated"),
        ended=_column(shown, "ended"),
        value=np.array([incident.value for incident in shown], np.float64),
        members=np.array([len(incident.members) + incident.more for incident in shown], np.int64),
        severity=_column(shown, "severity"),
        incident=tuple(incident.id for incident in shown),
        **_places(shown),
        cause=tuple(incident.cause for incident in shown),
        state=tuple(register.known.state_of(incident) for incident in shown),
        reason=tuple(register.reason(incident) for incident in shown),
    )


def _events(register: Register) -> IncidentEvents:
    memory = register.known.memory
    incidents = [incident for incident, _ in register.happened]
    events = [event for _, event in register.happened]
    times = [
        memory.claim(("event", *incident.place, incident.kind), event.time) for incident, event in register.happened
    ]
    return IncidentEvents(
        time=np.array(times, np.int64),
        severity=_column(incidents, "severity"),
        incident=tuple(incident.id for incident in incidents),
        **_places(incidents),
        event=tuple(event.event for event in events),
        state=tuple(event.state for event in events),
        by=tuple(event.by for event in events),
        reason=tuple(event.reason for event in events),
    )


def _places(incidents: Sequence[Incident]) -> dict[str, tuple[str, ...]]:
    return {
        "city": tuple(incident.place[0] for incident in incidents),
        "domain": tuple(incident.place[1] for incident in incidents),
        "zone": tuple(incident.place[2] for incident in incidents),
        "kind": tuple(incident.kind for incident in incidents),
    }


def _column(incidents: Sequence[Incident], name: str) -> Any:
    return np.array([getattr(incident, name) for incident in incidents], np.int64)
