"""The pages of the formats are what the decoders and their examples say."""

from __future__ import annotations

import pytest

from ingest.decoders.table import FORMATS
from tests.ingest.decoders.pages import FOLDER, HINT, examples, page, pages


def test_the_pages_in_the_repository_are_up_to_date() -> None:
    for path, text in pages().items():
        assert path.exists(), f"{path.name}: {HINT}"
        assert path.read_text() == text, f"{path.name}: {HINT}"


def test_no_page_is_of_a_format_that_is_gone() -> None:
    assert {path.stem for path in FOLDER.glob("*.md")} == set(FORMATS)


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_shows_a_published_example_and_a_refusal(name: str) -> None:
    assert any(example.readings and not example.source.startswith("made up") for example in examples(name))
    assert any(example.refused for example in examples(name))


def test_a_page_shows_what_goes_in_and_what_comes_out() -> None:
    text = page("ultralight")
    assert "```text\n2016-06-13T00:35:30Z|lle|100\n```" in text
    assert "| `id_sen1` | `lle` | 100 |  | 2016-06-13T00:35:30.000Z |" in text
    assert "- refused as `not_finite`: `l: nan is not a finite number`" in text
    assert "Legal, and holds no readings." in text
