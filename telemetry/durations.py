"""Durations and sizes as people write them: `90s`, `1h30m`, `64MB`. Kept as int ms and int bytes."""

from __future__ import annotations

import re

_UNITS = {"d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1000, "ms": 1}
_SIZES = {"B": 1, "kB": 10**3, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
_BINARY_SIZES = {"KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}
_NUMBER = r"(\d{1,15}(?:\.\d{1,12})?)"
_DURATION_PART = re.compile(_NUMBER + r"(ms|s|m|h|d)")
_SIZE = re.compile(_NUMBER + f"({'|'.join([*_SIZES, *_BINARY_SIZES])})")


class AmountError(ValueError):
    """Text that is not a duration, or not a size."""


def parse_duration(text: str) -> int:
    """'90s', '1h30m', '250ms' as ms. Raises AmountError; a bare number is refused, for its unit could be any."""
    packed = text.replace(" ", "")
    parts = _DURATION_PART.findall(packed)
    if not parts or "".join(number + unit for number, unit in parts) != packed:
        raise AmountError(f"{text!r} is not a duration; write a number and a unit: ms, s, m, h or d, like 90s")
    return round(sum(float(number) * _UNITS[unit] for number, unit in parts))


def format_duration(ms: int) -> str:
    """In the largest unit that fits: 5s, 1m, 15m, 1h, 1d; 90s where no larger one does."""
    unit, size = next((unit, size) for unit, size in _UNITS.items() if ms % size == 0)
    return f"{ms // size}{unit}"


def parse_size(text: str) -> int:
    """'64MB', '10GB', '1GiB' as bytes. Raises AmountError."""
    match = _SIZE.fullmatch(text.replace(" ", ""))
    if not match:
        raise AmountError(f"{text!r} is not a size; write a number and a unit: kB, MB, GB or TB, like 64MB")
    return round(float(match[1]) * (_SIZES | _BINARY_SIZES)[match[2]])


def format_size(size: int) -> str:
    """In the largest decimal unit that fits: 64MB, 10GB, 1234B."""
    unit, factor = next((unit, factor) for unit, factor in reversed(_SIZES.items()) if size % factor == 0)
    return f"{size // factor}{unit}"


def parse_hours(text: str) -> tuple[int, int]:
    """`22:00-06:30` in minutes of the day; the span may pass midnight. Raises ValueError."""
    begin, end = (_minute_of_day(part) for part in text.split("-"))
    if begin == end % _DAY_MINUTES:
        raise ValueError("begins and ends at the same time; leave it out for the whole day")
    return begin, end


_DAY_MINUTES = 24 * 60


def _minute_of_day(text: str) -> int:
    hour, minute = map(int, text.split(":"))
    if minute > 59 or hour * 60 + minute > _DAY_MINUTES:
        raise ValueError(f"{text} is no time of day")
    return hour * 60 + minute
