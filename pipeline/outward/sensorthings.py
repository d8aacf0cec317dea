"""Observations as OGC SensorThings 1.1 writes them, each with its Datastream, Thing and ObservedProperty in it
(`$expand`ed). Of nadi's own there are no entities to follow by their links."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

from sinks.lineprotocol import window_label
from sinks.standards import names
from sinks.standards.times import instant
from sinks.standards.units import word_of
from telemetry import flags
from telemetry.series import Identity

MEASUREMENT: Final = "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement"
UCUM: Final = "http://unitsofmeasure.org/ucum.html"

label = window_label


def observation(identity: Identity, time: int, length: int | None, fields: dict[str, Any]) -> dict[str, Any]:
    """fields: of a page's row; None where absent. The result of a window is its mean, the rest are parameters."""
    stream = datastream(identity, length)
    if length is None:
        return {
            "@iot.id": f"{stream['@iot.id']}@{time}",
            "phenomenonTime": instant(time),
            "resultTime": None,
            "result": fields["value"],
            "resultQuality": {"flags": fields["flags"], "qartod": flags.qartod(fields["flags"])},
            "Datastream": stream,
        }
    return {
        "@iot.id": f"{stream['@iot.id']}@{time}",
        "phenomenonTime": f"{instant(time)}/{instant(time + length)}",
        "resultTime": None,
        "result": fields["mean"],
        "parameters": {name: value for name, value in fields.items() if name != "mean" and value is not None},
        "Datastream": stream,
    }


@lru_cache(maxsize=4_096)
def datastream(identity: Identity, length: int | None) -> dict[str, Any]:
    """A unit that nadi does not know is null in all its three parts, as the standard has it."""
    word = word_of(identity.domain, identity.quantity)
    statistic = "" if length is None else f"{label(length)}.mean"
    unit: dict[str, str | None] = {"name": None, "symbol": None, "definition": None}
    if word is not None:
        unit = {"name": word.name, "symbol": word.ucum, "definition": f"{UCUM}#{word.ucum}"}
    return {
        "@iot.id": names.senml(identity, statistic),
        "name": identity.quantity if length is None else f"{identity.quantity} {statistic}",
        "description": f"{identity.quantity} of {identity.device}",
        "observationType": MEASUREMENT,
        "unitOfMeasurement": unit,
        "ObservedProperty": {"name": identity.quantity},
        "Thing": {
            "@iot.id": names.urn("Device", *identity[:4]),
            "name": identity.device,
            "properties": {"city": identity.city, "domain": identity.domain, "zone": identity.zone},
        },
    }
