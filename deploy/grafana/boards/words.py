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
    "warning": (Text("warning", "peringatan"), "orange"),
    "info": (Text("info", "info"), "blue"),
}
"""The word, and the colour it has everywhere."""

STATES = {
    "unacknowledged": Text("not acknowledged", "belum ditangani"),
    "acknowledged": Text("acknowledged", "ditangani"),
    "returned": Text("over, not seen yet", "pulih, belum dilihat"),
    "closed": Text("closed", "selesai"),
    "shelved": Text("shelved", "ditunda"),
    "suppressed": Text("held back", "ditahan"),
    "out-of-service": Text("out of service", "di luar layanan"),
    "historical": Text("in the past", "sudah lewat"),
    "merged": Text("merged", "digabung"),
}
"""Of incidents: `telemetry.batch.INCIDENT_STATES`."""

EVENTS = {
    "opened": Text("opened", "terbuka"),
    "acknowledged": Text("acknowledged", "ditangani"),
    "escalated": Text("more severe", "lebih gawat"),
    "returned": Text("over", "pulih"),
    "closed": Text("closed", "selesai"),
    "comment": Text("comment", "komentar"),
    "shelved": Text("shelved", "ditunda"),
    "unshelved": Text("brought back", "kembali dari penundaan"),
    "suppressed": Text("held back", "ditahan"),
    "released": Text("no longer held back", "tidak ditahan lagi"),
    "out-of-service": Text("out of service", "di luar layanan"),
    "in-service": Text("back in service", "dilayani lagi"),
    "historical": Text("in the past", "sudah lewat"),
    "merged": Text("merged", "digabung"),
}
"""Of an incident's history: `telemetry.batch.INCIDENT_EVENTS`."""

COLUMNS = {
    "Time": Text("since", "sejak"),
    "severity": Text("severity", "tingkat"),
    "city": Text("city", "kota"),
    "domain": Text("domain", "bidang"),
    "zone": Text("zone", "zona"),
    "device": Text("device", "alat"),
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
    "failed": Text("failed", "gagal uji"),
}
"""What the columns of tables are called."""
