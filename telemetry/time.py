"""Times as gateways send them, read to int64 milliseconds since the Unix epoch, UTC.

Numbers are told apart by magnitude: below 1e11 seconds, below 1e14 milliseconds, below 1e17
microseconds, else nanoseconds. The result is truncated to milliseconds. A fraction of a second
given as a float is first rounded to the microsecond, which is all that a double of today's date
holds: 1763769600.123 means .123, though the nearest double is .12299.

Text is RFC 3339 with an offset; its section 5.6 allows lower case and a space for the T. Standards
that say ISO 8601 are read more widely, by `iso8601_ms`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from telemetry.batch import Float64, Int64

YEAR_2000: Final = 946_684_800_000
"""Times before this (ms) are not believed."""
NEVER: Final = np.iinfo(np.int64).min
"""Stands in a column for a time that can't be read."""
_FOREVER: Final = np.iinfo(np.int64).max

SECONDS_BELOW, MILLIS_BELOW, MICROS_BELOW = 10**11, 10**14, 10**17

_RFC3339 = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:[Zz]|([+-])(\d\d):(\d\d))", re.ASCII
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_ANYWHERE = datetime(1970, 1, 1)


def epoch_ms(number: float) -> int:
    """One epoch number as milliseconds. Raises ValueError for NaN and infinities."""
    if isinstance(number, int):
        size = abs(number)
        if size < SECONDS_BELOW:
            return number * 1000
        divisor = 1 if size < MILLIS_BELOW else 1000 if size < MICROS_BELOW else 1_000_000
        return min(max(number // divisor, NEVER + 1), _FOREVER)
    if not math.isfinite(number):
        raise ValueError("not a finite number")
    if abs(number) < SECONDS_BELOW:
        return round(number * 1e6) // 1000
    if abs(number) < 9.2e18:
        return epoch_ms(math.floor(number))
    return _FOREVER if number > 0 else NEVER + 1


def epochs_ms(numbers: NDArray[Any]) -> Int64:
    """A column of epoch numbers (int64, or float64 without NaN) as milliseconds."""
    if numbers.dtype.kind == "f":
        return _floats_ms(numbers)
    if not len(numbers) or (numbers.min() >= SECONDS_BELOW and numbers.max() < MILLIS_BELOW):
        return numbers
    size = np.abs(numbers)
    millis = np.where(size < SECONDS_BELOW, numbers * 1000, numbers)
    millis = np.where((size >= MILLIS_BELOW) & (size < MICROS_BELOW), numbers // 1000, millis)
    return np.where(size >= MICROS_BELOW, numbers // 1_000_000, millis)


def _floats_ms(numbers: Float64) -> Int64:
    size = np.abs(numbers)
    seconds = np.rint(np.where(size < SECONDS_BELOW, numbers, 0) * 1e6).astype(np.int64) // 1000
    larger = epochs_ms(np.floor(np.clip(numbers, -9.2e18, 9.2e18)).astype(np.int64))
    huge = np.where(numbers > 0, _FOREVER, NEVER + 1)
    return np.where(size < SECONDS_BELOW, seconds, np.where(size < 9.2e18, larger, huge))


def rfc3339_ms(text: str) -> int:
    """One RFC 3339 time with an offset as milliseconds. Raises ValueError."""
    match = _RFC3339.fullmatch(text)
    if match is None:
        raise ValueError(f"{text[:40]!r} is not RFC 3339 with an offset, like 2026-11-21T16:00:00Z")
    year, month, day, hour, minute, second = map(int, match.groups()[:6])
    leap = second == 60
    zone: timezone = UTC
    if match[8]:
        if int(match[9]) > 23 or int(match[10]) > 59:
            raise ValueError(f"{text[:40]!r} has an offset that does not exist")
        offset = timedelta(hours=int(match[9]), minutes=int(match[10]))
        zone = timezone(offset if match[8] == "+" else -offset)
    moment = datetime(year, month, day, hour, minute, 59 if leap else second, tzinfo=zone)
    millis = (moment - _EPOCH) // timedelta(milliseconds=1)
    if leap:
        if (millis // 1000 + 1) % 86_400:
            raise ValueError(f"{text[:40]!r} has a leap second that is not at the end of a day")
        millis += 1000
    return millis + int(f"{match[7] or 0:0<3}"[:3])


def iso8601_ms(text: str) -> int:
    """One ISO 8601 date and time as milliseconds: with or without an offset (then it is UTC), separators,
    seconds or a time at all. Raises ValueError."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return rfc3339_ms(text)  # a leap second, or the error
    since = moment - (_EPOCH if moment.tzinfo else _EPOCH_ANYWHERE)
    return (since.days * 86_400 + since.seconds) * 1000 + since.microseconds // 1000


def rfc3339s_ms(texts: Sequence[str]) -> Int64:
    """A column of RFC 3339 times as milliseconds, NEVER where one can't be read.

    A gateway writes all its times alike, so texts of one length are read together, by column.
    """
    result = np.full(len(texts), NEVER, np.int64)
    lengths = np.fromiter(map(len, texts), np.int64, len(texts))
    for length in np.unique(lengths).tolist():
        rows = np.flatnonzero(lengths == length)
        chosen = [texts[row] for row in rows.tolist()]
        joined = "".join(chosen)
        good = np.zeros(len(rows), np.bool_)
        if 20 <= length <= 35 and joined.isascii():
            millis, good = _same_length(np.frombuffer(joined.encode(), np.uint8).reshape(-1, length))
            result[rows[good]] = millis[good]
        for index in np.flatnonzero(~good).tolist():
            try:
                result[rows[index]] = rfc3339_ms(chosen[index])
            except ValueError:
                continue
    return result


_DIGITS = (0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 18)


def _same_length(text: NDArray[np.uint8]) -> tuple[Int64, NDArray[np.bool_]]:
    """uint8[n, length] as milliseconds, and which rows are of the common form
    YYYY-MM-DDTHH:MM:SS[.f{1,9}](Z|+HH:MM) without a leap second; the others take the slow way."""
    length = text.shape[1]
    digit = text.astype(np.int64) - ord("0")
    last = text[:, -1]
    zulu = last == ord("Z")
    fraction = np.where(zulu, length - 1, length - 6) - 19
    good = np.ones(len(text), np.bool_)
    for at, mark in ((4, "-"), (7, "-"), (10, "T"), (13, ":"), (16, ":")):
        good &= text[:, at] == ord(mark)
    numbers = digit[:, _DIGITS]
    good &= ((numbers >= 0) & (numbers <= 9)).all(axis=1)
    if not (good.any() and (zulu == zulu[0]).all()):
        return np.zeros(len(text), np.int64), np.zeros_like(good)
    year = numbers[:, 0] * 1000 + numbers[:, 1] * 100 + numbers[:, 2] * 10 + numbers[:, 3]
    month, day, hour, minute, second = (numbers[:, at] * 10 + numbers[:, at + 1] for at in range(4, 14, 2))
    good &= (month >= 1) & (month <= 12) & (day >= 1) & (hour <= 23) & (minute <= 59) & (second <= 59) & (year >= 1)
    good &= day <= _days_in_month(year, month)
    millis, part = _fraction(text, digit, int(fraction[0]))
    good &= part
    offset, part = (np.zeros(len(text), np.int64), good) if zulu[0] else _offset(text, digit)
    good = good & part
    seconds = _days(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - offset * 60
    return seconds * 1000 + millis, good


def _fraction(text: NDArray[np.uint8], digit: Int64, width: int) -> tuple[Int64, NDArray[np.bool_]]:
    """`width` characters from the 20th on: nothing, or a point and digits."""
    millis = np.zeros(len(text), np.int64)
    if width == 0:
        return millis, np.ones(len(text), np.bool_)
    good = (text[:, 19] == ord(".")) & (width > 1)
    part = digit[:, 20 : 19 + width]
    good &= ((part >= 0) & (part <= 9)).all(axis=1)
    for index, weight in zip(range(part.shape[1]), (100, 10, 1), strict=False):
        millis += part[:, index] * weight
    return millis, good


def _offset(text: NDArray[np.uint8], digit: Int64) -> tuple[Int64, NDArray[np.bool_]]:
    """The last six characters, +HH:MM, in minutes east."""
    sign = text[:, -6]
    hours = digit[:, -5] * 10 + digit[:, -4]
    minutes = digit[:, -2] * 10 + digit[:, -1]
    parts = digit[:, (-5, -4, -2, -1)]
    good = ((sign == ord("+")) | (sign == ord("-"))) & (text[:, -3] == ord(":")) & (hours <= 23) & (minutes <= 59)
    good &= ((parts >= 0) & (parts <= 9)).all(axis=1)
    return np.where(sign == ord("-"), -1, 1) * (hours * 60 + minutes), good


def _days_in_month(year: Int64, month: Int64) -> Int64:
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    days = np.array((31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31), np.int64)[np.clip(month, 1, 12) - 1]
    longest: Int64 = days + (leap & (month == 2))
    return longest


def _days(year: Int64, month: Int64, day: Int64) -> Int64:
    """Days since 1970-01-01 (H. Hinnant, "chrono-compatible low-level date algorithms")."""
    shifted = year - (month <= 2)
    era = shifted // 400
    of_era = shifted - era * 400
    of_year = (153 * (month + np.where(month > 2, -3, 9)) + 2) // 5 + day - 1
    days: Int64 = era * 146_097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719_468
    return days
