"""Sparkplug B, as of Eclipse's Sparkplug 3.0 (ISO/IEC 20237) and of the 2.2 devices in the field.

What a reading is called:

    sensor    group/node, or group/node/device: what the specification calls the edge node descriptor, and
              Eclipse Tahu the device descriptor
    quantity  the metric's name as it is, with the slashes of its folders; members of a template instance
              follow its name after a dot
    unit      the property `engUnit`, `Engineering Units` or alike, of the birth or whatever was said last
    time      the metric's timestamp, else the payload's (of a template's member: else the template's)

An alias is looked up among the metrics of the topic it comes on. That is right for nodes that number
their metrics throughout, as they must, and for those that number each device's from zero.

Numbers and booleans (1 or 0) are readings, a DateTime is its milliseconds. No readings are: null and transient
metrics (they are not for storing), those whose Quality is bad or stale, text, bytes, arrays and data sets,
definitions of templates, bdSeq and the boolean commands below `Node Control` and `Device Control`.
Historical metrics are readings like others, at their own time.

A whole number whose type was never said is taken as it stands, unless its top bit is set: then it may be negative.

Births are remembered across restarts. A birth replaces what was remembered of its node or device, and the node's makes
void what was remembered of its devices. A node is asked to be born again (Node Control/Rebirth) when a sequence number
is missing, a metric was never announced, data comes before a birth or after a death, and once after a restart: soon,
and then less and less often. A death makes its metrics stale, but not that of an earlier session, by its bdSeq.
"""

from __future__ import annotations

from typing import Final

from ingest.decoders.base import Message
from ingest.decoders.sparkplug.compressed import MAX_BODY
from ingest.decoders.sparkplug.decoder import Sparkplug
from ingest.decoders.sparkplug.topics import NAMESPACE

__all__ = ["MAX_BODY", "TOPICS", "Sparkplug", "looks_like"]

TOPICS: Final = (f"{NAMESPACE}/#",)


def looks_like(message: Message) -> bool:
    """By its topic; before 3.0 that of STATE could be anybody's."""
    if message.topic.startswith(f"{NAMESPACE}/"):
        return True
    return message.topic.startswith("STATE/") and message.payload in (b"ONLINE", b"OFFLINE")
