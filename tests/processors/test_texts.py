"""The sentences: complete in both languages, and readable numbers."""

import string

import pytest

from processors import texts
from telemetry.units import CANONICAL


def gaps(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


@pytest.mark.parametrize("key", sorted(texts.SENTENCES))
def test_every_sentence_is_in_both_languages_with_the_same_gaps(key: str) -> None:
    both = texts.SENTENCES[key]
    assert set(both) == {"id", "en"}
    assert both["id"] != both["en"]
    assert gaps(both["id"]) == gaps(both["en"])


def test_every_canonical_quantity_has_a_name() -> None:
    assert {quantity for _, quantity in CANONICAL} == set(texts.QUANTITIES)
    assert all(set(names) == {"id", "en"} and all(names.values()) for names in texts.QUANTITIES.values())
    assert texts.quantity_name("odour", "id") == "odour"


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0.0, "0"),
        (12.4, "12.4"),
        (310.0, "310"),
        (1234.56, "1235"),
        (999.96, "1000"),
        (-0.0123456, "-0.01235"),
        (50.02, "50.02"),
        (123456789.0, "123456789"),
        (1.5e12, "1.500e+12"),
        (2e-7, "2.000e-07"),
    ],
)
def test_numbers_are_short(value: float, written: str) -> None:
    assert texts.number(value, "en") == written
    assert texts.number(value, "id") == written.replace(".", ",")


def test_units_are_shown_as_people_write_them() -> None:
    assert texts.measured(21.5, "water", "temperature", "id") == "21,5 °C"
    assert texts.measured(7.2, "water", "ph", "en") == "7.2"
    assert texts.measured(35, "disaster", "pm25", "en") == "35 µg/m³"
    assert texts.measured(3, "water", "odour", "en") == "3"
