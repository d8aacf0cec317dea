"""The few words around an incident's own sentence, in Indonesian and English."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final, Literal
from zoneinfo import ZoneInfo

from sinks.alerts.notice import Notice

Language = Literal["id", "en"]

EVENTS: Final[dict[str, tuple[str, str]]] = {
    "opened": ("Insiden", "Incident"),
    "raised": ("Memburuk atau muncul lagi", "Worse, or back"),
    "escalated": ("Belum ditangani", "Not acknowledged"),
    "reminded": ("Masih berlangsung", "Still going on"),
    "acknowledged": ("Ditangani", "Acknowledged"),
    "returned": ("Pulih, belum dilihat", "Over, not seen yet"),
    "put-aside": ("Disisihkan", "Put away"),
    "closed": ("Selesai", "Closed"),
    "merged": ("Bagian dari insiden lain", "Part of another incident"),
    "test": ("UJI COBA", "TEST"),
}
SEVERITIES: Final[dict[str, tuple[str, str]]] = {
    "info": ("info", "info"),
    "warning": ("peringatan", "warning"),
    "critical": ("kritis", "critical"),
}
KINDS: Final[dict[str, tuple[str, str]]] = {
    "burst": ("pipa pecah", "burst main"),
    "slow-leak": ("kebocoran perlahan", "slow leak"),
    "supply-interrupted": ("pasokan air terputus", "no water supply"),
    "water-quality": ("mutu air buruk", "bad water quality"),
    "water-pressure": ("tekanan air tidak wajar", "abnormal water pressure"),
    "water-balance": ("air hilang melebihi batas", "water losses above target"),
    "outage": ("listrik padam", "power outage"),
    "overload": ("beban berlebih", "overload"),
    "voltage": ("tegangan tidak wajar", "abnormal voltage"),
    "unbalance": ("fasa tidak seimbang", "unbalanced phases"),
    "frequency": ("frekuensi menyimpang", "frequency excursion"),
    "consumption": ("pemakaian tidak wajar", "unusual consumption"),
    "meter-tamper": ("meter diutak-atik", "meter tampering"),
    "bin-fire": ("kebakaran tempat sampah", "bin fire"),
    "bin-full": ("tempat sampah penuh", "bin full"),
    "missed-collection": ("sampah tidak terangkut", "missed collection"),
    "bin-tilt": ("tempat sampah terguling", "bin knocked over"),
    "river-stage": ("banjir: sungai naik", "flood: river rising"),
    "flood-warning": ("peringatan banjir", "flood warning"),
    "heavy-rain": ("hujan lebat", "heavy rain"),
    "landslide": ("bahaya longsor", "landslide danger"),
    "quake": ("gempa", "earthquake"),
    "air-quality": ("udara tidak sehat", "unhealthy air"),
    "tide": ("pasang tinggi", "high tide"),
    "limit": ("di luar batas", "beyond a limit"),
    "unusual": ("tidak seperti biasa", "unlike its past"),
    "no-data": ("sensor diam", "silent sensor"),
    "gateway-lost": ("gateway terputus", "gateway lost"),
    "sensor-fault": ("sensor rusak", "faulty sensor"),
    "alarm-flood": ("banjir alarm", "flood of alarms"),
}
_LABELS: Final = {
    "where": ("Di", "Where"),
    "since": ("Sejak", "Since"),
    "until": ("Sampai", "Until"),
    "sensors": ("Sensor", "Sensors"),
    "everywhere": ("seluruh kota", "the whole city"),
    "cities": ("beberapa kota", "several cities"),
}
_MONTHS: Final[dict[Language, str]] = {
    "id": "Jan Feb Mar Apr Mei Jun Jul Agu Sep Okt Nov Des",
    "en": "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec",
}


def said(table: dict[str, tuple[str, str]], key: str, language: Language) -> str:
    """A key that is not there stands for itself: kinds may be newer than this table."""
    return table[key][language == "en"] if key in table else key


def title(notice: Notice, language: Language, cities: Mapping[str, str]) -> str:
    """One line: what, how grave, where. cities: what people call them, by their codes."""
    event = said(EVENTS, "merged" if notice.merged else notice.event, language)
    kind = said(KINDS, notice.kind, language)
    return f"{event}: {kind} ({said(SEVERITIES, notice.severity, language)}), {place(notice, language, cities)}"


def place(notice: Notice, language: Language, cities: Mapping[str, str]) -> str:
    """A river's flood is of no single city: its cause names the river."""
    if notice.city == "*":
        return notice.cause or said(_LABELS, "cities", language)
    zone = said(_LABELS, "everywhere", language) if notice.zone == "*" else notice.zone
    return f"{zone}, {cities.get(notice.city, notice.city)}"


def body(notice: Notice, language: Language, zone: str, cities: Mapping[str, str]) -> str:
    """The title, the reason, where and since when. zone: a time zone's name."""
    rows = [("where", place(notice, language, cities)), ("since", clock(notice.opened, zone, language))]
    if notice.ended is not None and not notice.merged:
        rows.append(("until", clock(notice.ended, zone, language)))
    rows.append(("sensors", str(notice.members)))
    lines = [f"{said(_LABELS, label, language)}: {text}" for label, text in rows]
    return "\n".join((title(notice, language, cities), notice.reason, "", *lines, f"nadi {notice.incident}"))


def clock(time: int, zone: str, language: Language) -> str:
    """As people write it: "22 Nov 2025 07.00.00 WIB", in English with colons. time: ms."""
    at = datetime.fromtimestamp(time / 1000, UTC).astimezone(ZoneInfo(zone))
    point = ":" if language == "en" else "."
    return f"{at.day} {_MONTHS[language].split()[at.month - 1]} {at.year} {at:%H{point}%M{point}%S %Z}"
