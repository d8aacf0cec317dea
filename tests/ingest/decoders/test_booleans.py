"""True and false are 1 and 0, and marked as what they are, in every format that has them."""

from __future__ import annotations

import pytest

from ingest.decoders.base import BOOLEAN, Decoded, Message
from ingest.decoders.table import FORMATS, Options
from tests.ingest.decoders.sparkplug_encoder import metric, payload

MAPPING = {"readings": [{"value": "on", "quantity": "on"}, {"value": "power", "quantity": "power"}]}
MAPPED = {"readings": [{"value": "on", "quantity": "on", "map": {"true": 5, "false": 0}}]}


def decoded(form: str, *messages: tuple[str, bytes], options: Options | None = None) -> Decoded:
    """What came of the last of them."""
    decoder = FORMATS[form].make(options or Options())
    return [decoder.decode(Message(topic, body, 0)) for topic, body in messages][-1]


@pytest.mark.parametrize(
    ("form", "topic", "body", "options"),
    [
        ("senml-json", "t", b'[{"bn":"urn:dev:ow:1:","n":"power","v":3},{"n":"on","vb":true}]', None),
        ("influx", "t", b"m power=3,on=t", None),
        ("json", "t", b'{"on":true,"power":3}', Options(mapping=MAPPING)),
    ],
)
def test_a_boolean_beside_a_number(form: str, topic: str, body: bytes, options: Options | None) -> None:
    found = decoded(form, (topic, body), options=options)
    assert {(name, value, unit) for _, name, value, unit, _ in found.marked()} == {
        ("power", 3.0, None),
        ("on", 1.0, BOOLEAN),
    }
    assert {unit for *_, unit, _ in found.readings} == {None}


def test_homie() -> None:
    assert decoded("homie", ("homie/d/light/power", b"true")).marked()[0][2:4] == (1.0, BOOLEAN)
    assert decoded("homie", ("homie/d/light/power", b"1")).marked()[0][2:4] == (1.0, None)


def test_sparkplug_by_value_and_by_the_type_of_the_birth() -> None:
    birth = payload(metric("Power", "Boolean", True), metric("P", "Float", 2.5))
    found = decoded("sparkplug", ("spBv1.0/g/NBIRTH/n", birth))
    assert [unit for *_, unit, _ in found.marked()] == [BOOLEAN, None]


def test_what_a_map_says_is_a_number() -> None:
    found = decoded("json", ("t", b'{"on":true}'), options=Options(mapping=MAPPED))
    assert [(value, unit) for *_, value, unit, _ in found.marked()] == [(5.0, None)]
