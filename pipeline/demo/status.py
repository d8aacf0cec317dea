"""The status of a running service, in the form that the demo's live table shows."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from pipeline.demo.broker import DemoBroker
from pipeline.demo.table import AnomalyLine, DemoStatus, DomainStatus, IncidentLine, SinkStatus
from pipeline.service.lifecycle import Service
from telemetry.series import DOMAINS

_SHOWN = 8


def _clock(when: int, zone: ZoneInfo) -> str:
    return datetime.fromtimestamp(when / 1000, zone).strftime("%H:%M:%S")


def _where(incident: dict[str, Any]) -> str:
    return " ".join(name for name in (incident["domain"], incident["zone"], incident["kind"]) if name != "*")


def demo_status(service: Service, broker: DemoBroker) -> DemoStatus:
    """A moment of `service`, with its broker."""
    parts = service.parts
    told = service.status()
    zone = ZoneInfo(service.settings.timezone)
    newest = {
        domain: next((one for one in parts.board.anomalies if one["domain"] == domain), None) for domain in DOMAINS
    }
    p99 = told["end_to_end"]["p99_s"]
    return DemoStatus(
        city=f"Surabaya ({told['city']})",
        uptime=told["uptime_s"],
        page=service.http.address,
        broker=broker.address,
        clients=broker.clients,
        messages=told["messages_total"],
        domains=[
            DomainStatus(
                domain,
                numbers["devices"],
                numbers["rate"],
                numbers["stored_total"],
                numbers["windows_total"],
                numbers["anomalies_total"],
                found["reason"] if (found := newest[domain]) else "",
                found["severity"] if found else "info",
            )
            for domain, numbers in told["domains"].items()
        ],
        journal_bytes=told["journal"]["bytes"],
        commits=told["journal"]["commits"],
        commit_ms=parts.gate.commit_ms,
        sinks=[
            SinkStatus(name, sink["delivered"], sink["pending"], sink["lag_s"], sink["last_error"] or "")
            for name, sink in told["sinks"].items()
        ],
        anomalies=[
            AnomalyLine(
                _clock(one["time"], zone), one["severity"], one["domain"], one["zone"], one["device"], one["reason"]
            )
            for one in list(parts.board.anomalies)[:_SHOWN]
        ],
        incidents=[
            IncidentLine(_clock(one["since"], zone), one["severity"], one["state"], _where(one), one["reason"])
            for one in told["incidents"]
            if one["ended"] is None
        ],
        end_to_end_ms=None if p99 is None else p99 * 1000,
        problems=told["problems"],
    )
