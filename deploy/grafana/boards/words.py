"""What people read, in both languages, side by side."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

Language = Literal["id", "en"]


class Text(NamedTuple):
    """The same in both languages."""

    en: str
    id: str


Words = Text | str
"""A plain string is the same in both: a unit, a name, a formula."""


def spoken(value: Any, language: Language) -> Any:
    """A copy of a tree of dictionaries and lists with every Text in one language."""
    if isinstance(value, Text):
        return value.en if language == "en" else value.id
    if isinstance(value, dict):
        return {spoken(key, language): spoken(each, language) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [spoken(each, language) for each in value]
    return value


DOMAINS = {
    "water": Text("Water", "Air"),
    "energy": Text("Energy", "Energi"),
    "waste": Text("Waste", "Sampah"),
    "disaster": Text("Disaster", "Bencana"),
}

SEVERITIES = {
    "critical": (Text("critical", "kritis"), "red"),
    "warning": (Text("warning", "waspada"), "orange"),
    "info": (Text("info", "info"), "blue"),
}
"""The word, and the colour it has everywhere."""

STATES = {
    "unacknowledged": Text("new", "baru"),
    "acknowledged": Text("acknowledged", "diterima"),
    "returned": Text("over, not yet seen", "selesai, belum dilihat"),
    "closed": Text("closed", "ditutup"),
    "shelved": Text("shelved", "ditunda"),
    "suppressed": Text("suppressed", "diredam"),
    "out-of-service": Text("out of service", "tidak beroperasi"),
    "historical": Text("long over", "sudah lampau"),
    "merged": Text("part of a graver one", "bagian dari yang lebih parah"),
}
"""Of incidents: `telemetry.batch.INCIDENT_STATES`."""

EVENTS = {
    "opened": Text("opened", "terbuka"),
    "acknowledged": Text("acknowledged", "diterima"),
    "escalated": Text("graver", "makin parah"),
    "returned": Text("over", "selesai"),
    "closed": Text("closed", "ditutup"),
    "comment": Text("comment", "komentar"),
    "shelved": Text("shelved", "ditunda"),
    "unshelved": Text("no longer shelved", "tidak lagi ditunda"),
    "suppressed": Text("held back", "ditahan"),
    "released": Text("let go", "dilepas"),
    "out-of-service": Text("out of service", "tidak beroperasi"),
    "in-service": Text("in service again", "beroperasi lagi"),
    "historical": Text("long over", "sudah lampau"),
    "merged": Text("part of a graver one", "bagian dari yang lebih parah"),
}
"""Of an incident's history: `telemetry.batch.INCIDENT_EVENTS`."""

COLUMNS = {
    "Time": Text("since", "sejak"),
    "severity": Text("severity", "tingkat"),
    "city": Text("city", "kota"),
    "domain": Text("domain", "bidang"),
    "zone": Text("zone", "zona"),
    "device": Text("device", "perangkat"),
    "quantity": Text("quantity", "besaran"),
    "kind": Text("what", "apa"),
    "todo": Text("what to do", "tindakan"),
    "state": Text("state", "status"),
    "reason": Text("why", "mengapa"),
    "event": Text("event", "kejadian"),
    "by": Text("by", "oleh"),
    "value": Text("value", "nilai"),
    "baseline": Text("usual", "lazim"),
    "low": Text("from", "dari"),
    "high": Text("to", "sampai"),
    "score": Text("score", "skor"),
    "detector": Text("found by", "ditemukan oleh"),
    "name": Text("place", "tempat"),
    "flags": Text("flags", "tanda"),
    "count": Text("readings", "bacaan"),
    "expected": Text("expected", "seharusnya"),
    "revision": Text("revision", "revisi"),
    "mean": Text("mean", "rerata"),
    "min": Text("lowest", "terendah"),
    "max": Text("highest", "tertinggi"),
    "std": Text("std. dev.", "simp. baku"),
    "delta": Text("advance", "kenaikan"),
    "completeness": Text("% came", "% masuk"),
    "failed": Text("rejected", "ditolak"),
}
"""What the columns of tables are called."""
