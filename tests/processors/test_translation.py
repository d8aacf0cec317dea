"""Sentences read back and said in the other language."""

from __future__ import annotations

import string
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors import texts
from processors.sentences.disaster import AIR_GRADES, TRENDS
from processors.texts import Language
from processors.translation import translated

BOTH: Final[tuple[Language, Language]] = ("id", "en")


def filling(name: str, language: Language, place: str, value: float) -> str:
    """What a processor puts in a gap."""
    number, hours = texts.number(value, language), "." if language == "id" else ":"
    further = TRENDS[language][2].format(rate=f"{number} cm")
    words = {
        **dict.fromkeys(("device", "zone", "gauge", "station", "river", "gateway", "incident"), place),
        "where": f"Ciliwung: {place}",
        "quantity": texts.quantity_name("river_level", language),
        "named": texts.quantity_within("turbidity", language),
        "lasting": texts.lasting(94 * 60_000 if value > 0 else 26 * 3_600_000, language),
        "span": texts.exactly(90_000 if value > 0 else 3_600_000, language),
        "grade": AIR_GRADES[language][3],
        "arrivals": f"{place} 14{hours}05, {place} 02{hours}10",
        "mmi": "VII",
        "day": further,
        "signs": further * 2,
        "trend": "",
        "reason": texts.say("supply.gone", language, zone=place, device=place, value=f"{number} kPa"),
    }
    return words.get(name, f"{number} kPa{texts.PER_HOUR[language]}" if name == "limit" else f"{number} m³")


def said(key: str, language: Language, place: str, value: float) -> str:
    gaps = {name for _, name, _, _ in string.Formatter().parse(texts.SENTENCES[key]["en"]) if name}
    return texts.say(key, language, **{name: filling(name, language, place, value) for name in gaps})


@pytest.mark.parametrize("key", sorted(texts.SENTENCES))
@pytest.mark.parametrize("language", BOTH)
def test_every_sentence_is_said_in_the_other_language(key: str, language: Language) -> None:
    for place in ("meter-01", "Tanjung Perak 2", "AWLR_katulampa.b"):
        for value in (28.294, -0.5, 12_345.0, 2e-7, float("nan")):
            given_ = {each: said(key, each, place, value) for each in BOTH}
            assert translated(given_["id"], language) == given_[language]
            assert translated(given_["en"], language) == given_[language]


@pytest.mark.parametrize("text", ["", "checked by phone", "Pompa sudah diperbaiki.", "(3 sensor)", ": . "])
def test_what_people_wrote_is_not_translated(text: str) -> None:
    assert translated(text, "id") is None
    assert translated(text, "en") is None


def test_a_name_is_not_taken_for_a_number_or_a_word() -> None:
    told = texts.say("outage.ended", "id", device="3,5", lasting="2 jam")
    assert translated(told, "en") == texts.say("outage.ended", "en", device="3,5", lasting="2 hours")
    told = texts.say("air.better", "id", station="sedang", index="40")
    assert translated(told, "en") == texts.say("air.better", "en", station="sedang", index="40")


def test_what_no_processor_puts_in_a_gap_is_no_sentence() -> None:
    assert translated("Udara di a membaik: ISPU banyak sekali.", "en") is None


@given(st.text(max_size=60), st.sampled_from(sorted(texts.SENTENCES)))
def test_no_text_breaks_it(text: str, key: str) -> None:
    for language in BOTH:
        translated(text, language)
        translated(texts.SENTENCES[key]["id"].replace("{", text), language)
