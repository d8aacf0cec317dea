"""What goes over MQTT: a row a channel."""

from __future__ import annotations

from typing import Any, Final, Literal, NamedTuple

import msgspec

from ingest.admission import ROOT
from pipeline.interfaces.schemas import (
    ANY,
    COUNT,
    DOMAIN,
    EVENT,
    MS,
    NAME,
    NUMBER,
    SENML,
    SEVERITY,
    STATE,
    TEXT,
    WINDOW,
    Schema,
    either,
    listed,
    record,
)
from pipeline.refusals.feedback import OUT
from sinks.alerts.notice import Notice
from sinks.mqtt.forms import FORMS
from sinks.mqtt.rows import ANOMALY_FIELDS, EVENT_FIELDS, INCIDENT_FIELDS, INDICATOR_FIELDS
from telemetry.series import DOMAINS

LEVELS: Final[dict[str, tuple[str, list[str]]]] = {
    "city": ("any name; in Indonesia the regency code, as 3578", []),
    "domain": ("a domain, or * for what is of no single one", list(DOMAINS)),
    "zone": ("a part of the city, or * for all of it", []),
    "device": ("a sensor's name", []),
    "gateway": ("a gateway's name", []),
    "incident": ("an incident's id", []),
    "kind": ("of incident, as burst", []),
    "indicator": ("as nrw", []),
    "length": ("of the windows, as 1m", []),
}
"""Levels of topics: what stands there, and the words allowed, if only some are."""


class Channel(NamedTuple):
    """action: what nadi does. payloads: schema by media type. settings: the section without which nothing is there."""

    name: str
    address: str
    action: Literal["receive", "send"]
    summary: str
    payloads: dict[str, Schema]
    settings: str | None = None
    retained: bool = False


JSON: Final = "application/json"
_TIME: Final[Schema] = {
    "description": "epoch number in s, ms, us or ns, told apart by its size, or RFC 3339 with an offset",
    "type": ["number", "string"],
}
_COMMON: Final[dict[str, Schema]] = {"ts": _TIME, "gw": NAME, "seq": COUNT}
_NUMBERS: Final[Schema] = {"type": "object", "additionalProperties": NUMBER, "minProperties": 1}
_UNITS: Final[Schema] = {"type": "object", "additionalProperties": TEXT}
_MESSAGE: Final[Schema] = {
    "anyOf": [
        record({"values": _NUMBERS}, {**_COMMON, "units": _UNITS}),
        record({"quantity": NAME, "value": NUMBER}, {**_COMMON, "unit": TEXT}),
    ]
}
NATIVE: Final[Schema] = {"anyOf": [_MESSAGE, listed(_MESSAGE)]}

_KNOWN: Final[dict[str, Schema]] = {
    **dict.fromkeys(("time", "updated", "opened"), MS),
    "ended": either(MS),
    "members": COUNT,
    "domain": {"type": "string", "enum": [*DOMAINS, "*"]},
    "state": STATE,
    "event": EVENT,
    **{name: either(NUMBER) for name in (*ANOMALY_FIELDS, "numerator", "denominator")},
    "period": {"type": "string", "enum": ["day", "month"]},
}


def _fields(names: tuple[str, ...], more: dict[str, Schema]) -> Schema:
    return record({name: _KNOWN.get(name, TEXT) for name in names} | more)


_REPUBLISHED: Final[dict[str, Schema]] = {
    "readings": record(
        {"ts": MS, "values": _NUMBERS, "units": _UNITS}, {"flags": {"type": "object", "additionalProperties": COUNT}}
    ),
    "windows": WINDOW,
    "anomalies": _fields(
        ("city", "zone", "device", "quantity", "time", *ANOMALY_FIELDS, "detector", "reason"),
        {"domain": DOMAIN, "unit": either(TEXT), "severity": SEVERITY},
    ),
    "incidents": _fields(INCIDENT_FIELDS, {"severity": SEVERITY}),
    "incident-events": _fields(EVENT_FIELDS, {"severity": SEVERITY}),
    "indicators": _fields(INDICATOR_FIELDS, {}),
}
"""By kind of row, in nadi's own words."""
_PLACES: Final = {
    "readings": "{domain}/{zone}/{device}",
    "windows": "{length}/{domain}/{zone}/{device}",
    "anomalies": "{domain}/{zone}/{device}",
    "incidents": "{domain}/{zone}/{kind}",
    "incident-events": "{domain}/{zone}/{kind}",
    "indicators": "{domain}/{zone}/{indicator}",
}
_ENTITIES: Final = listed(record({"id": TEXT, "type": TEXT, "@context": TEXT}))


def _notice() -> Schema:
    """Of an alert, as msgspec writes it."""
    schema: dict[str, Any] = msgspec.json.schema(Notice, ref_template="#/components/schemas/{name}")["$defs"]["Notice"]
    known = {
        name: _KNOWN.get(name, ANY if "$ref" in str(each) else each) for name, each in schema["properties"].items()
    }
    known |= {"value": either(NUMBER), "severity": SEVERITY, "first": either(ANY), "previous": either(ANY)}
    return record({name: known[name] for name in schema["required"]}, known)


def _feed(kind: str) -> Channel:
    payloads = {
        FORMS["native"].media: listed(_REPUBLISHED[kind]),
        FORMS["senml"].media: SENML,
        FORMS["ngsi-ld"].media: _ENTITIES,
    }
    words = f"{kind.capitalize().replace('-', ' ')} for other applications, in one of the forms."
    return Channel(f"feed-{kind}", f"{OUT}/{{city}}/feed/{kind}/{_PLACES[kind]}", "send", words, payloads, "republish")


CHANNELS: Final[tuple[Channel, ...]] = (
    Channel(
        *("readings", f"{ROOT}/{{city}}/{{domain}}/{{zone}}/{{device}}", "receive"),
        "What gateways publish, in nadi's own format; others by the rules of `decoders`.",
        {JSON: NATIVE},
    ),
    Channel(
        *("gateway-status", f"{ROOT}/{{city}}/gateway/{{gateway}}/status", "receive"),
        "A gateway's state, which is its last will, too.",
        {"text/plain": {"type": "string", "enum": ["online", "offline"]}},
        retained=True,
    ),
    Channel(
        *("receipts", f"{OUT}/{{city}}/ack/{{gateway}}", "send"),
        "The highest `seq` up to which all of a gateway's messages are stored.",
        {JSON: record({"seq": COUNT})},
    ),
    Channel(
        *("refusals", f"{OUT}/{{city}}/rejects/{{domain}}/{{zone}}/{{device}}", "send"),
        "What was refused, and why; at a limited rate.",
        {JSON: record({"reason": TEXT, "detail": TEXT, "payload": TEXT, "time": MS})},
    ),
    Channel(
        *("alerts", f"{OUT}/{{city}}/incidents/{{incident}}", "send"),
        "An open incident; an empty message ends it. A channel of `alerts` of type mqtt.",
        {JSON: _notice()},
        "alerts",
        retained=True,
    ),
    *map(_feed, _PLACES),
)
