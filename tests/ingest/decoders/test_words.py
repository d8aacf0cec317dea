"""Documents made of a format's own words, put together in any way: types that no device sends, in every place."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from ingest.decoders.base import Message
from ingest.decoders.table import FORMATS, Forgetful
from tests.ingest.decoders.conformance import sound
from tests.ingest.decoders.example import ARRIVAL
from tests.ingest.decoders.pages import examples

ROUNDS = 3_000
_DEEPEST = 4


def documents(name: str) -> list[tuple[str, Any]]:
    """Topic and document of every JSON object or array among the format's examples."""
    found = []
    for example in examples(name):
        for topic, payload in example.messages:
            try:
                document = json.loads(payload)
            except ValueError:
                continue
            if isinstance(document, dict | list):
                found.append((topic, document))
    return found


def words(document: Any) -> set[str]:
    """All keys and short texts."""
    if isinstance(document, dict):
        return set(document).union(*map(words, document.values()))
    if isinstance(document, list):
        return set().union(*map(words, document))
    return {document} if isinstance(document, str) and len(document) < 40 else set()


def anything(draw: random.Random, known: Sequence[str], depth: int = 0) -> Any:
    sort = draw.randrange(8 if depth < _DEEPEST else 6)
    if sort == 6:
        return [anything(draw, known, depth + 1) for _ in range(draw.randrange(4))]
    if sort == 7:
        return {draw.choice(known): anything(draw, known, depth + 1) for _ in range(draw.randrange(6))}
    leaves = (None, draw.random() < 0.5, draw.randrange(-3, 100), draw.uniform(-1e6, 1e6), draw.choice(known), 2**70)
    return leaves[sort]


def grafted(document: Any, draw: random.Random, known: Sequence[str]) -> Any:
    """The document with one of its parts replaced."""
    if not isinstance(document, dict | list) or not document or draw.random() < 0.2:
        return anything(draw, known)
    if isinstance(document, list):
        index = draw.randrange(len(document))
        return [*document[:index], grafted(document[index], draw, known), *document[index + 1 :]]
    key = draw.choice(list(document))
    return {**document, key: grafted(document[key], draw, known)}


@pytest.mark.parametrize("name", [name for name in FORMATS if documents(name)])
def test_any_document_is_read_or_refused(name: str) -> None:
    shown = documents(name)
    known = sorted(words([document for _, document in shown]))
    options = examples(name)[0].options
    for seed in range(ROUNDS):
        draw = random.Random(seed)
        topic, document = draw.choice(shown)
        for _ in range(draw.randrange(1, 5)):
            document = grafted(document, draw, known)
        message = Message(topic, json.dumps(document).encode(), ARRIVAL)
        decoder = FORMATS[name].make(replace(options, memory=Forgetful()))
        try:
            once, again = sound(decoder.decode(message)), sound(decoder.decode(message))
        except Exception as error:
            raise AssertionError(f"seed {seed}: {message}") from error
        assert once.readings == again.readings, f"seed {seed}: {message}"
