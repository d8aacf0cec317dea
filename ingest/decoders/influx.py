"""InfluxDB line protocol, as InfluxDB 1 and 2 read it.

    measurement,tag=value,… field=value,… [timestamp]

- The sensor is the series key, as InfluxDB tells points apart: measurement and tags, unescaped, the tags
  sorted by key: `weather,location=us-midwest`. The quantity is the field key. Line protocol names no units.
- A rule may name the tag that is the device (`device_tag`). Where a line has it, its value is the sensor, and the
  rest of the series key stands before the field key: `host=a` of `cpu,cpu=0,host=a idle=1` is sensor `a`, quantity
  `cpu,cpu=0.idle`.
- Tags that all lines of a message have in common are labels of the message, for the mapping's rules.
- Floats, integers (`1i`) and unsigned (`1u`) are readings; booleans are 1 and 0; strings are no readings.
- In names a backslash escapes comma, equals sign and space, and stands for itself before anything else,
  backslashes too; so no name ends with one. In a quoted string it escapes quotes and backslashes, and the
  string may hold line ends.
- Timestamps are in nanoseconds unless `precision` says otherwise; the milliseconds are rounded down. A line
  without one has no time.
- Lines end with LF or CRLF; empty lines, and those that begin with `#`, are skipped. A line that is wrong is
  refused alone, a value that is no finite number without its neighbours in the line.

Sources: InfluxData, "Line protocol" (InfluxDB OSS v2 reference) and line-protocol.ebnf.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from ingest.decoders.base import MAX_READINGS, Decoded, Message, Refused
from ingest.decoders.documents import shown

_MEASUREMENT = r"(?=[^, \n])[^\\, \n]*+(?:\\++[^\n][^\\, \n]*+)*+"
_KEY = r"(?=[^,= \n])[^\\,= \n]*+(?:\\++[^\n][^\\,= \n]*+)*+"
_TAGS = rf"(?:,{_KEY}={_KEY})*+"
_NUMBER = r"-?(?:\d{1,20}+[iu]|(?:\d++(?:\.\d*+)?|\.\d++)(?:[eE][+-]?\d++)?)"
_NOT_FINITE = r"[+-]?(?:[nN]a[nN]|NAN|[iI]nf(?:inity)?|INF)"
_BOOLEAN = r"t(?:rue)?|T(?:rue|RUE)?|f(?:alse)?|F(?:alse|ALSE)?"
_STRING = r'"(?:[^"\\]++|\\.)*+"'
_VALUE = rf"(?>{_NUMBER}|{_NOT_FINITE}|{_BOOLEAN}|{_STRING})"
_FIELDS = rf"{_KEY}={_VALUE}(?:,{_KEY}={_VALUE})*+"

_POINT: Final = re.compile(
    rf" *+({_MEASUREMENT}{_TAGS}) ++({_FIELDS})(?: ++(-?\d{{1,19}}))? *+\r?(?:\n|\Z)", re.ASCII | re.DOTALL
)
_BEGINNING: Final = re.compile(
    rf" *+(?![\[{{<#]){_MEASUREMENT}{_TAGS} ++{_KEY}={_VALUE}(?=[, \r\n]|\Z)", re.ASCII | re.DOTALL
)
_FIELD: Final = re.compile(rf"({_KEY})=({_VALUE})(?:,|\Z)", re.ASCII | re.DOTALL)
_SKIPPED: Final = re.compile(r"(?:[ \t]*+(?:#[^\n]*+|\r)?(?:\n|\Z))++")
_ESCAPED: Final = re.compile(r"\\([,= ])")
_MEASURED: Final = re.compile(_MEASUREMENT)
_SERIES: Final = re.compile(rf" *+{_MEASUREMENT}{_TAGS} ++")
_PART: Final = re.compile(_KEY)

_DIVISORS: Final = {"ns": (1, 1_000_000), "us": (1, 1000), "ms": (1, 1), "s": (1000, 1)}
_MAX_TIME: Final = 2**63
_MOST: Final = 1.7976931348623157e308
_DIGITS: Final = frozenset("0123456789.")
_WORDS: Final = dict.fromkeys(("t", "T", "true", "True", "TRUE"), 1.0) | dict.fromkeys(
    ("f", "F", "false", "False", "FALSE"), 0.0
)
MAX_KEY: Final = 2048
"""Characters of a measurement with its tags; InfluxDB's own limit is 65,535, more than a series of ours can bear."""
LONGEST_REMEMBERED: Final = 256
"""Characters; many longer ones would fill the memory."""
MAX_SERIES: Final = 50_000
"""Series remembered; beyond that all are forgotten and learned anew."""


class _Series(NamedTuple):
    sensor: str
    before: str
    """What stands before the field keys in quantities."""
    tags: dict[str, str]


class Influx:
    """`precision` is that of timestamps: ns, us, ms or s. `device_tag`: the tag that is the device, if any."""

    def __init__(self, precision: str, device_tag: str | None = None) -> None:
        self._device_tag = device_tag
        self._times, self._divisor = _DIVISORS[precision]
        self._series: dict[str, _Series] = {}

    def decode(self, message: Message) -> Decoded:
        decoded = Decoded()
        try:
            text = message.payload.decode()
        except UnicodeDecodeError as error:
            decoded.refuse("schema", f"not UTF-8 at byte {error.start}")
            return decoded
        labels: dict[str, str] | None = None
        last, end = None, 0
        while end < len(text):
            if len(decoded.readings) > MAX_READINGS or len(decoded.refused) > MAX_READINGS:
                return _too_large()
            point = _POINT.match(text, end)
            if point is None or text.startswith("#", point.start(1)):
                end = _skip(text, end, decoded)
                continue
            end = point.end()
            key, fields, stamp = point.groups()
            try:
                series = self._series.get(key) or self._learn(key)
                moment = None if stamp is None else self._moment(int(stamp))
            except _Refused as refused:
                decoded.refuse(refused.reason, f"{shown(key)}: {refused}")
                continue
            if series is not last:
                labels = dict(series.tags) if labels is None else _common(labels, series.tags)
                last = series
            _take(decoded, series, fields, moment)
        decoded.labels.update(labels or {})
        return decoded if len(decoded.readings) <= MAX_READINGS else _too_large()

    def remembered(self) -> int:
        """Series kept so far."""
        return len(self._series)

    def _moment(self, stamp: int) -> int:
        if not -_MAX_TIME < stamp < _MAX_TIME:
            raise _Refused("time", f"{stamp} is no timestamp; those have 64 bits")
        moment = stamp * self._times // self._divisor
        if not -_MAX_TIME < moment < _MAX_TIME:
            raise _Refused("time", f"{stamp} s is no time; set the precision")
        return moment

    def _learn(self, key: str) -> _Series:
        """Unescapes a series key, and remembers it if it is not a long one."""
        if len(key) > MAX_KEY:
            raise _Refused("schema", f"a measurement and tags of {len(key)} characters; at most {MAX_KEY} are allowed")
        first = _MEASURED.match(key).end()  # type: ignore[union-attr]  # the key has matched with it before
        measurement = _ESCAPED.sub(r"\1", key[:first])
        parts = [_ESCAPED.sub(r"\1", part) for part in _PART.findall(key, first)]
        tags = dict(zip(parts[::2], parts[1::2], strict=True))
        if 2 * len(tags) < len(parts):
            raise _Refused("schema", "a tag that comes twice")
        device = tags.get(self._device_tag) if self._device_tag is not None else None
        told = sorted(tags) if device is None else sorted(tags.keys() - {self._device_tag})
        rest = ",".join([measurement, *(f"{tag}={tags[tag]}" for tag in told)])
        series = _Series(rest, "", tags) if device is None else _Series(device, f"{rest}.", tags)
        if len(key) <= LONGEST_REMEMBERED:
            if len(self._series) >= MAX_SERIES:
                self._series.clear()
            self._series[key] = series
        return series


class _Refused(Exception):
    """One line can't be taken."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


def _common(labels: dict[str, str], tags: dict[str, str]) -> dict[str, str]:
    return {label: labels[label] for label in labels if tags.get(label) == labels[label]}


def _take(decoded: Decoded, series: _Series, fields: str, moment: int | None) -> None:
    """The readings of one line, whose fields are known to be well formed."""
    if '"' in fields or "\\" in fields:
        pairs = [(_ESCAPED.sub(r"\1", key), text) for key, text in _FIELD.findall(fields)]
    else:
        pairs = [field.split("=") for field in fields.split(",")]  # type: ignore[misc]  # two each, by the pattern
    append = decoded.readings.append
    sensor, before, _ = series
    if before:
        pairs = [(before + key, text) for key, text in pairs]
    for key, text in pairs:
        last = text[-1]
        if last in _DIGITS:
            number = float(text)
        elif last == "i" or last == "u":
            whole = int(text[:-1])
            if not (-(2**63) <= whole < 2**63 if last == "i" else 0 <= whole < 2**64):
                decoded.refuse("schema", f"{shown(sensor)}: {shown(key)}: {text} is outside the range of its type")
                continue
            number = float(whole)
        elif last == '"':
            continue
        else:
            number = _WORDS.get(text, _MOST * 2)
            if text in _WORDS:
                decoded.booleans.append(len(decoded.readings))
        if -_MOST <= number <= _MOST:
            append((sensor, key, number, None, moment))
        else:
            decoded.refuse("not_finite", f"{shown(sensor)}: {shown(key)}: {shown(text)} is not a finite number")


def _skip(text: str, start: int, decoded: Decoded) -> int:
    """Where the next line begins, after lines that hold nothing, or one that is wrong."""
    empty = _SKIPPED.match(text, start)
    if empty is not None:
        return empty.end()
    end = text.find("\n", start)
    end = len(text) if end < 0 else end
    decoded.refuse("schema", _fault(text[start:end]))
    return end + 1


def _fault(line: str) -> str:
    """What is wrong with a line, in words."""
    series = _SERIES.match(line)
    if series is None:
        return f"{shown(line)!r}: expected a measurement, tags as `,key=value`, a space and fields"
    at = series.end()
    while (field := _FIELD.match(line, at)) is not None:
        at = field.end()
    rest = line[at:]
    return f"{shown(line)!r}: {shown(rest)!r} is wrong; expected fields as `key=value`, then at most a timestamp"


def _too_large() -> Decoded:
    why = f"more than {MAX_READINGS} readings; send several messages"
    return Decoded(refused=[Refused("too_large", why)], effort=MAX_READINGS)


def looks_like(message: Message) -> bool:
    """Whether the first line that isn't empty or a comment begins like a point."""
    text = message.payload[:4096].decode(errors="replace")
    empty = _SKIPPED.match(text)
    return _BEGINNING.match(text, empty.end() if empty else 0) is not None
