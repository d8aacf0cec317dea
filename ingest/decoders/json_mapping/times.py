"""Times as devices write them: ISO 8601, epoch numbers, or a strptime pattern in a named zone.

auto            text is ISO 8601 (without an offset: in `zone`), a number is told apart by magnitude
s, ms, us, ns   a number, or text of one, since 1970
%d/%m/%Y %H:%M  a pattern of Python's strptime; %z or `zone` says which offset
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from decimal import Decimal, InvalidOperation
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ingest.decoders.documents import kind, shown
from telemetry.time import epoch_ms, iso8601_ms

Read = Callable[[Any], int]
"""ms UTC. Raises ValueError."""

EPOCHS: Final = {"s": Decimal(1000), "ms": Decimal(1), "us": Decimal("1e-3"), "ns": Decimal("1e-6")}
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FAR: Final = 2**62
_MAX_TEXT: Final = 100
_OFFSET: Final = re.compile(r"(?:[Zz]|[+-]\d\d:?(?:\d\d)?)\s*\Z")
_REMEMBERED: Final = 256
_SAMPLE: Final = datetime(2026, 11, 22, 13, 45, 59, tzinfo=UTC)


def compile_time(form: str, zone: str) -> Read:
    """Raises ValueError for a format or zone that can't be used."""
    where = _zone(zone)
    if form == "auto":
        return lambda value: _auto(value, where)
    if form in EPOCHS:
        factor = EPOCHS[form]
        return lambda value: _scaled(value, factor)
    if "%" not in form:
        raise ValueError(
            f"{form!r} is not a format of times; allowed: auto, {', '.join(EPOCHS)}, or a strptime pattern"
        )
    _check(form)
    return _remembering(lambda text: _parsed(text, form, where))


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"{name!r} is not a time zone; write one like UTC or Asia/Jakarta") from None


def _check(form: str) -> None:
    """Whether a time written in this format comes back."""
    try:
        again = datetime.strptime(_SAMPLE.strftime(form), form)
    except (ValueError, re.error) as error:
        raise ValueError(f"{form!r} is not a strptime pattern: {error}") from None
    if again.date() != _SAMPLE.date():
        raise ValueError(f"{form!r} does not say year, month and day")


def _auto(value: Any, zone: tzinfo) -> int:
    if type(value) is int or type(value) is float:
        return epoch_ms(value)
    text = _text(value)
    number = _number(text)
    if number is not None:
        return epoch_ms(int(number) if number == number.to_integral_value() else float(number))
    try:
        if _OFFSET.search(text, 10):
            return iso8601_ms(text)
        return _since(datetime.fromisoformat(text).replace(tzinfo=zone))
    except ValueError:
        raise ValueError(
            f"{shown(text)!r} is neither ISO 8601, like 2026-11-21T16:00:00Z, nor an epoch number"
        ) from None


def _scaled(value: Any, factor: Decimal) -> int:
    number = _number(value if type(value) is str else str(value)) if type(value) in (int, float, str) else None
    if number is None:
        raise ValueError(f"expected a number, got {kind(value)}")
    millis = number * factor
    if not -_FAR < millis < _FAR:
        raise ValueError(f"{shown(str(value))} is no time")
    return int(millis.to_integral_value("ROUND_FLOOR"))


def _number(text: str) -> Decimal | None:
    """A finite decimal of reasonable size."""
    if len(text) > _MAX_TEXT or not text.isascii() or "_" in text:
        return None
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number.adjusted()) < 30 else None


def _parsed(text: str, form: str, zone: tzinfo) -> int:
    try:
        moment = datetime.strptime(text, form)
    except (ValueError, OverflowError):
        raise ValueError(f"{shown(text)!r} is not of the form {form!r}") from None
    return _since(moment if moment.tzinfo else moment.replace(tzinfo=zone))


def _since(moment: datetime) -> int:
    try:
        passed = moment - _EPOCH
    except OverflowError:
        raise ValueError("a time at the end of all calendars") from None
    return (passed.days * 86_400 + passed.seconds) * 1000 + passed.microseconds // 1000


def _text(value: Any) -> str:
    if type(value) is not str:
        raise ValueError(f"expected a time, got {kind(value)}")
    if len(value) > _MAX_TEXT:
        raise ValueError(f"{shown(value)!r} is too long for a time")
    return value.strip()


def _remembering(read: Callable[[str], int]) -> Read:
    """strptime takes longer than all the rest, and the readings of a message have one time."""
    known: dict[str, int] = {}

    def again(value: Any) -> int:
        text = _text(value if type(value) is str else str(value) if type(value) is int else value)
        if text not in known:
            if len(known) >= _REMEMBERED:
                known.clear()
            known[text] = read(text)
        return known[text]

    return again
