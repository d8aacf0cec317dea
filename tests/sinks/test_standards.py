"""Names and units in the words of standards: as they allow them, and back to what they were."""

from __future__ import annotations

import re

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.mapping.table import spelling
from sinks.standards import names, senml
from sinks.standards.units import WORDS, word_of
from telemetry.series import Identity
from telemetry.units import CANONICAL, conversion
from tests.sinks.samples import any_names, identities

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9:./_-]*")
"""RFC 8428, section 4.5.1."""
texts = st.one_of(
    any_names.filter(lambda name: name.isprintable() or name.isascii()), st.text("_q012AFé +", min_size=1, max_size=5)
)


def test_every_canonical_unit_has_its_words() -> None:
    assert set(WORDS) == set(CANONICAL.values())
    assert word_of("water", "flow") == WORDS["L/s"]
    assert word_of("water", "own") is None


@pytest.mark.parametrize("unit", WORDS)
def test_what_is_said_is_what_our_own_decoders_understand(unit: str) -> None:
    word = WORDS[unit]
    scale, offset = conversion(spelling("senml-json", word.senml), unit)
    assert 12.5 * word.times / word.over * scale + offset == pytest.approx(12.5, rel=1e-15)
    assert conversion(spelling("sensorthings", word.ucum), unit) == (1.0, 0.0)
    if word.unece is not None:
        assert conversion(spelling("ngsi-ld", word.unece), unit) == (1.0, 0.0)


@given(identities(texts))
def test_senml_names_are_allowed_and_told_back(identity: Identity) -> None:
    name = names.senml(identity)
    assert NAME.fullmatch(name)
    assert tuple(map(names.plain, name.split("/")[1:])) == identity


@given(texts, texts)
def test_no_two_names_become_one(one: str, other: str) -> None:
    for said in (names.topic, names.attribute, lambda text: names.urn("Device", text)):
        assert (said(one) == said(other)) == (one == other)


@given(texts)
def test_a_level_of_a_topic_is_one_level(text: str) -> None:
    level = names.topic(text)
    assert not set("+#/\0") & set(level)
    assert names.plain(level) == text


@given(texts)
def test_attributes_are_names_of_ngsi_ld(text: str) -> None:
    assert re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", names.attribute(text))


@given(st.integers(1, 25), st.integers(1, 9))
def test_a_pack_is_the_same_however_it_is_cut(rows: int, size: int) -> None:
    records: list[senml.Record] = [
        senml.Measurement(f"nadi/3578/water/z/d{row % 2}/flow", WORDS["L/s"], 1000 * row, 1.5) for row in range(rows)
    ]
    base = senml.base_of({record.name for record in records})
    whole = b"".join(senml.pieces(records, base, None, size))
    assert orjson.loads(whole) == orjson.loads(senml.pack(records))
    assert len(orjson.loads(whole)) == rows


def test_a_pack_of_nothing_is_none() -> None:
    assert list(senml.pieces([], "", None)) == []
    with pytest.raises(ValueError, match="one record at least"):
        senml.pack([])
