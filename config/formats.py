"""Other people's formats, as the settings name them. What reads them: `ingest/decoders/table.py`."""

from __future__ import annotations

import re
from typing import Final, Literal

FormatName = Literal[
    "senml-json",
    "senml-cbor",
    "sparkplug",
    "chirpstack",
    "tts",
    "influx",
    "tasmota",
    "zigbee2mqtt",
    "shelly",
    "homie",
    "sensorthings",
    "ngsi-ld",
    "thingsboard",
    "ultralight",
    "wmbusmeters",
    "json",
]

NEED_TOPICS: Final = frozenset(("senml-json", "senml-cbor", "influx", "ngsi-ld", "json"))
"""Nobody publishes these under topics that are known beforehand."""

FIELD: Final = re.compile(r"\{([^{}]*)\}")
_FIELD_NAME = re.compile(r"\w[\w.-]*")


def template_fault(template: str) -> str | None:
    """Why `template` is not text with {fields}; None if it is."""
    if "{" in FIELD.sub("", template) or "}" in FIELD.sub("", template):
        return "a brace without its other half"
    wrong = [name for name in FIELD.findall(template) if not _FIELD_NAME.fullmatch(name)]
    if wrong:
        return f"{{{wrong[0]}}} is not a field: a number is a level of the topic, a word is a label of the message"
    return None
