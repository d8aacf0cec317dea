"""Rows of one topic as one message; a row of FORMS each. All forms are JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, NamedTuple

import orjson

from sinks.lineprotocol import window_label
from sinks.mqtt.rows import Row
from sinks.standards import names, ngsi_ld, senml
from sinks.standards.units import word_of
from telemetry import flags
from telemetry.series import Identity
from telemetry.units import canonical_unit


class Form(NamedTuple):
    """media: the message's content type (MQTT 5)."""

    media: str
    write: Callable[[Sequence[Row]], bytes | None]
    """One message, of rows of one topic; None where the form has nothing to say of them."""


def _native(rows: Sequence[Row]) -> bytes:
    """Readings as nadi itself takes them; all else as objects of their fields."""
    if rows[0].kind == "readings":
        return orjson.dumps(list(_moments(rows)))
    return orjson.dumps([_object(row) for row in rows])


def _moments(rows: Sequence[Row]) -> Iterator[dict[str, Any]]:
    """Neighbours of one time in one object, but what comes again in one of its own."""
    made: dict[str, Any] = {}
    for row in rows:
        assert row.identity is not None
        quantity = row.identity.quantity
        if made and (made["ts"] != row.time or quantity in made["values"]):
            yield made
            made = {}
        if not made:
            made = {"ts": row.time, "values": {}, "units": {}}
        made["values"][quantity] = row.fields["value"]
        if unit := canonical_unit(row.identity.domain, quantity):
            made["units"][quantity] = unit
        if row.fields["flags"]:
            made.setdefault("flags", {})[quantity] = row.fields["flags"]
    yield made


def _object(row: Row) -> dict[str, Any]:
    if row.identity is None:
        return row.fields
    identity = row.identity
    time = "start" if row.kind == "windows" else "time"
    unit = canonical_unit(identity.domain, identity.quantity)
    return {**identity._asdict(), "unit": unit, time: row.time, **row.fields}


def _senml(rows: Sequence[Row]) -> bytes | None:
    records = [record for row in rows for record in _RECORDS[row.kind](row)]
    return senml.pack(records) if records else None


def _reading(row: Row) -> Iterator[senml.Record]:
    """One that quality control has rejected is left out: a pack can't say so."""
    identity = _identity(row)
    if not row.fields["flags"] & flags.FAIL:
        word = word_of(identity.domain, identity.quantity)
        yield senml.Measurement(names.senml(identity), word, row.time, row.fields["value"])


def _window(row: Row) -> Iterator[senml.Record]:
    identity = _identity(row)
    word, label = word_of(identity.domain, identity.quantity), window_label(row.fields["length"])
    for name in ("count", "mean", "min", "max", "std", "first", "last", "p50", "p95", "delta"):
        if (value := row.fields[name]) is not None:
            measured = None if name == "count" else word
            yield senml.Measurement(names.senml(identity, f"{label}.{name}"), measured, row.time, value)


def _anomaly(row: Row) -> Iterator[senml.Record]:
    identity, fields = _identity(row), row.fields
    word = word_of(identity.domain, identity.quantity)
    if fields["value"] is not None:
        yield senml.Measurement(names.senml(identity, "anomaly"), word, row.time, fields["value"])
    for name in ("severity", "detector", "reason"):
        yield senml.Label(names.senml(identity, f"anomaly.{name}"), row.time, fields[name])


def _incident(row: Row) -> Iterator[senml.Record]:
    """Texts, and the value, at the time of the change."""
    fields = row.fields
    identity = Identity(fields["city"], fields["domain"], fields["zone"], fields["incident"], row.kind)
    time = fields.get("updated", row.time)
    for name in ("event", "state", "severity", "by", "reason"):
        if name in fields:
            yield senml.Label(names.senml(identity, name), time, fields[name])
    if fields.get("value") is not None:
        yield senml.Measurement(names.senml(identity, "value"), None, time, fields["value"])


def _indicator(row: Row) -> Iterator[senml.Record]:
    """Units of indicators are nadi's own words; the registry has none of them."""
    fields = row.fields
    identity = Identity(fields["city"], fields["domain"], fields["zone"], "indicators", fields["indicator"])
    for name in ("value", "numerator", "denominator"):
        if fields[name] is not None:
            yield senml.Measurement(names.senml(identity, f"{fields['period']}.{name}"), None, row.time, fields[name])


_RECORDS: Final[dict[str, Callable[[Row], Iterator[senml.Record]]]] = {
    "readings": _reading,
    "windows": _window,
    "anomalies": _anomaly,
    "incidents": _incident,
    "incident-events": _incident,
    "indicators": _indicator,
}


def _identity(row: Row) -> Identity:
    assert row.identity is not None
    return row.identity


def _ngsi_ld(rows: Sequence[Row]) -> bytes:
    return orjson.dumps([ngsi_ld.entity(row.kind, row.identity, row.time, row.fields) for row in rows])


FORMS: Final[dict[str, Form]] = {
    "native": Form("application/json", _native),
    "senml": Form(senml.TYPE, _senml),
    "ngsi-ld": Form(ngsi_ld.TYPE, _ngsi_ld),
}
"""By the value of `republish.format`."""
