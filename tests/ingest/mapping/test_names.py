"""Names from elsewhere: always fit for nadi, never two that become one."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.admission import name_fault
from ingest.mapping.names import NameFault, level_name, quantity_name

names = st.text(st.characters(codec="utf-8") | st.sampled_from("%|/+#\\~\n25F"), max_size=40)
fit = names.filter(lambda name: bool(name) and not unicodedata.normalize("NFC", name).isspace())


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("meter 17", "meter 17"),
        ("plant/line-1/plc", "plant|line-1|plc"),
        ("a|b", "a%7Cb"),
        ("a+b#c", "a%2Bb%23c"),
        ("a\nb\x85", "a%0Ab%C2%85"),
        ("50%", "50%"),
        ("50%2F", "50%252F"),
        ("path\\", "path%5C"),
        ("e\u0301", "\u00e9"),
    ],
)
def test_what_becomes_of_a_name(sent: str, kept: str) -> None:
    assert level_name(sent) == kept


def test_a_quantity_keeps_more() -> None:
    assert quantity_name("Inputs/A + #1 | 2\n") == "Inputs/A + #1 | 2%0A"


@pytest.mark.parametrize("name", ["", " ", "\t\n ", "\u3000", "\ud800"])
def test_what_no_name_can_be_made_of(name: str) -> None:
    if name == "\t\n ":
        assert level_name("x" + name)
    with pytest.raises(NameFault):
        level_name(name)


@given(fit)
def test_every_name_becomes_fit(name: str) -> None:
    for made in (level_name(name), quantity_name(name)):
        assert name_fault(made) is None
    assert not set("/+#") & set(level_name(name))


@given(fit, fit)
def test_no_two_become_one(one: str, other: str) -> None:
    if unicodedata.normalize("NFC", one) != unicodedata.normalize("NFC", other):
        assert level_name(one) != level_name(other)
        assert quantity_name(one) != quantity_name(other)


@given(st.text("aé漢", min_size=129, max_size=300))
def test_long_names_keep_their_beginning_and_differ(name: str) -> None:
    made = level_name(name)
    assert len(made.encode()) <= 128
    assert name.startswith(made.rpartition("~")[0])
    assert level_name(name + "x") != made
