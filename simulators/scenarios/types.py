"""The types of a scenario's values: how each is read, and how the published schema tells of it.

A scenario's scalars arrive as text (config/tree.py), so each type reads text and what it makes of it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from config.problems import shown
from config.settings import Duration, parse_duration
from simulators.faults.table import FAULTS
from simulators.fleets import DOMAINS, FLEETS
from simulators.incidents import KINDS
from simulators.scenarios.moments import Moment, parse_instant, parse_moment, parse_offset
from simulators.scenarios.words import closest

_DURATION = "a duration (number and unit: ms, s, m, h or d), like 90s"
_OFFSET = "a time after the start (like 2d 06:30, 06:30 or 90m)"


def _text_by(parse: Callable[[str], Any]) -> BeforeValidator:
    return BeforeValidator(lambda value: parse(value) if isinstance(value, str) else value)


def _listed(value: Any) -> Any:
    """One item stands for a list of one."""
    return value if isinstance(value, list | tuple) else [value]


def _range(value: Any) -> Any:
    """One number stands for a range without width."""
    return (value, value) if not isinstance(value, list | tuple) else value


def _ordered(value: tuple[float, float]) -> tuple[float, float]:
    if value[1] < value[0]:
        raise ValueError("the first number must not be above the second")
    return value


def _moments(value: Any) -> Any:
    return tuple(parse_moment(item) if isinstance(item, str) else item for item in _listed(value))


def _durations(value: Any) -> Any:
    return tuple(parse_duration(item) for item in _range(value))


def _one_of(words: tuple[str, ...]) -> tuple[Any, ...]:
    def check(word: str) -> str:
        if word not in words:
            meant = closest(word, words)
            raise ValueError(f"did you mean {meant}?" if meant else f"{shown(word)} is unknown")
        return word

    return AfterValidator(check), WithJsonSchema({"type": "string", "enum": list(words)})


def _schema(allowed: str, **schema: Any) -> WithJsonSchema:
    return WithJsonSchema({**schema, "$comment": allowed})


_TEXT = {"type": "string"}
_NUMBER = {"type": "number"}

Span = Annotated[Duration, _schema(_DURATION, **_TEXT)]
Instant = Annotated[
    int, _text_by(parse_instant), _schema("a date-time with offset, like 2025-11-17T00:00:00+07:00", **_TEXT)
]
Offset = Annotated[int, _text_by(parse_offset), _schema(_OFFSET, **_TEXT)]
Moments = Annotated[
    tuple[Moment, ...],
    BeforeValidator(_moments),
    _schema(
        f"{_OFFSET}, a date-time with offset, or a list of them",
        anyOf=[_TEXT, {"type": "array", "items": _TEXT, "minItems": 1}],
    ),
]
Spans = Annotated[
    tuple[Span, Span],
    BeforeValidator(_durations),
    AfterValidator(_ordered),
    _schema(
        f"{_DURATION}, or the shortest and the longest, like [10m, 40m]",
        anyOf=[_TEXT, {"type": "array", "items": _TEXT, "minItems": 2, "maxItems": 2}],
    ),
]
_Positive = Annotated[float, Field(gt=0, le=100)]
_PAIR = {"type": "array", "items": _NUMBER, "minItems": 2, "maxItems": 2}
Strengths = Annotated[
    tuple[_Positive, _Positive],
    BeforeValidator(_range),
    AfterValidator(_ordered),
    _schema("a number above 0, at most 100, or the least and the most, like [0.7, 1.3]", anyOf=[_NUMBER, _PAIR]),
]
_Magnitude = Annotated[float, Field(ge=2, le=9.5)]
Magnitudes = Annotated[
    tuple[_Magnitude, _Magnitude],
    BeforeValidator(_range),
    AfterValidator(_ordered),
    _schema("a number from 2 to 9.5, or the least and the most, like [5, 6.5]", anyOf=[_NUMBER, _PAIR]),
]
_Signed = Annotated[float, Field(ge=-100, le=100)]


def _not_nothing(value: tuple[float, float]) -> tuple[float, float]:
    if value[0] == 0 or value[1] == 0:
        raise ValueError("0 would be no fault")
    return value


SignedStrengths = Annotated[
    tuple[_Signed, _Signed],
    BeforeValidator(_range),
    AfterValidator(_ordered),
    AfterValidator(_not_nothing),
    _schema("a number from -100 to 100 but 0, or the least and the most, like [0.7, 1.3]", anyOf=[_NUMBER, _PAIR]),
]
Coordinates = Annotated[
    tuple[Annotated[float, Field(ge=-90, le=90)], Annotated[float, Field(ge=-180, le=180)]],
    _schema("latitude and longitude, like [-7.26, 112.75]", **_PAIR),
]
Names = Annotated[
    tuple[Annotated[str, Field(min_length=1)], ...],
    BeforeValidator(_listed),
    _schema("a name or a list of names", anyOf=[_TEXT, {"type": "array", "items": _TEXT, "minItems": 1}]),
]
EventKind = Annotated[str, *_one_of(tuple(sorted(KINDS)))]
FaultKindName = Annotated[str, *_one_of(tuple(FAULTS))]
FleetName = Annotated[str, *_one_of(tuple(FLEETS))]
FleetOrDomain = Annotated[str, *_one_of((*DOMAINS, *FLEETS))]
