"""`./nadi report`: a month of a city that can be handed on."""

from __future__ import annotations

import asyncio
import csv
import io
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from config.settings import HistorianSettings, InfluxSettings
from pipeline import cli
from pipeline.reporting import pdf
from pipeline.reporting.model import Month, Report, report_of
from pipeline.reporting.page import page
from pipeline.reporting.picture import Plot, courses
from pipeline.reporting.sheet import sheet
from pipeline.reporting.words import NAMES, SAYINGS, Language, Words
from sinks.base import Delivery, Written
from sinks.historian import Historian
from sinks.influx import InfluxSink
from telemetry.errors import NadiError, SettingsError, StoreError
from telemetry.indicators import INDICATORS
from telemetry.series import SeriesTable
from tests.process import require
from tests.servers import Influx
from tests.sinks.samples import indicators_of, readings_of

NOVEMBER = 1_793_466_000_000
"""2026-11-01 00:00 in Jakarta."""
DAY = 86_400_000
MONTH = Month(2026, 11)


def row(**more: Any) -> dict[str, Any]:
    usual = {"city": "3578", "domain": "energy", "zone": "*", "indicator": "saidi", "period": "month"}
    return {**usual, "time": NOVEMBER, "numerator": 90.0, "denominator": 30.0, "value": 3.0, "unit": "min", **more}


def rows() -> list[dict[str, Any]]:
    days = [row(period="day", time=NOVEMBER + day * DAY, numerator=30.0 * day, value=float(day)) for day in range(3)]
    zone = {"domain": "water", "indicator": "completeness", "unit": "%"}
    return [row(), *days, row(zone="Genteng <b>"), row(**zone, numerator=9.0, denominator=10.0, value=90.0)]


def report(more: list[dict[str, Any]] | None = None) -> Report:
    return report_of(MONTH, rows() + (more or []), "3578", None)


def test_days_are_those_of_the_citys_clock() -> None:
    assert sorted(report().course("energy", "saidi")) == [1, 2, 3]
    utc, samoa = MONTH.utc, MONTH.utc - 13 * 3_600_000
    assert [MONTH.day_of(time) for time in (NOVEMBER - DAY, NOVEMBER, utc, samoa)] == [0, 1, 1, 1]


def test_what_is_of_another_month_is_left_out() -> None:
    other = [row(period="day", time=NOVEMBER + 30 * DAY), row(time=NOVEMBER + 30 * DAY, numerator=1e9)]
    assert report(other) == report()


def test_a_province_adds_its_cities() -> None:
    cities = [row(city="3515", numerator=10.0, denominator=70.0), row(city="3171", numerator=1e6)]
    of_province = report_of(MONTH, rows() + cities, None, "35")
    total = of_province.total("energy", "saidi")
    assert total is not None
    assert (total, total.value("saidi")) == ((100.0, 100.0), 1.0)
    assert of_province.parts("energy") == ["3515", "3578"]


def test_a_province_adds_cities_of_two_time_zones() -> None:
    shares = {"indicator": "voltage-compliance", "unit": "%", "denominator": 100.0}
    cities = [
        row(**shares, city=city, period=period, time=NOVEMBER - ahead * 3_600_000, numerator=good)
        for city, ahead, good in (("6401", 1, 50.0), ("6402", 0, 100.0))
        for period in ("day", "month")
    ]
    of_province = report_of(MONTH, cities, None, "64")
    assert of_province.total("energy", "voltage-compliance") == (150.0, 200.0)
    assert of_province.course("energy", "voltage-compliance") == {1: (150.0, 200.0)}


@pytest.mark.parametrize(("city", "province"), [("3578", None), (None, "35")])
def test_a_city_whose_time_zone_was_changed_is_counted_once(city: str | None, province: str | None) -> None:
    later = row(time=NOVEMBER - 3_600_000, numerator=120.0)
    for told in ([later, row()], [row(), later]):
        assert report_of(MONTH, told, city, province).total("energy", "saidi") == (120.0, 30.0)


def test_a_city_of_which_nothing_is_known_is_told_beside_those_that_are() -> None:
    with pytest.raises(StoreError, match=r"no indicators of 3579 in 2026-11: there is something of 3578"):
        report_of(MONTH, rows(), "3579", None)


@pytest.mark.parametrize("text", ["2026", "2026-13", "11-2026", "2026-1"])
def test_a_month_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="as in 2026-11"):
        Month.parse(text)


def test_the_sheet_has_every_number_with_its_parts() -> None:
    lines = list(csv.DictReader(io.StringIO(sheet(report()))))
    month = next(line for line in lines if line["period"] == "month" and line["part"] == "*")
    assert (month["indicator"], month["value"], month["numerator"], month["denominator"]) == ("saidi", "3", "90", "30")
    assert [line["begins"] for line in lines if line["period"] == "day"] == [f"2026-11-0{day}" for day in (1, 2, 3)]


def test_a_zone_that_would_be_a_formula_is_text_in_a_spreadsheet() -> None:
    assert "'=HYPERLINK" in sheet(report([row(zone="=HYPERLINK(1)")]))


@pytest.mark.parametrize("language", ["id", "en"])
def test_the_page_asks_for_nothing_and_escapes_what_devices_are_called(language: Language) -> None:
    text = page(report(), Words(language), date(2026, 12, 1), 'Kota "Surabaya" <script>')
    assert "Genteng &lt;b&gt;" in text
    assert "<script" not in text
    assert not re.search(r"(src=|href=|url\()", text)
    assert text.count("<svg") == 2


def test_what_was_not_measured_is_said() -> None:
    text = page(report(), Words("en"), date(2026, 12, 1))
    assert "Not reported" in text
    assert "needs the number of connections" in text


def test_every_indicator_has_a_name_and_every_saying_a_translation() -> None:
    assert set(NAMES["id"]) == set(NAMES["en"]) == set(INDICATORS)
    assert set(SAYINGS["id"]) == set(SAYINGS["en"])


def test_numbers_are_written_as_the_language_does() -> None:
    assert Words("id").measured(12_345.6, "h") == "12.346 jam"
    assert Words("en").number(0.234) == "0.23"


def test_shares_near_all_are_dots_for_bars_must_stand_on_zero() -> None:
    plot = Plot(30, "t", "#000", {})
    assert "<circle" in courses(plot, {1: 99.0, 2: 98.0}, None, share=True)
    assert "<circle" not in courses(plot, {1: 99.0, 2: 12.0}, None, share=True)


def test_pdf_without_a_browser_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "browser", lambda: None)
    with pytest.raises(NadiError, match=r"open .* in any browser and print it"):
        pdf.print_pdf(tmp_path / "a.html", tmp_path / "a.pdf")


def printer(folder: Path, script: str) -> str:
    path = folder / "browser"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize("script", ["exit 0", "echo no display >&2; exit 1"])
def test_a_pdf_of_before_is_not_taken_for_the_new_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str
) -> None:
    monkeypatch.setattr(pdf, "browser", lambda: printer(tmp_path, script))
    old = tmp_path / "a.pdf"
    old.write_bytes(b"%PDF of last month")
    with pytest.raises(NadiError, match=r"can't print .*a\.html"):
        pdf.print_pdf(tmp_path / "a.html", old)
    assert old.read_bytes() == b"%PDF of last month"


async def write(sink: Historian | InfluxSink, told: list[dict[str, Any]] | None = None) -> None:
    await sink.open()
    for payload in sink.encode(Delivery(readings_of([]), indicators=(indicators_of(told or rows()),))):
        assert await sink.write(payload) == Written()
    await sink.close()


def told(folder: Path, *options: str) -> str:
    done = CliRunner().invoke(
        cli.app, ["report", "--city", "3578", "--month", "2026-11", "--out", str(folder), *options]
    )
    assert done.exit_code == 0, done.output
    return (folder / "nadi-3578-2026-11.csv").read_bytes().decode("utf-8-sig")


async def test_the_historian_and_influxdb_give_the_same_report(
    tmp_path: Path, influx: Influx, influx_database: str
) -> None:
    path = tmp_path / "city.duckdb"
    await write(Historian(HistorianSettings(path=path), SeriesTable(), lambda: NOVEMBER))
    await write(InfluxSink(InfluxSettings(url=influx.url, api="v1", database=influx_database), SeriesTable()))
    one = await asyncio.to_thread(told, tmp_path / "one", "--historian", str(path))
    other = await asyncio.to_thread(told, tmp_path / "two", "--url", influx.url, "--database", influx_database)
    assert one == other == sheet(report())
    assert (tmp_path / "one" / "nadi-3578-2026-11.html").stat().st_size > 4_000


async def test_a_pdf_is_printed_by_a_real_browser(tmp_path: Path) -> None:
    require("chromium")
    path = tmp_path / "city.duckdb"
    await write(Historian(HistorianSettings(path=path), SeriesTable(), lambda: NOVEMBER))
    for language in ("id", "en"):
        out = tmp_path / language
        options = ("--historian", str(path), "--format", "csv", "--format", "pdf", "--language", language)
        await asyncio.to_thread(told, out, *options)
        made = (out / "nadi-3578-2026-11.pdf").read_bytes()
        assert made.startswith(b"%PDF-")
        assert made.rstrip().endswith(b"%%EOF")
        sheets = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", made)
        assert {tuple(round(float(points) / 72 * 25.4) for points in each) for each in sheets} == {(210, 297)}, "A4"
        assert b"/Font" in made, "its text is text"
        [titled] = re.findall(rb"/Title <FEFF([0-9A-F]+)>", made)
        page_of = (out / "nadi-3578-2026-11.html").read_text("utf-8")
        assert f"<title>{bytes.fromhex(titled.decode()).decode('utf-16-be')}</title>" in page_of


async def test_a_province_is_asked_for_as_the_docs_say(influx: Influx, influx_database: str) -> None:
    sink = InfluxSink(InfluxSettings(url=influx.url, api="v1", database=influx_database), SeriesTable())
    shares = [(90.0, 100.0, "3578"), (10.0, 100.0, "3515"), (7.0, 7.0, "3171"), (7.0, 7.0, "Surabaya")]
    named = {"indicator": "voltage-compliance", "unit": "%"}
    cities = [row(**named, city=city, numerator=num, denominator=den) for num, den, city in shares]
    await write(sink, cities)
    text = (Path(__file__).parents[2] / "docs" / "indicators.md").read_text("utf-8")
    [question] = re.findall(r"```sql\n(.*?)```", text, re.DOTALL)
    [answer] = await asyncio.to_thread(influx.query, " ".join(question.split()), influx_database)
    assert 50.0 in answer.values()


def test_a_store_must_be_named(tmp_path: Path) -> None:
    done = CliRunner().invoke(cli.app, ["report", "--city", "3578", "--month", "2026-11", "--out", str(tmp_path)])
    assert isinstance(done.exception, SettingsError)
    assert "--historian" in str(done.exception)
