"""A sentence that processors wrote, in the other language.

Stores have one column for a sentence, and it is in the language of the settings. Each comes from a pattern of
`texts.SENTENCES`, so it can be read back (which pattern, and what fills its gaps) and said again:

    Genteng: debit masuk meter-01 naik 23,73 L/s dari 28,29 L/s, dan tekanan turun; diduga pipa pecah.
    Genteng: the inflow at meter-01 rose by 23.73 L/s from 28.29 L/s, and pressure fell: likely a burst main.

What no pattern made (an operator's comment, a sentence of another version) has no translation.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import cache, lru_cache
from string import Formatter
from typing import Any, Final, NamedTuple

from processors import texts
from processors.sentences.disaster import AIR_GRADES, RAIN_CLASSES, TRENDS
from processors.texts import Language
from telemetry.units import CANONICAL

_REMEMBERED: Final = 4096
_LONGEST: Final = 600
"""Characters of a sentence that is read."""
_POINT: Final[dict[Language, str]] = {"id": ",", "en": "."}
_OF_HOURS: Final[dict[Language, str]] = {"id": ".", "en": ":"}


class _Gap(NamedTuple):
    """What may stand in a gap: an expression in the language that is read, and the same said in the other."""

    read: str
    say: Callable[[str, Language], str | None]


class _Pattern(NamedTuple):
    """One sentence: how it is read in one language, what fills its gaps, and what is said in the other."""

    read: re.Pattern[str]
    gaps: dict[str, _Gap]
    said: str
    fixed: int
    """Characters that are not gaps."""


class _Reading(NamedTuple):
    """What a text is in the other language, and of how many characters its pattern is sure."""

    said: str
    fixed: int


def in_both(reason: str) -> dict[str, Any]:
    """For JSON: `reason` as it is, and `reasons` by language where it can be said in both."""
    both = {language: translated(reason, language) for language in ("id", "en")}
    return {"reason": reason} if None in both.values() else {"reason": reason, "reasons": both}


def translated(text: str, language: Language) -> str | None:
    """`text` said in `language`, whichever it is in; None where no pattern made it."""
    if len(text) > _LONGEST:
        return None
    foreign, own = _read(text, _other(language)), _read(text, language)
    if own is not None and (foreign is None or own.fixed >= foreign.fixed):
        return text
    return foreign.said if foreign is not None else None


def _other(language: Language) -> Language:
    return "en" if language == "id" else "id"


@lru_cache(_REMEMBERED)
def _read(text: str, source: Language) -> _Reading | None:
    """A text of the language `source`."""
    for pattern in _patterns(source):
        if (found := pattern.read.fullmatch(text)) is None:
            continue
        gaps = {name: pattern.gaps[name].say(gap, source) for name, gap in found.groupdict().items()}
        if None not in gaps.values():
            return _Reading(pattern.said.format(**gaps), pattern.fixed)
    return None


def _said(text: str, source: Language) -> str | None:
    found = _read(text, source)
    return None if found is None else found.said


@cache
def _patterns(source: Language) -> list[_Pattern]:
    """Those that hold a sentence first, then those with the most words of their own: what fits them fits no other
    as well."""
    trends = [dict(zip(TRENDS, each, strict=True)) for each in zip(*TRENDS.values(), strict=True)]
    made = [_pattern(said[source], said[_other(source)], source) for said in (*texts.SENTENCES.values(), *trends)]
    return sorted(made, key=lambda pattern: ("reason" not in pattern.gaps, -pattern.fixed))


def _pattern(read: str, said: str, source: Language) -> _Pattern:
    expression, fixed = "", 0
    gaps: dict[str, _Gap] = {}
    for literal, name, _, _ in Formatter().parse(read):
        expression += re.escape(literal)
        fixed += len(literal)
        if name in gaps:
            expression += f"(?P={name})"
        elif name is not None:
            gaps[name] = _gaps(source).get(name) or _values(source)
            expression += f"(?P<{name}>{gaps[name].read})"
    return _Pattern(re.compile(expression, re.DOTALL), gaps, said, fixed)


@cache
def _gaps(source: Language) -> dict[str, _Gap]:
    """By the gap's name; in all others stand values."""
    name = _Gap(".+?", lambda text, _: text)
    quantities = _quantities(source)
    quantity = _Gap(rf"{_any(quantities)}|\S+", lambda text, _: quantities.get(text, text))
    further = _Gap("(?:; .+?)?", _further)
    return {
        **dict.fromkeys(("device", "zone", "gauge", "station", "river", "where", "gateway", "incident", "mmi"), name),
        **dict.fromkeys(("quantity", "named"), quantity),
        **dict.fromkeys(("day", "signs", "trend"), further),
        "arrivals": _Gap(".+?", _clocks),
        "reason": _Gap(".+", _said),
    }


@cache
def _values(source: Language) -> _Gap:
    """A number with its unit, a duration, a class of a scale."""
    target = _other(source)
    classes = {
        word: other
        for scale in (AIR_GRADES, RAIN_CLASSES)
        for word, other in zip(scale[source], scale[target], strict=True)
    }
    spans = {span: words for words in (*texts.SPANS.values(), texts.SECONDS) for span in words[source]}
    units = {texts.SYMBOLS.get(unit, unit) for unit in CANONICAL.values()} - {""}
    point, rate = re.escape(_POINT[source]), re.escape(texts.PER_HOUR[source])
    number = rf"(?:\?|-?\d+)(?:{point}\d+)?(?:e[+-]\d+)?(?: {_any(units)})?(?:{rate})?"

    def say(text: str, _: Language) -> str:
        if text in classes:
            return classes[text]
        count, unit = (*text.split(" ", 1), "")[:2]
        if unit in spans:
            return f"{count} {spans[unit][target][int(count) > 1]}"
        said = re.sub(rf"^(-?\d+){point}(\d)", rf"\g<1>{_POINT[target]}\2", text)
        per_hour = texts.PER_HOUR[source]
        return said.removesuffix(per_hour) + texts.PER_HOUR[target] if said.endswith(per_hour) else said

    return _Gap(rf"{_any(classes)}|\d+ {_any(spans)}|{number}", say)


def _any(words: Iterable[str]) -> str:
    return f"(?:{'|'.join(re.escape(word) for word in sorted(words, key=len, reverse=True))})"


def _further(text: str, source: Language) -> str | None:
    """Any number of clauses, each with its semicolon before it."""
    said = [_said(f"; {clause}", source) for clause in text.split("; ")[1:]]
    return None if None in said else "".join(clause for clause in said if clause)


def _clocks(text: str, source: Language) -> str:
    """Names, each with a time of day."""
    before, after = _OF_HOURS[source], _OF_HOURS[_other(source)]
    return re.sub(rf"\b(\d\d){re.escape(before)}(\d\d)(?=, |$)", rf"\g<1>{after}\2", text)


@cache
def _quantities(source: Language) -> dict[str, str]:
    """What people call quantities at the beginning of a sentence and within it."""
    known = [*texts.QUANTITIES, *texts.PHASES]
    ways: tuple[Callable[[str, Language], str], ...] = (texts.quantity_name, texts.quantity_within)
    named = {way(quantity, source): way(quantity, _other(source)) for way in ways for quantity in known}
    return named | {texts.A_VALUE[source]: texts.A_VALUE[_other(source)]}
