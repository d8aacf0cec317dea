"""What nadi tells of itself, as one JSON object: behind `/api/v1/status`, `/readyz`, the demo."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Any

from pipeline.delivery import DeliveryRunner
from pipeline.wiring import Parts
from telemetry.series import DOMAINS

if TYPE_CHECKING:
    from pipeline.service import Service

VERSION = "0.1.0"
LAG_READY_S = 60.0


def of(service: Service, parts: Parts) -> dict[str, Any]:
    """Everything; see docs/api.md for the shape."""
    journal = parts.journal.stats()
    totals = parts.ledger.totals()
    problems = list(_problems(parts))
    return {
        "now": service.clock(),
        "version": VERSION,
        "city": next((device.city for device in parts.table.devices if device is not None), None),
        "ready": not problems,
        "problems": problems,
        "uptime_s": round(time.monotonic() - service.began, 1),
        "series": len(parts.table),
        "messages_total": totals["messages"],
        "late_total": totals["all"]["late"],
        "rejects": totals["all"]["reasons"],
        "domains": {domain: _domain(parts, domain, totals["domains"][domain]) for domain in DOMAINS},
        "anomalies": list(parts.board.anomalies),
        "mqtt": _mqtt(parts),
        "journal": {
            "bytes": journal.bytes,
            "max_bytes": journal.max_bytes,
            "commits": journal.commits,
            "lag_s": 0.0 if parts.processing.caught_up.is_set() else None,
            "reports": list(journal.reports),
        },
        "sinks": {runner.sink.name: _sink(runner) for runner in parts.runners},
        "end_to_end": {
            "p50_s": _finite(parts.latencies.quantile(0.5)),
            "p99_s": _finite(parts.latencies.quantile(0.99)),
        },
    }


def _problems(parts: Parts) -> list[str]:
    """In words, what keeps `/readyz` from saying ready."""
    found = []
    mqtt = parts.subscriber.status
    if not mqtt.connected:
        found.append(f"mqtt: {mqtt.reason or 'not connected'}")
    if mqtt.session_lost:
        found.append("mqtt: the broker had lost our session; what it held for us meanwhile is gone")
    if not parts.processing.caught_up.is_set():
        found.append("processing: replaying the journal")
    held = dict.fromkeys(why for why in (parts.gate.problem, parts.processing.problem, mqtt.held) if why)
    found += [f"acknowledging is held: {why}" for why in held]
    found += [f"sink {runner.sink.name}: {runner.problem}" for runner in parts.runners if runner.problem]
    return found


def _domain(parts: Parts, domain: str, totals: dict[str, int]) -> dict[str, Any]:
    board = parts.board
    return {
        "readings_total": sum(totals.values()),
        **{f"{outcome}_total": totals[outcome] for outcome in ("stored", "duplicate", "rejected")},
        "windows_total": board.windows_total[domain],
        "anomalies_total": board.anomalies_total[domain],
        "rate": round(board.rate(domain), 1),
        "devices": board.devices()[domain],
        "completeness": board.completeness(domain),
        "latest": board.latest(domain),
    }


def _mqtt(parts: Parts) -> dict[str, Any]:
    mqtt = parts.subscriber.status
    return {
        "connected": mqtt.connected,
        "connected_since": mqtt.connected_since,
        "session_lost": mqtt.session_lost,
        "reason": mqtt.reason,
        "reconnects": mqtt.reconnects,
        "skew_ms": mqtt.skew,
    }


def _sink(runner: DeliveryRunner) -> dict[str, Any]:
    return {
        "delivered": runner.stats.delivered,
        "pending": runner.pending,
        "dropped": runner.stats.dropped,
        "quarantined": runner.stats.quarantined,
        "retries": runner.stats.retries,
        "backlog_bytes": runner.backlog_bytes,
        "lag_s": round(runner.lag_seconds, 3),
        "last_error": runner.problem or None,
    }


def _finite(number: float) -> float | None:
    return number if math.isfinite(number) else None
