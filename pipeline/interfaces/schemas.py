"""JSON Schemas (2020-12) of what goes in and out, beside what the code's own tables say."""

from __future__ import annotations

from typing import Any, Final

from ingest.admission import MAX_NAME
from pipeline.outward.page import COUNTS, STATISTICS
from telemetry.batch import INCIDENT_EVENTS, INCIDENT_STATES, SEVERITIES
from telemetry.series import DOMAINS

Schema = dict[str, Any]

TEXT: Final[Schema] = {"type": "string"}
NUMBER: Final[Schema] = {"type": "number"}
TRUTH: Final[Schema] = {"type": "boolean"}
MS: Final[Schema] = {"type": "integer", "description": "ms since the epoch, UTC"}
COUNT: Final[Schema] = {"type": "integer", "minimum": 0}
NAME: Final[Schema] = {"type": "string", "minLength": 1, "maxLength": MAX_NAME}
DOMAIN: Final[Schema] = {"type": "string", "enum": list(DOMAINS)}
SEVERITY: Final[Schema] = {"type": "string", "enum": list(SEVERITIES)}
ANY: Final[Schema] = {"type": "object"}


def either(schema: Schema) -> Schema:
    """Or null, where it is not known."""
    return (
        schema | {"type": [schema["type"], "null"]} if "enum" not in schema else {"anyOf": [schema, {"type": "null"}]}
    )


def listed(schema: Schema) -> Schema:
    return {"type": "array", "items": schema}


def record(required: dict[str, Schema], optional: dict[str, Schema] | None = None) -> Schema:
    """An object; keys that are not named may be added without notice."""
    return {"type": "object", "required": list(required), "properties": required | (optional or {})}


ERROR: Final = record({"error": TEXT})
IDENTITY: Final[dict[str, Schema]] = {
    "city": TEXT,
    "domain": DOMAIN,
    "zone": TEXT,
    "device": TEXT,
    "quantity": TEXT,
    "unit": either(TEXT),
}
READING: Final = record({**IDENTITY, "time": MS, "value": NUMBER, "flags": COUNT})
WINDOW: Final = record(
    {
        **IDENTITY,
        "start": MS,
        "length": COUNT,
        **{name: either(NUMBER) for name in STATISTICS},
        **{name: either(COUNT) if name == "expected" else COUNT for name in COUNTS},
    }
)
OBSERVATIONS: Final = record({"observations": listed({"oneOf": [READING, WINDOW]}), "next": either(TEXT)})
SENSORTHINGS: Final = record(
    {
        "value": listed(
            record(
                {
                    "@iot.id": TEXT,
                    "phenomenonTime": TEXT,
                    "resultTime": {"type": "null"},
                    "result": either(NUMBER),
                    "Datastream": record(
                        {
                            "name": TEXT,
                            "unitOfMeasurement": record({"name": either(TEXT), "symbol": either(TEXT)}),
                            "observationType": TEXT,
                        }
                    ),
                }
            )
        )
    },
    {"@iot.nextLink": TEXT},
)
SENML: Final = {
    "type": "array",
    "minItems": 1,
    "items": record({"n": TEXT, "t": NUMBER}, {"bn": TEXT, "bver": {"const": 26}, "u": TEXT, "v": NUMBER, "vs": TEXT}),
}
STATE: Final[Schema] = {"type": "string", "enum": list(INCIDENT_STATES)}
EVENT: Final[Schema] = {"type": "string", "enum": list(INCIDENT_EVENTS)}
INCIDENT: Final = record(
    {
        **dict.fromkeys(("id", "kind", "city", "domain", "zone", "cause", "reason"), TEXT),
        "state": STATE,
        "severity": SEVERITY,
        "since": MS,
        "updated": MS,
        "ended": either(MS),
        "value": either(NUMBER),
        "member_count": COUNT,
        "members": listed(ANY),
        "events": listed(ANY),
    },
    {"reasons": record({"id": TEXT, "en": TEXT})},
)
SHELF: Final = record(
    {
        **dict.fromkeys(("incident", "kind", "city", "domain", "zone", "cause", "by", "reason"), TEXT),
        "state": {"type": "string", "enum": ["shelved", "out-of-service"]},
        "life_safety": {"type": "boolean"},
        "since": either(MS),
        "until": either(MS),
    }
)
INDICATOR: Final = record(
    {"domain": TEXT, "indicator": TEXT, "value": either(NUMBER), "unit": either(TEXT), "time": either(MS)}
)
STATUS: Final = record(
    {
        "now": MS,
        "version": TEXT,
        "ready": TRUTH,
        "problems": listed(TEXT),
        "notices": listed(TEXT),
        "uptime_s": NUMBER,
        "series": COUNT,
        "messages_total": COUNT,
        "domains": ANY,
        "mqtt": ANY,
        "journal": ANY,
        "sinks": ANY,
    }
)
