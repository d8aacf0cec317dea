"""A strict reader of line protocol, written from InfluxDB 1's own rules, for comparison.

A comma, space or equals sign is escaped by the backslash right before it; any other
backslash stands for itself. In a string field a backslash escapes a quote or a backslash.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

FLOAT = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d+)?")
INTEGER = re.compile(r"-?\d+i")


@dataclass(frozen=True)
class Point:
    measurement: str
    tags: dict[str, str]
    fields: dict[str, float | int | str]
    time: int


def parse(data: bytes) -> list[Point]:
    """All points of `data`; ValueError on anything that is not exactly line protocol."""
    text = data.decode("utf-8", "strict")
    if not text.endswith("\n"):
        raise ValueError("the last line does not end")
    return [_point(line) for line in text[:-1].split("\n")]


def _point(line: str) -> Point:
    key = _cut(line, " ")[0]
    fields, time = _cut(line[len(key) + 1 :], " ", quotes=True)
    measurement, *tags = _cut(key, ",")
    pairs = [_cut(tag, "=") for tag in tags]
    names = [name for name, _ in pairs]
    if names != sorted(set(names)):
        raise ValueError(f"tags are not sorted, or twice: {names}")
    if any(not name or not value for name, value in pairs):
        raise ValueError("empty tag")
    if not re.fullmatch(r"-?\d+", time):
        raise ValueError(f"time {time!r}")
    return Point(
        _plain(measurement),
        {_plain(name): _plain(value) for name, value in pairs},
        dict(_field(field) for field in _cut(fields, ",", quotes=True)),
        int(time),
    )


def _cut(text: str, at: str, quotes: bool = False) -> list[str]:
    """Pieces of `text` between unescaped `at`; inside quotes nothing is cut."""
    pieces, start, quoted, place = [], 0, False, 0
    while place < len(text):
        char = text[place]
        if quotes and char == '"' and (quoted or text[place - 1] == "="):
            quoted = not quoted
        elif quoted and char == "\\":
            place += 1
        elif char == at and not quoted and (place == 0 or text[place - 1] != "\\"):
            pieces.append(text[start:place])
            start = place + 1
        place += 1
    if quoted:
        raise ValueError("open string")
    return [*pieces, text[start:]]


def _plain(text: str) -> str:
    return re.sub(r"\\([,= ])", r"\1", text)


def _field(text: str) -> tuple[str, float | int | str]:
    name, value = text.split("=", 1)
    if not re.fullmatch(r"[a-z0-9]+", name):
        raise ValueError(f"field name {name!r}")
    if INTEGER.fullmatch(value):
        return name, int(value[:-1])
    if FLOAT.fullmatch(value):
        return name, float(value)
    if re.fullmatch(r'"(\\["\\]|[^"\\])*"', value):
        return name, re.sub(r'\\(["\\])', r"\1", value[1:-1])
    raise ValueError(f"field {name} has value {value!r}")
