"""Entities of NGSI-LD (ETSI GS CIM 009), normalised, as a broker's batch upsert takes them.

A reading is an entity of its device, with the quantity as a Property that says in which unit (UN/CEFACT) and when.
"""

from __future__ import annotations

from typing import Any, Final

from sinks.lineprotocol import window_label
from sinks.standards import names
from sinks.standards.times import instant
from sinks.standards.units import word_of
from telemetry.series import Identity

TYPE: Final = "application/ld+json"
CONTEXT: Final = "https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context.jsonld"
_TYPES: Final = {
    "readings": "Device",
    "windows": "DeviceWindow",
    "anomalies": "Anomaly",
    "incidents": "Incident",
    "incident-events": "IncidentEvent",
    "indicators": "Indicator",
}
"""By kind of row."""
_TIMES: Final = frozenset(("time", "updated", "ended"))


def entity(kind: str, identity: Identity | None, time: int, fields: dict[str, Any]) -> dict[str, Any]:
    """fields: as of `sinks.mqtt.rows.Row`; what is absent is left out. time: ms."""
    made = _of_series(kind, identity, time, fields) if identity else _of_city(kind, time, fields)
    return {**made, "@context": CONTEXT}


def _of_series(kind: str, identity: Identity, time: int, fields: dict[str, Any]) -> dict[str, Any]:
    others = dict(fields)
    device = list(identity[:4])
    if kind == "windows":
        value = others.pop("mean")
        device.append(window_label(fields["length"]))
    else:
        value = others.pop("value")
    word = word_of(identity.domain, identity.quantity)
    said = {"value": value, "observedAt": instant(time)}
    if word is not None and word.unece is not None:
        said["unitCode"] = word.unece
    if kind == "readings" and not fields["flags"]:
        others = {}
    inner = {name: _property(each) for name, each in others.items() if each is not None}
    measured: dict[str, Any] = {"type": "Property", **said, **inner}
    known = {"id": names.urn(_TYPES[kind], *device), "type": _TYPES[kind]}
    if value is None:  # NGSI-LD has no null: the parts stand by themselves
        return known | {name: each | {"observedAt": instant(time)} for name, each in inner.items()}
    return known | {names.attribute(identity.quantity): measured}


_KEYS: Final = {
    "incidents": ("incident",),
    "incident-events": ("incident", "time", "event"),
    "indicators": ("domain", "zone", "indicator", "period"),
}
"""What an entity's id is made of, beside the city."""


def _of_city(kind: str, time: int, fields: dict[str, Any]) -> dict[str, Any]:
    own = [str(fields[name]) for name in _KEYS[kind]]
    made: dict[str, Any] = {"id": names.urn(_TYPES[kind], fields["city"], *own), "type": _TYPES[kind]}
    for name, value in fields.items():
        if value is not None:
            made[name] = _time(value) if name in _TIMES else _property(value)
    return made


def _property(value: Any) -> dict[str, Any]:
    return {"type": "Property", "value": value}


def _time(time: int) -> dict[str, Any]:
    return _property({"@type": "DateTime", "@value": instant(time)})
