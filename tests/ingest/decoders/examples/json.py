"""JSON read by a mapping. No standard says how such messages look: most are common layouts, made up; two are those
by which another reader of such JSON, Telegraf, is documented."""

from __future__ import annotations

from typing import Any, Final

from ingest.decoders.table import Options
from tests.ingest.decoders.example import Example

CITY: Final[dict[str, Any]] = {
    "topic": "[/]city/{domain}/{site}/{device}[/{quantity}]",
    "sensor": "{site}-{device}",
    "time": "ts",
    "readings": [
        {"quantity": "{quantity}", "value": "value", "unit": "{unit}", "map": {"ON": 1, "OFF": 0, "ERR": None}},
        {"values": "channels", "units": {"flow": "L/s", "head": "m"}, "omit": ["id"]},
    ],
    "fields": {"unit": "unit"},
}

LOGGER: Final[dict[str, Any]] = {
    "topic": "loggers/#",
    "records": "samples[]",
    "fields": {"serial": "logger.serial", "channel": "ch"},
    "sensor": "{serial}",
    "gateway": "{serial}",
    "labels": {"site": "site {serial}"},
    "time": {"path": "at", "format": "%d/%m/%Y %H:%M:%S", "zone": "Asia/Jakarta"},
    "readings": [
        {
            "quantity": "level.{channel}",
            "value": "raw",
            "unit": "cm",
            "scale": 0.5,
            "offset": -20,
            "when": "kind == 'level'",
        },
        {"quantity": "battery", "value": "volts", "unit": "V"},
    ],
}

SWITCH: Final[dict[str, Any]] = {
    "topic": "plant/{area*}/switch/{device}",
    "payload": "text",
    "readings": [{"quantity": "state", "value": "@", "map": {"ON": 1, "OFF": 0}}],
}

EXAMPLES: Final = [
    Example(
        name="a topic template and one value",
        source="made up",
        messages=(
            ("city/water/kali-rungkut/m7/flow", b'{"value": 12.4, "unit": "m3/h", "ts": "2026-11-21T16:00:00Z"}'),
            ("/city/water/kali-rungkut/m7/valve", b'{"value": "ON", "ts": 1795276800}'),
            ("city/water/kali-rungkut/m7/valve", b'{"value": "ERR", "ts": 1795276800}'),
            ("city/water/kali-rungkut/m7", b'{"channels": {"id": 7, "flow": 3.5, "head": {"a": 4, "b": "dry"}}}'),
        ),
        readings=(
            ("kali-rungkut-m7", "flow", 12.4, "m3/h", 1_795_276_800_000),
            ("kali-rungkut-m7", "valve", 1.0, None, 1_795_276_800_000),
            ("kali-rungkut-m7", "flow", 3.5, "L/s", None),
            ("kali-rungkut-m7", "head.a", 4.0, None, None),
        ),
        options=Options(mapping=CITY),
        note="The leading slash and the last level are optional; ON is 1; a whole part of the document is taken.",
    ),
    Example(
        name="records in an array, local times, a scale and an offset",
        source="made up",
        messages=(
            (
                "loggers/north/1",
                b'{"logger": {"serial": 4711}, "at": "21/11/2026 23:00:00", "samples": ['
                b'{"kind": "level", "ch": 1, "raw": 300}, {"kind": "level", "ch": 2, "raw": "310.5"},'
                b'{"kind": "info", "ch": 9, "raw": 1, "volts": 3.6, "at": "21/11/2026 22:59:00"}]}',
            ),
        ),
        readings=(
            ("4711", "level.1", 130.0, "cm", 1_795_276_800_000),
            ("4711", "level.2", 135.25, "cm", 1_795_276_800_000),
            ("4711", "battery", 3.6, "V", 1_795_276_740_000),
        ),
        options=Options(mapping=LOGGER),
        note="What the record lacks is looked for in the document: serial number and time, in Jakarta's zone.",
    ),
    Example(
        name="a payload that is a word",
        source="made up",
        messages=(("plant/east/hall/2/switch/pump-1", b"ON"), ("plant/east/switch/pump-2", b"OFF\n")),
        readings=(("pump-1", "state", 1.0, None, None), ("pump-2", "state", 0.0, None, None)),
        options=Options(mapping=SWITCH),
        note="A splat takes any number of levels.",
    ),
    Example(
        name="all numbers of each object in an array",
        source="Telegraf, plugins/parsers/json/README.md, Arrays",
        messages=(
            (
                "file",
                b"""[
    {
        "a": 5,
        "b": {
            "c": 6,
            "time":"04 Jan 06 15:04 MST"
        }
    },
    {
        "a": 7,
        "b": {
            "c": 8,
            "time":"11 Jan 07 15:04 MST"
        }
    }
]""",
            ),
        ),
        readings=(
            ("file", "a", 5.0, None, 1_136_387_040_000),
            ("file", "b.c", 6.0, None, 1_136_387_040_000),
            ("file", "a", 7.0, None, 1_168_527_840_000),
            ("file", "b.c", 8.0, None, 1_168_527_840_000),
        ),
        options=Options(
            mapping={"time": {"path": "b.time", "format": "%d %b %y %H:%M MST"}, "readings": [{"values": "@"}]}
        ),
        note="Values and times are those that Telegraf's documentation states.",
    ),
    Example(
        name="a part of the document",
        source="Telegraf, plugins/parsers/json/README.md, Query",
        messages=(
            (
                "file",
                b"""{
    "obj": {
        "name": {"first": "Tom", "last": "Anderson"},
        "age":37,
        "children": ["Sara","Alex","Jack"],
        "fav.movie": "Deer Hunter",
        "friends": [
            {"first": "Dale", "last": "Murphy", "age": 44},
            {"first": "Roger", "last": "Craig", "age": 68},
            {"first": "Jane", "last": "Murphy", "age": 47}
        ]
    }
}""",
            ),
        ),
        readings=(
            ("Dale", "age", 44.0, None, None),
            ("Roger", "age", 68.0, None, None),
            ("Jane", "age", 47.0, None, None),
        ),
        options=Options(
            mapping={
                "records": "obj.friends",
                "fields": {"first": "first"},
                "sensor": "{first}",
                "readings": [{"quantity": "age", "value": "age"}],
            }
        ),
    ),
    Example(
        name="what can't be taken",
        source="made up",
        messages=(
            ("city/water/s/m7/flow", b'{"value": "broken", "ts": 1}'),
            ("city/water/s/m7/flow", b'{"value": 1, "ts": "yesterday"}'),
            ("elsewhere", b'{"value": 1}'),
        ),
        refused=("schema", "time", "topic"),
        options=Options(mapping=CITY),
    ),
]
