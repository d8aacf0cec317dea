"""A sentence that processors wrote, in the other language.

Sentences are kept in the language of the settings, for stores have one column for them. Each comes from a pattern
of `texts.SENTENCES`, so it can be read back: which pattern, and what fills its gaps; and said again.

    Genteng: debit masuk meter-01 naik 23,73 L/s dari 28,29 L/s, dan tekanan turun; diduga pipa pecah.
    Genteng: the inflow at meter-01 rose by 23.73 L/s from 28.29 L/s, and pressure fell: likely a burst main.

What no pattern made (an operator's comment, a sentence of another version) has no translation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from itertools import chain
from string import Formatter
from typing import Final, NamedTuple

from processors import texts
from processors.sentences.disaster import AIR_GRADES, RAIN_CLASSES, TRENDS
from processors.texts import Language

LANGUAGES: Final[tuple[Language, Language]] = ("id", "en")
_REMEMBERED: Final = 4096
_NUMBER: Final = {
    "id": re.compile(r"(-?\d+)(?:,(\d+))?(e[+-]\d+)?((?: [^\s\d]\S*)?)"),
    "en": re.compile(r"(-?\d+)(?:\.(\d+))?(e[+-]\d+)?((?: [^\s\d]\S*)?)"),
}
"""A number and its unit, as a whole gap."""
_POINT: Final = {"id": ",", "en": "."}
_SPAN: Final = re.compile(r"(\d+) (\w+)")
_MEASURED: Final = frozenset({"quantity", "named"})
"""Gaps that hold the name of a quantity."""
_LITERAL: Final = frozenset({"device", "zone", "gauge", "station", "river", "where", "gateway", "incident", "arrivals"})
"""Gaps that hold names, which are the same in every language."""


class _Pattern(NamedTuple):
    """One sentence, to be read in one language and said in the other."""

    read: re.Pattern[str]
    said: str
    fixed: int
    """Characters that are not gaps."""


def translated(text: str, language: Language) -> str | None:
    """`text` in `language`, of whichever language it is; None where no pattern made it."""
    source = LANGUAGES[language == "id"]
    return _other(text, source) or (text if _other(text, language) is not None else None)


@lru_cache(_REMEMBERED)
def _other(text: str, source: Language) -> str | None:
    """A text of the language `source` in the other one."""
    for pattern in _patterns(source):
        if found := pattern.read.fullmatch(text):
            gaps = {name: _gap(name, gap, source) for name, gap in found.groupdict().items()}
            if all(gap is not None for gap in gaps.values()):
                return pattern.said.format(**gaps)
    return None


def _gap(name: str, text: str, source: Language) -> str | None:
    """What fills a gap; None where it can't be what the pattern says."""
    if name in _LITERAL:
        return text
    if name in _MEASURED:
        return _names(source).get(text, text)
    if name == "reason":
        return _other(text, source)
    if text.startswith("; "):
        parts = [_other(f"; {part}", source) for part in text[2:].split("; ")]
        return "".join(part for part in parts if part) if all(parts) else None
    return _words(source).get(text) or _span(text, source) or _number(text, source)


def _number(text: str, source: Language) -> str:
    found = _NUMBER[source].fullmatch(text.removesuffix(texts.PER_HOUR[source]))
    if found is None:
        return text
    whole, fraction, power, unit = found.groups()
    target = LANGUAGES[source == "id"]
    rate = texts.PER_HOUR[target] if text.endswith(texts.PER_HOUR[source]) else ""
    return f"{whole}{_POINT[target] + fraction if fraction else ''}{power or ''}{unit}{rate}"


def _span(text: str, source: Language) -> str | None:
    found = _SPAN.fullmatch(text)
    for duration, words in texts.SPANS.items() if found else ():
        if found and found[2] in words[source]:
            return texts.lasting(int(found[1]) * duration, LANGUAGES[source == "id"]) if False else ""
    return None


@cache
def _patterns(source: Language) -> list[_Pattern]:
    """Those with the most words of their own first: what fits them fits no other better."""
    made = [_pattern(said, source) for said in chain(texts.SENTENCES.values(), _trends())]
    return sorted(made, key=lambda pattern: -pattern.fixed)


def _trends() -> Iterator[dict[Language, str]]:
    for indonesian, english in zip(TRENDS["id"], TRENDS["en"], strict=True):
        yield {"id": indonesian, "en": english}
