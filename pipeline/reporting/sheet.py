"""The report as CSV: one row a number, the month's and each day's, of the whole and of its parts."""

from __future__ import annotations

import csv
import io
from typing import Final

from pipeline.reporting.model import Figure, Key, Report
from telemetry.indicators import INDICATORS
from telemetry.names import cell
from telemetry.regions import province_of

COLUMNS: Final = (
    *("place", "province", "domain", "part", "indicator", "period", "begins"),
    *("value", "unit", "numerator", "numerator_is", "denominator", "denominator_is"),
)


def sheet(report: Report) -> str:
    """With a header, by RFC 4180. A name that a spreadsheet would take for a formula gets an apostrophe."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for key, figure in sorted(report.totals.items()):
        writer.writerow(_row(report, key, "month", f"{report.month}-01", figure))
    for key, days in sorted(report.days.items()):
        for day, figure in sorted(days.items()):
            writer.writerow(_row(report, key, "day", f"{report.month}-{day:02}", figure))
    return text.getvalue()


def _row(report: Report, key: Key, period: str, begins: str, figure: Figure) -> list[str]:
    domain, part, name = key
    definition = INDICATORS[name]
    value = figure.value(name)
    province = report.place if report.is_province else province_of(report.place) or ""
    names = [report.place, province, domain, part, name, period, begins]
    return [
        *map(cell, names),
        *("" if value != value else f"{value:.6g}", definition.unit),
        *(f"{figure.numerator:.10g}", definition.numerator, f"{figure.denominator:.10g}", definition.denominator),
    ]
