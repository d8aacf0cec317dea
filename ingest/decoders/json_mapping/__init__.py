"""JSON of any shape, and payloads that are one word, read by a mapping.

The mapping stands in the settings, or in a YAML file that they name; docs/mapping.schema.json is its schema,
for editors that check. It is compiled once, and what is wrong in it is said with file, line and key.

    topic: "city/{domain}/{site}[/{device}]"   # or several; {rest*} is any number of levels, + and # as in filters
    records: "data.samples[]"                  # JMESPath; without it the document, or each item of an array
    fields: {serial: meta.serial, kind: kind}  # JMESPath; for the templates below, beside the topic's fields
    sensor: "{site}-{serial}"                  # template; without it {device}, or else the topic
    gateway: "{serial}"                        # template
    labels: {floor: "{site}"}                  # templates; the topic's fields are labels too
    time: {path: at, format: "%d/%m/%Y %H:%M:%S", zone: Asia/Jakarta}
    readings:
      - {quantity: flow, value: flow.raw, unit: m3/h, scale: 0.1, offset: -4}
      - {quantity: pump, value: pump, map: {ON: 1, OFF: 0, ERR: null}}
      - {quantity: "{kind}", value: v, when: "kind != 'info'"}
      - {values: channels, units: {head: m}, omit: [id]}

- Paths are JMESPath. `fields` and `time` are looked for in the record, then in the whole document. Templates are
  text with {fields}; {topic} is the topic, and under `values` {key} the dotted path of a number.
- `format` of a time: `auto` (ISO 8601, or an epoch number told apart by its size), `s`, `ms`, `us`, `ns`, or a
  pattern of Python's strptime. `zone` is that of times without an offset, otherwise UTC.
- `value` is one value: a number, text of a number, true or false (1 and 0), or what `map` knows; null in a map
  is no reading. `values` takes all numbers of an object or array, at any depth, and what `map` knows.
- A reading is value * scale + offset, and sensor and quantity are as the templates say.
- What a path does not find is no reading, and nothing wrong. A value that is no number, a time that can't be
  read and a sensor without a name refuse only themselves, or their record. `payload: text` reads a payload that
  is no JSON as one text, found by the path `@`.
"""

from __future__ import annotations

from ingest.decoders.base import Message
from ingest.decoders.json_mapping.decoder import JsonMapping
from ingest.decoders.json_mapping.model import MappingFault

__all__ = ["JsonMapping", "MappingFault", "looks_like"]


_SHORT = 64


def looks_like(message: Message) -> bool:
    """Whether it may be JSON at all, or a word; what it means only a mapping can say."""
    payload = message.payload.strip()
    return payload[:1] in (b"{", b"[") or (
        0 < len(payload) <= _SHORT and payload.isascii() and payload.decode().isprintable()
    )
