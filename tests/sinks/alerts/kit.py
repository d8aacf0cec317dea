"""Made-up incidents and what a desk says of them."""

from __future__ import annotations

from typing import Any

from config.settings import AlertSettings
from sinks.alerts.desk import Desk
from sinks.alerts.notice import Notice, Reference
from sinks.alerts.routing import Route
from telemetry.batch import Incidents
from tests.sinks.samples import incidents_of

T0 = 1_763_769_600_000
"""2025-11-22 07:00:00 in Jakarta."""
MINUTE = 60_000
HOUR = 60 * MINUTE


def channel(**keys: Any) -> AlertSettings:
    return AlertSettings.model_validate({"name": "duty", "type": "mqtt"} | keys)


def desk(refresh: int = 0, **keys: Any) -> Desk:
    return Desk("duty", Route(channel(**keys), "Asia/Jakarta"), refresh=refresh)


def row(state: str = "unacknowledged", severity: int = 1, **columns: Any) -> Incidents:
    return incidents_of([{"time": T0, "updated": T0, "state": state, "severity": severity} | columns])


def notice(**keys: Any) -> Notice:
    plain: dict[str, Any] = {
        "id": "duty-river-stage-1-1",
        "event": "opened",
        "time": T0,
        "incident": "river-stage-1",
        "city": "3578",
        "domain": "disaster",
        "zone": "Manggarai",
        "kind": "river-stage",
        "cause": "",
        "severity": "critical",
        "state": "unacknowledged",
        "value": 950.0,
        "members": 1,
        "reason": "Siaga 1: 950 cm <naik> & terus",
        "opened": T0 - MINUTE,
        "ended": None,
    }
    return Notice(**plain | keys)


FIRST = Reference("duty-river-stage-1-1", T0)
