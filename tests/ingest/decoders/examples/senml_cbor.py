"""SenML as CBOR: the example of RFC 8428, section 6, and numbers as RFC 8949 lets them be written."""

from __future__ import annotations

from typing import Final

from tests.ingest.decoders.example import Example
from tests.ingest.decoders.examples.senml_json import CURRENTS

EXAMPLES: Final = [
    Example(
        name="voltage and current",
        source="RFC 8428, section 6",
        messages=(
            (
                "senml/1",
                bytes.fromhex(
                    "87a721781b75726e3a6465763a6f773a31306532303733613031303830303"
                    "63a22fb41d303a15b00106223614120050067766f6c7461676501615602fb"
                    "405e066666666666a3006763757272656e74062402fb3ff3333333333333"
                    "a3006763757272656e74062302fb3ff4cccccccccccda3006763757272656e"
                    "74062202fb3ff6666666666666a3006763757272656e74062102f93e00a300"
                    "6763757272656e74062002fb3ff999999999999aa3006763757272656e7406"
                    "0002fb3ffb333333333333"
                ),
            ),
        ),
        readings=CURRENTS,
        note="Labels are integers; 1.5 is a float of two bytes.",
    ),
    Example(
        name="a decimal fraction, a bigfloat and a bignum",
        source="RFC 8949, sections 3.4.3 and 3.4.4: 273.15, 1.5 and 2^64",
        messages=(
            (
                "senml/1",
                bytes.fromhex(
                    "83 a20063613a6202c48221196ab3 a20063613a6302c5822003 a20063613a6402c249010000000000000000"
                ),
            ),
        ),
        readings=(
            ("a", "b", 273.15, None, None),
            ("a", "c", 1.5, None, None),
            ("a", "d", 2.0**64, None, None),
        ),
    ),
    Example(
        name="an array of indefinite length",
        source="RFC 8428, section 6, of streams",
        messages=(("senml/1", bytes.fromhex("9fa2006361 3a6202187bbfff00ff".replace("bfff00", ""))),),
        readings=(("a", "b", 123.0, None, None),),
        note="Only streams should be written so; it is read all the same.",
    ),
    Example(
        name="bytes after the pack",
        source="made up after RFC 8428, section 6",
        messages=(("senml/1", bytes.fromhex("81 a20063613a620201 00")),),
        refused=("schema",),
    ),
]
