from __future__ import annotations

import msgspec

from ingest.decoders.base import MAX_DEPTH, Decoded
from ingest.decoders.leaves import LONGEST_PATH, UNITLESS, Units, as_number, past, read_as, take_leaves
from tests.cpu import at_most


class Envelope(msgspec.Struct):
    name: str = ""
    values: dict[str, float | None] = msgspec.field(default_factory=dict)


envelope = msgspec.json.Decoder(Envelope)


def leaves(tree: object) -> Decoded:
    decoded = Decoded()
    take_leaves(decoded, "s", tree, UNITLESS, 0)
    return decoded


def nested(levels: int) -> object:
    tree: object = 1
    for _ in range(levels):
        tree = {"k": tree}
    return {"deep": tree, "flat": 2}


def test_names_follow_keys_and_places() -> None:
    readings = leaves({"a": {"b": [1, {"c": 2.5}, None, "3", True]}, "d": -1}).readings
    assert [(name, value) for _, name, value, _, _ in readings] == [("a.b.0", 1.0), ("a.b.1.c", 2.5), ("d", -1.0)]


def test_what_is_nested_too_deeply_is_refused_and_its_neighbour_kept() -> None:
    assert len(leaves(nested(MAX_DEPTH)).readings) == 2
    decoded = leaves(nested(MAX_DEPTH + 2))
    assert [name for _, name, _, _, _ in decoded.readings] == ["flat"]
    assert [reason for reason, _ in decoded.refused] == ["schema"]


def test_a_long_name_is_not_copied_for_each_of_its_leaves() -> None:
    decoded = leaves({"x" * LONGEST_PATH: {str(key): 1 for key in range(1000)}, "y": 1})
    assert [name for _, name, _, _, _ in decoded.readings] == ["y"]
    assert len(decoded.refused) == 1


def test_numbers_that_no_double_holds_are_refused_alone() -> None:
    decoded = leaves({"a": 10**400, "b": float("inf"), "c": float("nan"), "d": 2**64, "e": 0})
    assert [(name, value) for _, name, value, _, _ in decoded.readings] == [("d", 2.0**64), ("e", 0.0)]
    assert [reason for reason, _ in decoded.refused] == ["not_finite"] * 3


def test_a_unit_is_found_once_for_a_name() -> None:
    asked: list[str] = []

    def rule(name: str) -> str:
        asked.append(name)
        return "V"

    units = Units(rule)
    assert [units["a"], units["a"], units["b"]] == ["V", "V", "V"]
    assert asked == ["a", "b"]


def test_an_envelope_loses_only_the_number_that_is_none() -> None:
    decoded = Decoded()
    found = read_as(b'{"name": "n", "values": {"good": 1, "bad": NaN, "large": 1e999}}', envelope, decoded)
    assert found is not None
    assert found.values == {"good": 1.0, "bad": None, "large": None}
    assert [refused.detail.split(":")[0] for refused in decoded.refused] == ["values.bad", "values.large"]


def test_an_envelope_of_another_shape_is_refused_with_its_place() -> None:
    decoded = Decoded()
    assert read_as(b'{"name": 1}', envelope, decoded) is None
    assert decoded.refused[0].reason == "schema"
    assert "$.name" in decoded.refused[0].detail


def test_zero_times_are_no_times() -> None:
    zeros = ("0001-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "1980-01-06T00:00:00Z", "", None, 5, "now")
    assert [past(zero) for zero in zeros] == [None] * len(zeros)
    assert past("2000-01-01T00:00:00.0019999999Z") == 946_684_800_001


def test_a_long_payload_that_is_nearly_a_number_costs_no_time() -> None:
    with at_most(0.1):
        assert as_number(b"9" * 1_000_000 + b"x") is None


def test_a_payload_is_a_number_or_it_is_not() -> None:
    assert [as_number(text) for text in (b" 21.5\n", b"-3", b".5", b"1e3", b"1e999")] == [
        21.5,
        -3,
        0.5,
        1000,
        float("inf"),
    ]
    assert [as_number(text) for text in (b"on", b"", b"1_0", b"nan", b"inf", b"0x1", "١".encode())] == [None] * 7
