"""What the decoders of JSON have in common."""

from __future__ import annotations

import pytest

from ingest.decoders import documents
from ingest.decoders.base import MAX_DEPTH, MAX_READINGS, Decoded


def read(payload: bytes) -> tuple[object, list[str]]:
    decoded = Decoded()
    return documents.read(payload, decoded), [refused.reason for refused in decoded.refused]


def taken(value: object) -> tuple[list[tuple[str, float]], list[str]]:
    decoded = Decoded()
    documents.take(decoded, "s", "q", value, None, None)
    return [(name, number) for _, name, number, *_ in decoded.readings], [refused.reason for refused in decoded.refused]


def test_a_number_that_is_none_does_not_spoil_the_document() -> None:
    assert read(b'{"a": 1e999, "b": 2}') == ({"a": float("inf"), "b": 2}, [])


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", "json"),
        (b"{", "json"),
        (b'{"a": 1} x', "json"),
        (b'{"a": "\xff"}', "json"),
        (b'{"a": "\\ud800"}', "json"),
        (b"null", "schema"),
        (b"[" * 100_000, "schema"),
    ],
)
def test_what_is_no_document(payload: bytes, reason: str) -> None:
    assert read(payload) == (None, [reason])


def test_numbers_are_named_by_their_path() -> None:
    value = {"a": [1, {"b": 2.5}], "c": True, "d": "7", "e": None, "f": -3}
    assert taken(value) == ([("q.a.0", 1.0), ("q.a.1.b", 2.5), ("q.f", -3.0)], [])


def test_what_is_not_finite_is_refused_alone() -> None:
    assert taken([1, float("nan"), 10**400, 2]) == ([("q.0", 1.0), ("q.3", 2.0)], ["not_finite", "not_finite"])


def test_nesting_is_followed_to_its_limit() -> None:
    deep: object = 1
    for _ in range(MAX_DEPTH):
        deep = {"a": deep}
    assert taken(deep) == ([("q" + ".a" * MAX_DEPTH, 1.0)], [])
    assert taken({"a": deep}) == ([], ["schema"])
    assert taken({"x" * 1000: {"a": 1}}) == ([], ["schema"])


def test_more_than_a_message_may_hold_is_refused_as_a_whole() -> None:
    decoded = Decoded(readings=[("s", "q", 1.0, None, None)] * (MAX_READINGS + 1))
    bounded = documents.bounded(decoded)
    assert [refused.reason for refused in bounded.refused] == ["too_large"]
    assert not bounded.readings
    del decoded.readings[-1]
    assert documents.bounded(decoded) is decoded


def test_records_are_one_or_many_but_not_too_many() -> None:
    decoded = Decoded()
    assert documents.records({"a": 1}, decoded) == [{"a": 1}]
    assert documents.records([1, 2], decoded) == [1, 2]
    assert not decoded.refused
    assert documents.records([{}] * (MAX_READINGS + 1), decoded) == []
    assert [refused.reason for refused in decoded.refused] == ["too_large"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Höhe", "Höhe"),
        ("x" * 60, "x" * 60),
        ("x" * 61, "x" * 60 + "…"),
        ("a\0b\n", "a\\x00b\\n"),
        ("\U0010ffff" * 100, "\\U0010ffff" * 6 + "…"),
    ],
)
def test_what_is_shown_of_a_name(text: str, expected: str) -> None:
    assert documents.shown(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-21T16:00:00Z",
        "2026-11-21T15:00:00Z/2026-11-21T16:00:00Z",
        "PT1H/2026-11-21T16:00:00Z",
        "2026-11-21T16:00:00Z/PT1H",
        "2026-11-21T16:00:00Z/..",
        "2026-11-21T16:00:00Z/",
    ],
)
def test_the_instant_of_an_interval_is_its_end(text: str) -> None:
    assert documents.instant(text) == 1_795_276_800_000


@pytest.mark.parametrize("thing", [None, 5, True, {}, "PT1H", "../2026-11-21T16:00:00Z/", "/"])
def test_what_is_no_instant(thing: object) -> None:
    with pytest.raises(ValueError, match=r"expected an ISO 8601|RFC 3339"):
        documents.instant(thing)
