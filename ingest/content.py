"""The content type of a PUBLISH (MQTT 5, section 3.3.2.3.9), and the format that it names."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from ingest.properties import CONTENT_TYPE, read_properties
from telemetry.errors import WireError

FORMS: Final = {
    "application/senml+json": "senml-json",
    "application/senml+cbor": "senml-cbor",
    "application/vnd.influxdb.line-protocol": "influx",
    "application/vnd.influx.line-protocol": "influx",
    "application/vnd.sparkplug.b": "sparkplug",
    "application/ngsi+json": "ngsi-ld",
}
"""Formats by content type; application/json says nothing that a rule does not, and other types are not known."""


_REMEMBERED: Final = 256
"""Bytes of properties that are worth remembering: a device's are always the same, and short."""


def content_type(properties: bytes) -> str | None:
    """The content type among `properties`, which begin with their length; None where there is none."""
    return _quick(properties) if len(properties) <= _REMEMBERED else _read(properties)


def _read(properties: bytes) -> str | None:
    try:
        found = read_properties(properties, 0).get(CONTENT_TYPE)
    except WireError:
        return None
    return found if isinstance(found, str) and found else None


_quick = lru_cache(maxsize=4096)(_read)


def form_of(content: str) -> str | None:
    """The format that a content type names, whatever its parameters; None where it names none."""
    return FORMS.get(content.partition(";")[0].strip().lower())
