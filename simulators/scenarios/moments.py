"""When something happens, as people write it: `2d 06:30` after the scenario's start, or a date-time with offset."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from telemetry.durations import AmountError, parse_duration

_DAY = 86_400_000
_OFFSET = re.compile(r"(?:(\d{1,5})d)?\s*(?:(\d{1,2}):(\d{2})(?::(\d{2}))?)?")


@dataclass(frozen=True, slots=True)
class Moment:
    """ms since the scenario's start, or since 1970."""

    ms: int
    since: Literal["start", "epoch"] = "start"

    def after(self, start: int) -> int:
        """ms from `start` (ms UTC) to this moment; below 0 if it is earlier."""
        return self.ms if self.since == "start" else self.ms - start


def parse_instant(text: str) -> int:
    """'2025-11-17T06:30:00+07:00' as ms UTC. Raises ValueError; a time without offset could be anywhere."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a date-time") from None
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no offset from UTC, such as +07:00")
    return round(moment.timestamp() * 1000)


def parse_offset(text: str) -> int:
    """'2d 06:30', '06:30', '90m', '0s' as ms after the start. Raises ValueError."""
    found = _OFFSET.fullmatch(text.strip())
    if found and any(found.groups()):
        days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
        if hours > 23 or minutes > 59 or seconds > 59:
            raise ValueError(f"{text!r} is no time of day")
        return days * _DAY + 1000 * (3600 * hours + 60 * minutes + seconds)
    try:
        return parse_duration(text)
    except AmountError:
        raise ValueError(f"{text!r} is not a time after the start, like 2d 06:30 or 90m") from None


def parse_moment(text: str) -> Moment:
    """Either of the two. Raises ValueError."""
    if re.match(r"\d{4}-", text.strip()):
        return Moment(parse_instant(text.strip()), "epoch")
    return Moment(parse_offset(text))
