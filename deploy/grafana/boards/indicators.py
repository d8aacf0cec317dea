"""What cities report of their days and months, in words, and how the cities' numbers are added.

The same as nadi's own table (telemetry/indicators.py): a test compares.
"""

# ruff: noqa: S608 - the queries are texts for Grafana

from __future__ import annotations

from typing import Literal, NamedTuple

from boards import queries as q
from boards.panels import DOMAIN, HIDDEN, column, mapped, rows, table
from boards.words import Text, Words

Added = Literal["percent", "ratio", "sum", "peak"]


class Indicator(NamedTuple):
    """added: what cities' numerators and denominators make together."""

    words: Words
    added: Added


INDICATORS = {
    "completeness": Indicator(Text("data completeness", "kelengkapan data"), "percent"),
    "pressure-compliance": Indicator(Text("water pressure within limits", "tekanan air memenuhi batas"), "percent"),
    "quality-compliance": Indicator(Text("water quality within limits", "mutu air memenuhi batas"), "percent"),
    "interruption": Indicator(Text("water interruption per household", "gangguan air per rumah tangga"), "ratio"),
    "non-revenue-water": Indicator(Text("non-revenue water", "air tak berekening"), "percent"),
    "night-flow": Indicator(Text("minimum night flow", "aliran malam minimum"), "ratio"),
    "night-leakage": Indicator(Text("night leakage", "kebocoran malam"), "percent"),
    "saidi": Indicator("SAIDI", "ratio"),
    "saifi": Indicator("SAIFI", "ratio"),
    "voltage-compliance": Indicator(Text("voltage within the band", "tegangan dalam batas"), "percent"),
    "overflowing-hours": Indicator(Text("hours overflowing per bin", "jam meluap per tempat sampah"), "ratio"),
    "collection-punctuality": Indicator(Text("collections on time", "pengangkutan tepat waktu"), "percent"),
    **{
        f"siaga-{stage}-hours": Indicator(Text(f"hours at Siaga {stage}", f"jam pada Siaga {stage}"), "sum")
        for stage in (3, 2, 1)
    },
    "warning-lead-time": Indicator(Text("flood warning lead time", "tenggang peringatan banjir"), "ratio"),
    "ispu-good-days": Indicator(Text("days of good air", "hari udara baik"), "sum"),
    "ispu-moderate-days": Indicator(Text("days of moderate air", "hari udara sedang"), "sum"),
    "ispu-unhealthy-days": Indicator(Text("days of unhealthy air", "hari udara tidak sehat"), "sum"),
    "ispu-very-unhealthy-days": Indicator(Text("days of very unhealthy air", "hari udara sangat tidak sehat"), "sum"),
    "ispu-dangerous-days": Indicator(Text("days of dangerous air", "hari udara berbahaya"), "sum"),
    "alarm-rate": Indicator(Text("alarms per 10 minutes", "alarm per 10 menit"), "ratio"),
    "alarm-peak": Indicator(Text("most alarms in 10 minutes", "alarm terbanyak dalam 10 menit"), "peak"),
    "alarm-flood": Indicator(Text("time in alarm flood", "waktu banjir alarm"), "percent"),
    "alarm-critical": Indicator(Text("critical alarms", "alarm kritis"), "percent"),
    "standing-alarms": Indicator(Text("standing alarms", "alarm yang masih aktif"), "ratio"),
    "stale-alarms": Indicator(Text("stale alarms", "alarm aktif 24 jam atau lebih"), "ratio"),
}

UNITS: dict[str, Words] = {
    "%": "%",
    "h": Text("h", "jam"),
    "min": Text("min", "menit"),
    "d": Text("days", "hari"),
    "times": Text("times", "kali"),
    "alarms": Text("alarms", "alarm"),
    "1/10 min": Text("in 10 min", "dalam 10 menit"),
    "L/s": "L/s",
}

RECENT = "time > ${__to}ms - 40d AND time <= ${__to}ms"
"""What began up to the end of the time shown: who looks at last month is told of last month."""
REPORTED = f"\"period\" = '$period' AND \"zone\" = '*' AND {q.IN_CITY} AND {RECENT}"
PERIOD = "time(1d, 15h)"
"""Periods begin at a city's midnight. Between 15:00 UTC and the next lie those of one date, from Papua to Sumatra."""

EACH_CITY = (
    f'SELECT last("value") AS "value", "unit", "numerator", "denominator" FROM "indicators" WHERE {REPORTED} '
    'GROUP BY "city", "domain", "indicator"'
)
"""Value, unit and parts of one and the same point, with its time."""

_VALUES: dict[Added, tuple[str, str]] = {
    "percent": ('100 * sum("numerator") / sum("denominator")', "sum"),
    "ratio": ('1.0 * sum("numerator") / sum("denominator")', "sum"),
    "sum": ('sum("numerator")', "sum"),
    "peak": ('max("numerator")', "max"),
}
"""The value of several cities, and what becomes of numerators and denominators themselves."""


def together(added: Added) -> str:
    """The indicators that are added so, of the newest period that any city has told of: never of two periods."""
    value, parts = _VALUES[added]
    names = "|".join(name for name, indicator in INDICATORS.items() if indicator.added == added)
    columns = (
        f'{value} AS "value", last("unit") AS "unit", count("numerator") AS "cities", '
        f'{parts}("numerator") AS "numerator", {parts}("denominator") AS "denominator"'
    )
    periods = (
        f'SELECT {columns} FROM "indicators" WHERE {REPORTED} AND "indicator" =~ /^({names})$/ '
        f'GROUP BY {PERIOD}, "domain", "indicator" fill(none)'
    )
    newest = 'last("value") AS "value", "unit", "cities", "numerator", "denominator"'
    return f'SELECT {newest} FROM ({periods}) WHERE {RECENT} GROUP BY "domain", "indicator"'


WAYS: tuple[Added, ...] = ("percent", "ratio", "sum", "peak")

NUMBERS = (
    column("value", {"id": "decimals", "value": 2}),
    column("unit", mapped(UNITS), title=Text("unit", "satuan"), width=100),
)
PARTS = (
    column("numerator", {"id": "decimals", "value": 1}, title=Text("numerator", "pembilang")),
    column("denominator", {"id": "decimals", "value": 1}, title=Text("denominator", "penyebut")),
)
NAME = column(
    "indicator",
    mapped({name: indicator.words for name, indicator in INDICATORS.items()}),
    title=Text("indicator", "indikator"),
    width=230,
)
NONE_YET = Text("none yet", "belum ada")

REPORTS = (
    table(
        Text("What each city reports, newest period", "Laporan tiap kota, periode terbaru"),
        EACH_CITY,
        (
            *(column("city"), DOMAIN, NAME, *NUMBERS),
            column("Time", {"id": "unit", "value": "dateTimeAsIso"}, width=160, title=Text("from", "mulai")),
            *PARTS,
        ),
        width=13,
        height=12,
        empty=NONE_YET,
    ),
    table(
        Text("All of them together, newest period", "Semuanya bersama, periode terbaru"),
        [rows(together(way)) for way in WAYS],
        (
            *(column("Time", HIDDEN), DOMAIN, NAME, *NUMBERS),
            column("cities", {"id": "decimals", "value": 0}, title=Text("cities", "kota"), width=70),
            *PARTS,
        ),
        width=11,
        height=12,
        empty=NONE_YET,
        transformations=[{"id": "merge", "options": {}}],
        note=Text(
            "Numerators and denominators of the cities are added, and then divided; hours and days are added; of the "
            "most alarms in 10 minutes the greatest stands.",
            "Pembilang dan penyebut semua kota dijumlahkan, lalu dibagi; jam dan hari dijumlahkan; dari alarm "
            "terbanyak dalam 10 menit diambil yang terbesar.",
        ),
    ),
)
