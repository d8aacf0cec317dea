"""What nadi tells of itself, as one JSON object: behind `/api/v1/status`, `/readyz`, the demo."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, Final

from pipeline.delivery.runner import DeliveryRunner
from pipeline.wiring import Parts
from telemetry.series import DOMAINS, OF_ONE_DEVICE

VERSION: Final = "0.1.0"
LAG_READY_S: Final = 60.0
"""Processing that is further behind is not caught up."""
SHOWN_INCIDENTS: Final = 30
"""The most urgent ones; all are at /api/v1/incidents."""
SHOWN_CLOCKS: Final = 20
"""The worst ones."""
SESSION_LOST_SHOWN_MS: Final = 900_000
"""For so long a lost session is a problem; what it held does not come back by waiting."""


def of(parts: Parts, now: int, uptime: float) -> dict[str, Any]:
    """Everything; see docs/api.md for the shape. now: ms; uptime: s."""
    journal = parts.journal.stats()
    totals = parts.ledger.summary()
    problems = list(_problems(parts, now))
    return {
        "now": now,
        "version": VERSION,
        "city": next((device.city for device in parts.table.devices if device is not None), None),
        "ready": not problems,
        "problems": problems,
        "notices": list(_notices(parts)),
        "uptime_s": round(uptime, 1),
        "series": len(parts.table),
        "gateways": len(parts.table.gateways),
        "gateways_untaken": parts.table.gateways_untaken,
        "messages_total": totals["messages"],
        "formats": dict(parts.subscriber.scanner.slow.rules.messages),
        "late_total": totals["all"]["late"],
        "rejects": totals["all"]["reasons"],
        "domains": {domain: _domain(parts, domain, totals["domains"][domain]) for domain in DOMAINS},
        "anomalies": parts.board.recent(),
        "incidents": parts.incidents.listing(SHOWN_INCIDENTS),
        "mqtt": _mqtt(parts),
        "clocks": _clocks(parts),
        "journal": {
            "bytes": journal.bytes,
            "max_bytes": journal.max_bytes,
            "commits": journal.commits,
            "lag_s": _lag(parts, now),
            "reports": list(journal.reports),
        },
        "dead_letters": {"count": parts.letters.count, "bytes": parts.letters.bytes},
        "sinks": {runner.sink.name: _sink(runner) for runner in parts.runners},
        "alerts": parts.alerts.status() if parts.alerts is not None else {},
        "end_to_end": {
            "p50_s": _finite(parts.latencies.quantile(0.5)),
            "p99_s": _finite(parts.latencies.quantile(0.99)),
        },
    }


def _problems(parts: Parts, now: int) -> Iterator[str]:
    """In words, what keeps `/readyz` from saying ready."""
    mqtt, processing = parts.subscriber.status, parts.processing
    if not mqtt.connected:
        yield f"mqtt: {mqtt.reason or 'not connected'}"
    elif mqtt.reason:
        yield f"mqtt: {mqtt.reason}"
    if mqtt.session_lost and now - mqtt.session_lost_at < SESSION_LOST_SHOWN_MS:
        yield "mqtt: the broker had lost our session; what it held for us meanwhile is gone"
    if processing.stalled:
        yield f"processing: {processing.stalled}"
    elif not processing.caught_up.is_set():
        yield "processing: replaying the journal"
    elif (lag := _lag(parts, now) or 0.0) > LAG_READY_S:
        yield f"processing: {lag:.0f} s behind"
    held = (parts.gate.problem, mqtt.held)
    yield from dict.fromkeys(f"acknowledging is held: {why}" for why in held if why)
    stuck = (parts.journal.stats().trouble, processing.problem)
    yield from dict.fromkeys(f"journal: {why}" for why in stuck if why and why not in held)
    if parts.feedback.problem:
        yield f"dead letters: {parts.feedback.problem}"
    for runner in parts.runners:
        if runner.problem:
            yield f"sink {runner.sink.name}: {runner.problem}"


def _notices(parts: Parts) -> Iterator[str]:
    """What an operator should know, but what does not keep readings from being taken in and stored."""
    yield from parts.journal.stats().reports
    table = parts.table
    if table.gateways_untaken:
        yield (
            f"gateways: {table.gateways_untaken} times a new name was not taken: {len(table.gateways)} are known, "
            f"at most {table.max_gateways} are kept, {table.of_one_source} of one zone and {OF_ONE_DEVICE} of one "
            "device since the start; such readings are stored without it"
        )
    for name, channel in (parts.alerts.status() if parts.alerts is not None else {}).items():
        if channel["problem"]:
            yield f"alerts over {name} wait ({channel['waiting']}): {channel['problem']}"


def _lag(parts: Parts, now: int) -> float | None:
    """Age (s) of the oldest input that is not processed; None while replaying."""
    if not parts.processing.caught_up.is_set():
        return None
    since = parts.processing.waiting_since
    return round(max(0.0, (now - since) / 1000), 3) if since else 0.0


def _domain(parts: Parts, domain: str, totals: dict[str, int]) -> dict[str, Any]:
    board, number = parts.board, DOMAINS.index(domain)
    return {
        "readings_total": sum(totals.values()),
        **{f"{outcome}_total": totals[outcome] for outcome in ("stored", "duplicate", "rejected")},
        "windows_total": int(board.windows_total[number]),
        "anomalies_total": int(board.anomalies_total[number]),
        "rate": round(board.rate(domain), 1),
        "devices": board.devices(domain),
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


def _clocks(parts: Parts) -> dict[str, Any]:
    """How many devices' clocks are off, and the worst of them."""
    number, worst = parts.subscriber.scanner.gatekeeper.skews.off(SHOWN_CLOCKS)
    return {"off": number, "worst": [{**device._asdict(), "ahead_s": ahead / 1000} for device, ahead in worst]}


def _sink(runner: DeliveryRunner) -> dict[str, Any]:
    return {
        **_account(runner),
        "retries": runner.stats.retries,
        "backlog_bytes": runner.backlog_bytes,
        "lag_s": round(runner.lag_seconds, 3),
        "last_error": runner.problem or None,
    }


def sinks_account(parts: Parts) -> dict[str, dict[str, int]]:
    """By sink: what became of every reading stored since the books began."""
    return {runner.sink.name: _account(runner) for runner in parts.runners}


def _account(runner: DeliveryRunner) -> dict[str, int]:
    account = runner.account
    return {
        "earlier": account.earlier or 0,
        "delivered": account.delivered,
        "pending": runner.pending,
        "dropped": account.dropped,
        "quarantined": account.quarantined,
        "damaged": account.damaged,
    }


def _finite(number: float) -> float | None:
    return number if math.isfinite(number) else None
