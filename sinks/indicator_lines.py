"""Indicators as line protocol. They are few: a row at a time.

indicators,city=3578,domain=water,indicator=saidi,period=day,province=35,zone=* numerator=…,denominator=…,value=… …

`province` is left out where the city's name is no regency code.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sinks.lineprotocol import CHUNK_ROWS, escape_string, escape_tag, numbers
from telemetry.batch import Float64, Indicators
from telemetry.regions import province_of

Lines = Iterator[tuple[bytes, int]]


def indicator_lines(batch: Indicators) -> Lines:
    """Lines of indicators and how many. `value` is left out where there is none."""
    for start in range(0, len(batch), CHUNK_ROWS):
        rows = batch.take(slice(start, start + CHUNK_ROWS))
        columns = zip(_texts(rows.numerator), _texts(rows.denominator), _texts(rows.value), strict=True)
        lines = [_line(rows, row, *texts) for row, texts in enumerate(columns)]
        yield b"".join(lines), len(rows)


def _texts(column: Float64) -> list[bytes]:
    """The text of each number; empty where it is none."""
    finite = np.isfinite(column)
    texts = numbers(np.where(finite, column, 0.0))
    return [text if known else b"" for text, known in zip(texts, finite.tolist(), strict=True)]


def _line(rows: Indicators, row: int, numerator: bytes, denominator: bytes, value: bytes) -> bytes:
    province = province_of(rows.city[row])
    fields = [
        b"numerator=" + numerator if numerator else b"",
        b"denominator=" + denominator if denominator else b"",
        b"value=" + value if value else b"",
        b"unit=" + escape_string(rows.unit[row]),
    ]
    return b"indicators,city=%b,domain=%b,indicator=%b,period=%b%b,zone=%b %b %d\n" % (
        *(escape_tag(column[row]) for column in (rows.city, rows.domain, rows.indicator, rows.period)),
        b",province=" + escape_tag(province) if province else b"",
        escape_tag(rows.zone[row]),
        b",".join(field for field in fields if field),
        rows.time[row],
    )
