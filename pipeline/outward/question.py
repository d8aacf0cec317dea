"""The question of `GET /api/v1/observations`: what may be asked, and what is wrong with it in words.

PARAMETERS is what the OpenAPI document is made of, too.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import orjson

from pipeline.outward.forms import FORMS
from pipeline.outward.page import Names, Place, Query
from telemetry.durations import format_duration, parse_duration
from telemetry.series import DOMAINS
from telemetry.time import rfc3339_ms

USUAL_SPAN_MS: Final = 3_600_000
LONGEST_MS: Final = 31 * 86_400_000
USUAL_LIMIT: Final = 1_000
MOST_ROWS: Final = 10_000
LATEST_MS: Final = 253_402_300_799_999
"""The last of the year 9999."""
_LONGEST_PLACE: Final = 4_096

_TIME: Final = {"type": "string", "pattern": r"^(-?\d{1,15}|\d{4}-\d\d-\d\d[Tt ].*)$"}
PARAMETERS: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    "city": ("only of this city", {"type": "string"}),
    "domain": ("only of this domain", {"type": "string", "enum": list(DOMAINS)}),
    "zone": ("only of this zone", {"type": "string"}),
    "device": ("only of this device", {"type": "string"}),
    "quantity": ("only of this quantity", {"type": "string"}),
    "from": ("first time: ms since the epoch, or RFC 3339; without it an hour before `to`", _TIME),
    "to": ("end, not included: ms or RFC 3339; without it now. At most 31 days after `from`", _TIME),
    "window": ("windows of this length instead of readings: one that is kept, like 1m or 60000", {"type": "string"}),
    "format": ("how to answer; goes before Accept", {"type": "string", "enum": list(FORMS)}),
    "limit": (
        "rows of a page",
        {"type": "integer", "minimum": 1, "maximum": MOST_ROWS, "default": USUAL_LIMIT},
    ),
    "after": ("where the page before this one ended, as its `next` says", {"type": "string"}),
}


def query_of(asked: Mapping[str, str], now: int, windows: Iterable[int]) -> Query:
    """Raises ValueError, in words. windows: the lengths that are kept, ms."""
    if unknown := set(asked) - set(PARAMETERS):
        raise ValueError(f"{', '.join(sorted(unknown))} is not known; allowed: {', '.join(PARAMETERS)}")
    domain = asked.get("domain")
    if domain is not None and domain not in DOMAINS:
        raise ValueError(f"domain={domain} is not allowed; allowed: {', '.join(DOMAINS)}")
    end = _time("to", asked["to"]) if "to" in asked else now
    start = _time("from", asked["from"]) if "from" in asked else max(0, end - USUAL_SPAN_MS)
    if not 0 < end - start <= LONGEST_MS:
        raise ValueError("from and to: `to` must be after `from`, by 31 days at most")
    limit = asked.get("limit", str(USUAL_LIMIT))
    if not (limit.isascii() and limit.isdecimal() and len(limit) < 9 and 1 <= int(limit) <= MOST_ROWS):
        raise ValueError(f"limit={limit} is not allowed; allowed: 1 to {MOST_ROWS}")
    length = _length(asked["window"], sorted(windows)) if "window" in asked else None
    names = Names(*(asked.get(name) for name in Names._fields))
    after = place_of(asked["after"]) if "after" in asked else None
    if after is not None and not start <= after.time < end:
        raise ValueError("after: a place outside of from and to; ask for the `next` of a page as it is")
    return Query(names, start, end, length, int(limit), after)


def form_of(wanted: str | None, accept: str) -> str:
    """The name of a form. Raises ValueError where `format` is wrong, LookupError where Accept allows none."""
    if wanted is not None:
        if wanted not in FORMS:
            raise ValueError(f"format={wanted} is not allowed; allowed: {', '.join(FORMS)}")
        return wanted
    offered = {form.media: name for name, form in reversed(FORMS.items())}
    best, quality = "", 0.0
    for media, name in sorted(offered.items(), key=lambda each: list(FORMS).index(each[1])):
        if (found := _quality(media, accept)) > quality:
            best, quality = name, found
    if not best:
        raise LookupError(f"Accept: {accept} allows none of {', '.join(offered)}")
    return best


def _quality(media: str, accept: str) -> float:
    """RFC 9110, section 12.5.1: the most specific range decides."""
    if not accept.strip():
        return 1.0
    found: dict[int, float] = {}
    for each in accept.split(","):
        wanted, *parameters = (part.strip().lower() for part in each.split(";"))
        if wanted in (media, f"{media.partition('/')[0]}/*", "*/*"):
            weight = next((part[2:] for part in parameters if part.startswith("q=")), "1")
            found[0 if wanted == "*/*" else 1 if wanted.endswith("/*") else 2] = _weight(weight)
    return found[max(found)] if found else 0.0


def _weight(text: str) -> float:
    try:
        return min(1.0, max(0.0, float(text)))
    except ValueError:
        return 0.0


def place_text(place: Place) -> str:
    """What `after` takes."""
    return base64.urlsafe_b64encode(orjson.dumps([place.time, *place.key])).decode().rstrip("=")


def place_of(text: str) -> Place:
    """Raises ValueError for what is no place."""
    try:
        if len(text) > _LONGEST_PLACE or not text.isascii():
            raise ValueError
        time, *key = orjson.loads(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
        if type(time) is not int or abs(time) > LATEST_MS or not _is_key(key):
            raise ValueError
    except (ValueError, TypeError, binascii.Error):
        raise ValueError("after: not a place that nadi gave; begin anew without it") from None
    return Place(time, tuple(key))


def _is_key(key: Sequence[object]) -> bool:
    return bool(key) and all(type(each) is str or (type(each) is int and abs(each) < 2**31) for each in key)


def _time(name: str, text: str) -> int:
    digits = text.removeprefix("-")
    if digits.isascii() and digits.isdecimal() and len(digits) <= 15:
        time = int(text)
    else:
        try:
            time = rfc3339_ms(text)
        except ValueError:
            raise ValueError(f"{name}={text}: write ms since the epoch, or RFC 3339: 2026-11-21T16:00:00Z") from None
    if not 0 <= time <= LATEST_MS:
        raise ValueError(f"{name}={text} is not allowed; allowed: the years 1970 to 9999")
    return time


def _length(text: str, kept: Sequence[int]) -> int:
    allowed = ", ".join(map(format_duration, kept))
    try:
        length = int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else parse_duration(text)
    except ValueError:
        length = -1
    if length not in kept:
        raise ValueError(f"window={text} is not kept; kept are {allowed}")
    return length
