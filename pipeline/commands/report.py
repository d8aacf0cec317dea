"""`./nadi report`: a month of a city, to be handed on."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from telemetry.errors import NadiError, SettingsError

if TYPE_CHECKING:
    from pipeline.reporting.model import Month


class Format(StrEnum):
    csv = "csv"
    html = "html"
    pdf = "pdf"


class Language(StrEnum):
    id = "id"
    en = "en"


def report(
    month: Annotated[str, typer.Option(help="year and month, as in 2026-11")],
    city: Annotated[str | None, typer.Option(help="as in the topics; in Indonesia its code: 3578")] = None,
    province: Annotated[str | None, typer.Option(help="all cities whose code begins with these two digits: 35")] = None,
    url: Annotated[str | None, typer.Option(help="InfluxDB: http://[user:password@]host:port")] = None,
    database: Annotated[str, typer.Option(help="in InfluxDB; of version 2 the bucket's name")] = "city",
    historian: Annotated[Path | None, typer.Option(help="the embedded store, of a nadi that does not run")] = None,
    config: Annotated[Path | None, typer.Option("--config", "-c", help="settings that name the store")] = None,
    out: Annotated[Path, typer.Option(help="the folder to write to")] = Path(),
    formats: Annotated[list[Format] | None, typer.Option("--format", help="may be given again; csv and html")] = None,
    language: Annotated[Language, typer.Option(help="of the page")] = Language.id,
    name: Annotated[str, typer.Option(help='what people call the place, like "Kota Surabaya"')] = "",
) -> None:
    """A month's indicators of a city or province: a CSV file and a page (or PDF) that an official can hand on."""
    from pipeline.reporting.model import Month, report_of

    if (city is None) == (province is None):
        raise SettingsError("whose report? Give one of --city 3578 and --province 35")
    chosen = Month.parse(month)
    rows = _rows(chosen, url, database, historian, config)
    found = report_of(chosen, rows, city, province)
    wanted = formats or [Format.csv, Format.html]
    stem = f"nadi-{_plain(found.place)}-{chosen}"
    try:
        out.mkdir(parents=True, exist_ok=True)
        if Format.csv in wanted:
            from pipeline.reporting.sheet import sheet

            # Spreadsheets take a file without this mark for one of their own country's old character set.
            print(_written(out / f"{stem}.csv", "\ufeff" + sheet(found)))
        if Format.html in wanted or Format.pdf in wanted:
            from pipeline.reporting.page import page
            from pipeline.reporting.words import Words

            today = datetime.now(UTC).astimezone().date()
            html = _written(out / f"{stem}.html", page(found, Words(language.value), today, name))
            print(html)
    except OSError as error:
        raise NadiError(f"--out {out}: {error.strerror or error}") from error
    if Format.pdf in wanted:
        from pipeline.reporting.pdf import print_pdf

        print_pdf(html, out / f"{stem}.pdf")
        print(out / f"{stem}.pdf")


def _rows(
    month: Month, url: str | None, database: str, historian: Path | None, config: Path | None
) -> list[dict[str, Any]]:
    from pipeline.history.influxql import Access, access
    from pipeline.reporting.sources import from_historian, from_influx

    if sum(each is not None for each in (url, historian, config)) != 1:
        raise SettingsError("where are the indicators? Give one of --url, --historian and --config")
    if url is not None:
        return from_influx(Access(url, database), month)
    if historian is not None:
        return from_historian(historian, month)
    from config.loader import load_settings

    settings = load_settings(config, os.environ)
    if settings.influx is not None:
        return from_influx(access(settings.influx), month)
    assert settings.historian is not None  # the settings have one of the two
    return from_historian(settings.historian.path, month)


def _written(path: Path, text: str) -> Path:
    path.write_text(text, "utf-8", newline="")
    return path


def _plain(name: str) -> str:
    """A place's name as part of a file's."""
    return "".join(each if each.isalnum() or each in "-." else "_" for each in name).strip(".") or "_"
