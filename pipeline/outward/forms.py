"""The forms in which a page is answered; a row of FORMS each."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, NamedTuple

import orjson

from pipeline.outward import sensorthings
from pipeline.outward.page import STATISTICS, Page
from sinks.standards import names, senml
from sinks.standards.units import word_of
from telemetry import flags
from telemetry.names import cell
from telemetry.units import canonical_unit

ROWS: Final = 1_000
"""Of a piece."""
IDENTITY: Final = ("city", "domain", "zone", "device", "quantity")

Writer = Callable[[Page, str | None], Iterator[bytes]]
"""A page in pieces. The address of the next page stands in the body where the form has a place for it."""


class Form(NamedTuple):
    media: str
    write: Writer
    charset: str | None = None


def spans(page: Page) -> Iterator[range]:
    """Rows of the page, ROWS at most each."""
    for begin in range(0, len(page), ROWS):
        yield range(begin, min(begin + ROWS, len(page)))


def columns(page: Page) -> list[str]:
    """Of JSON, CSV and Parquet."""
    time = ["time"] if page.length is None else ["start", "length"]
    return [*IDENTITY, "unit", *time, *page.fields]


def rows(page: Page, span: range) -> Iterator[tuple[Any, ...]]:
    """Values in the order of `columns`; None where absent."""
    fields = [_absent_as_none(name, page.fields[name][span.start : span.stop].tolist()) for name in page.fields]
    time = page.time[span.start : span.stop].tolist()
    length = () if page.length is None else (page.length,)
    for at, identity in enumerate(page.identities[span.start : span.stop]):
        unit = canonical_unit(identity.domain, identity.quantity)
        yield (*identity, unit, time[at], *length, *(field[at] for field in fields))


def _absent_as_none(name: str, column: list[Any]) -> list[Any]:
    if name == "expected":
        return [None if each < 0 else each for each in column]
    return [None if each != each else each for each in column]


def _json(page: Page, following: str | None) -> Iterator[bytes]:
    head = columns(page)
    yield b'{"observations":['
    for span in spans(page):
        piece = orjson.dumps([dict(zip(head, row, strict=True)) for row in rows(page, span)])
        yield (b"," if span.start else b"") + piece[1:-1]
    yield b'],"next":' + orjson.dumps(following) + b"}"


def _csv(page: Page, following: str | None) -> Iterator[bytes]:
    """RFC 4180. Names come from gateways, and this is opened in spreadsheets."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(columns(page))
    for span in spans(page):
        writer.writerows([*map(cell, row[: len(IDENTITY)]), *row[len(IDENTITY) :]] for row in rows(page, span))
        yield text.getvalue().encode()
        text.seek(0)
        text.truncate()
    yield text.getvalue().encode()


def _parquet(page: Page, following: str | None) -> Iterator[bytes]:
    from pipeline.outward import parquet  # DuckDB takes 22 MB and 0.1 s: only where it is used

    yield from parquet.write(page)


def _senml(page: Page, following: str | None) -> Iterator[bytes]:
    series = set(page.identities)
    known = {identity: word_of(identity.domain, identity.quantity) for identity in series}
    base = senml.base_of(names.senml(identity) for identity in series)
    yield from senml.pieces(_records(page, known), base, senml.version_of(known.values()), ROWS)


def _records(page: Page, known: dict[Any, Any]) -> Iterator[senml.Record]:
    """Readings but those that quality control has rejected; of windows what was measured and how often."""
    time = page.time.tolist()
    if page.length is None:
        rejected = (page.fields["flags"].astype(int) & flags.FAIL).tolist()
        for at, value in enumerate(page.fields["value"].tolist()):
            if not rejected[at]:
                identity = page.identities[at]
                yield senml.Measurement(names.senml(identity), known[identity], time[at], value)
        return
    label = sensorthings.label(page.length)
    fields = {name: page.fields[name].tolist() for name in STATISTICS if name != "completeness"}
    count = page.fields["count"].tolist()
    for at, identity in enumerate(page.identities):
        yield senml.Measurement(names.senml(identity, f"{label}.count"), None, time[at], count[at])
        for name, column in fields.items():
            if (value := column[at]) == value:
                yield senml.Measurement(names.senml(identity, f"{label}.{name}"), known[identity], time[at], value)


def _sensorthings(page: Page, following: str | None) -> Iterator[bytes]:
    head: Sequence[str] = tuple(page.fields)
    yield b'{"value":['
    for span in spans(page):
        first = len(IDENTITY) + (2 if page.length is None else 3)
        made = [
            sensorthings.observation(
                page.identities[at], int(page.time[at]), page.length, dict(zip(head, row[first:], strict=True))
            )
            for at, row in zip(span, rows(page, span), strict=True)
        ]
        yield (b"," if span.start else b"") + orjson.dumps(made)[1:-1]
    yield b"]" + (b"" if following is None else b',"@iot.nextLink":' + orjson.dumps(following)) + b"}"


FORMS: Final[dict[str, Form]] = {
    "json": Form("application/json", _json),
    "senml": Form(senml.TYPE, _senml),
    "sensorthings": Form("application/json", _sensorthings),
    "csv": Form("text/csv", _csv, "utf-8"),
    "parquet": Form("application/vnd.apache.parquet", _parquet),
}
"""By the value of `format`. Of several with one media type the first is meant where only the type is named."""
