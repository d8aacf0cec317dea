"""The table of formats, the settings and the usual topics agree."""

from __future__ import annotations

from typing import get_args

from config.formats import NEED_TOPICS, FormatName
from ingest.decoders.table import FORMATS


def test_the_settings_know_every_format_and_no_other() -> None:
    assert set(FORMATS) == set(get_args(FormatName))


def test_a_format_needs_topics_where_none_are_usual() -> None:
    assert {name for name, line in FORMATS.items() if not line.topics} == NEED_TOPICS


def test_usual_topics_are_filters_that_a_broker_takes() -> None:
    for name, line in FORMATS.items():
        for topic in line.topics:
            levels = topic.split("/")
            assert "#" not in levels[:-1], name
            assert all(level in ("+", "#") or not set(level) & set("+#") for level in levels), name
