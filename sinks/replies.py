"""What InfluxDB's answers mean: status, headers and body to a named outcome."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from config.settings import InfluxSettings
from sinks.base import Denied, Outcome, Oversized, Refused, Throttled, Unreachable, Written

WORDS = 2_000
"""Characters of an answer that are kept."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes
    retry_after: str | None = None


def words(body: bytes) -> str:
    """What the store says: `error` (v1), `message` (v2) or the text itself."""
    text = body.decode("utf-8", "replace").strip()
    try:
        said = json.loads(text)
    except ValueError:
        return text[:WORDS]
    if isinstance(said, dict):
        for key in ("error", "message"):
            if isinstance(said.get(key), str):
                return str(said[key])[:WORDS]
    return text[:WORDS]


def retry_after(value: str | None, now: float) -> float | None:
    """Seconds to wait; `value` is a number of seconds or an HTTP date (RFC 9110, 10.2.3)."""
    if value is None:
        return None
    if re.fullmatch(r"\d{1,9}(\.\d{1,9})?", value.strip(), re.ASCII):
        return float(value)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - now)
    except (ValueError, OverflowError):
        return None


def missing_database(answer: Answer) -> bool:
    return answer.status == 404 and "database not found" in words(answer.body)


def outcome(answer: Answer, settings: InfluxSettings, now: float) -> Outcome:
    """What becomes of the lines that were answered so. now: Unix time in s, for dates."""
    status, said = answer.status, words(answer.body)
    if status in (200, 204):
        return Written()
    if status in (400, 422):
        return _refused(status, said)
    if status in (401, 403):
        keys = "influx.username, influx.password" if settings.api == "v1" else "influx.token"
        return Denied(f"InfluxDB refuses the credentials ({keys}): {status} {said}")
    if status == 404:
        return _missing(said, settings)
    if status == 413:
        return Oversized()
    if status in (429, 503):
        return Throttled(retry_after(answer.retry_after, now))
    if status >= 500 or status == 408:
        return Unreachable(f"{status} {said}")
    return Denied(f"influx.url leads to something other than InfluxDB: {status} {said}")


def _refused(status: int, said: str) -> Outcome:
    """A web server or a TLS port says 400 too, and that is no verdict on the lines."""
    if "HTTPS" in said or said.lower().startswith(("<html", "<!doctype")):
        return Denied(f"influx.url leads to something other than InfluxDB: {status} {said}")
    dropped = re.search(r"\bdropped=(\d+)\s*$", said)
    return Refused(said or str(status), int(dropped[1]) if dropped else None)


def _missing(said: str, settings: InfluxSettings) -> Denied:
    if settings.api == "v1":
        hint = f"influx.database {settings.database!r} is not there; create it, or set influx.create: true"
    else:
        hint = f"influx.bucket {settings.bucket!r} in influx.org {settings.org!r} is not there, or influx.url is wrong"
    return Denied(f"{hint}: 404 {said}")
