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


def test_a_phase_has_a_name_and_no_unit() -> None:
    assert texts.quantity_name("voltage_a", "id") == "Tegangan fasa A"
    assert texts.quantity_name("current_c", "en") == "Phase C current"
    assert texts.measured(223.7, "energy", "voltage_a", "en") == "223.7"


def test_a_name_in_the_middle_of_a_sentence_is_small() -> None:
    assert texts.quantity_within("frequency", "id") == "frekuensi"
    assert texts.quantity_within("turbidity", "en") == "turbidity"
    assert texts.quantity_within("voltage_a", "id") == "tegangan fasa A"
    assert [texts.quantity_within(each, "id") for each in ("pm25", "ph", "Odour")] == ["PM2.5", "pH", "Odour"]


@pytest.mark.parametrize(
    ("duration", "english", "indonesian"),
    [
        (1_000, "1 minute", "1 menit"),
        (90_000, "2 minutes", "2 menit"),
        (119 * 60_000, "119 minutes", "119 menit"),
        (120 * 60_000, "2 hours", "2 jam"),
        (26 * 3_600_000, "26 hours", "26 jam"),
        (3 * 86_400_000, "3 days", "3 hari"),
    ],
)
def test_how_long_is_told_in_a_unit_that_fits(duration: int, english: str, indonesian: str) -> None:
    assert (texts.lasting(duration, "en"), texts.lasting(duration, "id")) == (english, indonesian)


def test_what_rounding_leaves_of_nothing_is_nothing() -> None:
    assert texts.measured(1.046e-13, "water", "volume", "id") == "0 m³"
    assert texts.measured(-9.8e-11, "water", "flow", "en") == "0 L/s"
    assert texts.measured(float("nan"), "water", "flow", "en") == "? L/s"
    assert texts.measured(2e-7, "water", "odour", "en") == "2.000e-07", "whose size nobody knows"


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


@pytest.mark.parametrize(
    ("duration", "english", "indonesian"),
    [
        (600_000, "10 minutes", "10 menit"),
        (60_000, "1 minute", "1 menit"),
        (90_000, "90 seconds", "90 detik"),
        (3_600_000, "1 hour", "1 jam"),
        (5_400_000, "90 minutes", "90 menit"),
        (1000, "1 second", "1 detik"),
    ],
)
def test_what_is_set_is_said_exactly(duration: int, english: str, indonesian: str) -> None:
    assert (texts.exactly(duration, "en"), texts.exactly(duration, "id")) == (english, indonesian)
