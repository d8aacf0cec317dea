"""What may be asked: places come back as they were given, whatever is written; and which form Accept means."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.outward.page import Place
from pipeline.outward.question import LATEST_MS, PARAMETERS, form_of, place_of, place_text, query_of

NOW = 1_763_769_600_000
keys = st.one_of(st.integers(0, 2**31 - 1), st.text(st.characters(codec="utf-8"), max_size=40))


@given(st.integers(0, LATEST_MS), st.lists(keys, min_size=1, max_size=5))
def test_a_place_comes_back(time: int, key: list[int | str]) -> None:
    assert place_of(place_text(Place(time, tuple(key)))) == Place(time, tuple(key))


@given(st.dictionaries(st.sampled_from(list(PARAMETERS)), st.text(max_size=30)))
def test_whatever_is_written_is_a_question_or_wrong_in_words(asked: dict[str, str]) -> None:
    try:
        query = query_of(asked, NOW, (60_000,))
    except ValueError:
        pass
    else:
        assert query.start < query.end


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        ("", "json"),
        ("*/*", "json"),
        ("application/*", "json"),
        ("application/senml+json", "senml"),
        ("text/csv, application/json;q=0.5", "csv"),
        ("application/json;q=0.2, application/senml+json;q=0.8", "senml"),
        ("*/*;q=0.1, application/vnd.apache.parquet", "parquet"),
        ("application/json;q=0, */*", "senml"),
        ("TEXT/CSV; charset=utf-8", "csv"),
        ("text/csv;q=much, application/json;q=0.1", "json"),
    ],
)
def test_accept_chooses_the_form(accept: str, form: str) -> None:
    assert form_of(None, accept) == form
    assert form_of("sensorthings", accept) == "sensorthings"


def test_times_are_ms_or_rfc_3339() -> None:
    query = query_of({"from": "2025-11-21T23:00:00Z", "to": str(NOW)}, 0, ())
    assert (query.start, query.end) == (NOW - 3_600_000, NOW)
