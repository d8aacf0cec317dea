"""Measures as the IoT Agent's manual shows them."""

from __future__ import annotations

from tests.ingest.decoders.example import Example

MANUAL = "FIWARE IoT Agent for Ultralight 2.0, User & Programmers Manual (github.com/telefonicaid/iotagent-ul)"
TIME = 1465778130000

EXAMPLES = [
    Example(
        name="two measures",
        source=f"{MANUAL}, Measure Payload Syntax",
        messages=(("/ul/ABCDEF/id_sen1/attrs", b"t|15|k|abc"),),
        readings=(("id_sen1", "t", 15.0, None, None),),
        note="Values have no type: `15` is a number, `abc` a text, which is skipped.",
    ),
    Example(
        name="two groups",
        source=f"{MANUAL}, Measure Payload Syntax",
        messages=(("/ABCDEF/id_sen1/attrs", b"gps|1.2/3.4#t|10"),),
        readings=(("id_sen1", "t", 10.0, None, None),),
    ),
    Example(
        name="a group with its time",
        source=f"{MANUAL}, Measure Payload Syntax",
        messages=(("ABCDEF/id_sen1/attrs", b"2016-06-13T00:35:30Z|lle|100"),),
        readings=(("id_sen1", "lle", 100.0, None, TIME),),
        note="The oldest topics have neither `/ul` nor the first slash.",
    ),
    Example(
        name="one measure by its topic",
        source=f"{MANUAL}, MQTT binding, Sending a single measure in one message",
        messages=(("/ul/ABCDEF/id_sen1/attrs/temperature", b"23.5"),),
        readings=(("id_sen1", "temperature", 23.5, None, None),),
    ),
    Example(
        name="the result of a command",
        source=f"{MANUAL}, Commands Syntax and MQTT binding, Commands",
        messages=(("/ul/ABCDEF/weatherStation167/cmdexe", b"weatherStation167@ping|Ping ok"),),
        note="Legal, and holds no readings.",
    ),
    Example(
        name="groups of several times",
        source="made up",
        messages=(("/ul/ABCDEF/bin7/attrs", b"2016-06-13T00:35:30Z|l|40.5|t|-3.25e1#2016-06-13T00:36:30Z|l|41"),),
        readings=(
            ("bin7", "l", 40.5, None, TIME),
            ("bin7", "t", -32.5, None, TIME),
            ("bin7", "l", 41.0, None, TIME + 60_000),
        ),
    ),
    Example(
        name="a measure that is the time of its group",
        source="made up after FIWARE IoT Agent Node Library, API, Timestamp Processing",
        messages=(("/ul/ABCDEF/bin7/attrs", b"l|40.5|TimeInstant|2016-06-13T00:35:30.000Z"),),
        readings=(("bin7", "l", 40.5, None, TIME),),
    ),
    Example(
        name="a bad group keeps the others",
        source="made up",
        messages=(
            ("/ul/ABCDEF/bin7/attrs", b"l|40|t#l|41"),
            ("/ul/ABCDEF/bin7/attrs", b"l|nan|t|20"),
            ("/ul/ABCDEF/bin7/status", b"l|40"),
        ),
        readings=(("bin7", "l", 41.0, None, None), ("bin7", "t", 20.0, None, None)),
        refused=("schema", "not_finite", "topic"),
    ),
]
