"""Province: cities side by side. Numerators and denominators are added, and only then divided: never an
average of averages, in which a village would weigh as much as a city.
"""

# ruff: noqa: S608 - the queries are texts for Grafana

from __future__ import annotations

from typing import NamedTuple

from boards import completeness, indicators
from boards import queries as q
from boards.board import Board, cities, fixed, window
from boards.maps import geomap
from boards.overview import FEEDERS_ONLY, INLETS_ONLY
from boards.panels import (
    GREEN,
    NO_DATA,
    ORANGE,
    RED,
    Ask,
    Json,
    Panel,
    bars_over_time,
    column,
    link,
    linked,
    mapped,
    painted,
    rows,
    stat,
    table,
    timeseries,
)
from boards.words import DOMAINS, SEVERITIES, Text

CHOSEN = f"{q.IN_CITY} AND {q.IN_TIME}"
BY_CITY = "$tag_city"


class Share(NamedTuple):
    """The share of a quantity's windows whose mean was out of its limits. beyond: above 0 where it was."""

    key: str
    title: Text
    domain: str
    quantity: str
    beyond: str

    def asked(self, by: str = "") -> str:
        """Windows out of limits by all windows. InfluxQL has no conditions: ceil() of 0 or of something
        between 0 and 1 makes a 0 or a 1 of each window, so that a city without a fault has its 0 too."""
        wanted = f'"quantity" = \'{self.quantity}\' AND "count" > 0 AND {CHOSEN}'
        distance = f'SELECT {self.beyond} AS "s" FROM {q.windows(self.domain)} WHERE {wanted}'
        faults = f'SELECT ceil((abs("s") + "s") / (2 * abs("s") + 1)) AS "bad" FROM ({distance}) WHERE {q.IN_TIME}'
        ratio = f'SELECT sum("bad") / count("bad") AS "{self.key}" FROM ({faults}) WHERE {q.IN_TIME}'
        return ratio + (f" GROUP BY {by}" if by else "")


SHARES = (
    Share(
        "pressure",
        Text("pressure below 100 kPa", "tekanan di bawah 100 kPa"),
        *("water", "pressure", '100 - "mean"'),
    ),
    Share(
        "chlorine",
        Text("chlorine outside 0.2 to 0.5 mg/L", "sisa klor di luar 0,2 sampai 0,5 mg/L"),
        *("water", "chlorine", 'abs("mean" - 0.35) - 0.15'),
    ),
    Share(
        "voltage",
        Text("voltage outside 198 to 231 V", "tegangan di luar 198 sampai 231 V"),
        *("energy", "voltage", 'abs("mean" - 214.5) - 16.5'),
    ),
    Share("bins", Text("bins above 90 %", "tempat sampah di atas 90 %"), "waste", "fill", '"mean" - 90'),
    Share("air", Text("PM2.5 above 55.4 µg/m³", "PM2,5 di atas 55,4 µg/m³"), "disaster", "pm25", '"mean" - 55.4'),
)
BAD = ((None, GREEN), (5, ORANGE), (20, RED))


def ratio(left: str, right: str, alias: str) -> Json:
    binary = {"left": left, "operator": "/", "right": right}
    return {"id": "calculateField", "options": {"mode": "binary", "alias": alias, "binary": binary}}


def added(names: list[str], alias: str) -> Json:
    reduce = {"reducer": "sum", "include": names}
    return {"id": "calculateField", "options": {"mode": "reduceRow", "alias": alias, "reduce": reduce}}


def percent(name: str, title: Text, steps: object) -> Json:
    drawn = [{"value": value if value is None else value / 100, "color": colour} for value, colour in steps]  # type: ignore[attr-defined]
    return column(
        name,
        {"id": "unit", "value": "percentunit"},
        {"id": "decimals", "value": 1},
        {"id": "thresholds", "value": {"mode": "absolute", "steps": drawn}},
        {"id": "color", "value": {"mode": "thresholds"}},
        painted(),
        title=title,
    )


def side_by_side() -> Panel:
    """A row a city: open incidents, completeness, and the share of windows out of limits."""
    asks = [
        rows(q.incidents(q.of_severity(severity), q.INCIDENTS_IN_CITY, q.CITY, f'count("incident") AS "{severity}"'))
        for severity in ("critical", "warning")
    ]
    for domain in q.DOMAINS:
        windows = f'"{domain}_{completeness.WINDOW}"'
        asks.append(rows(completeness.came(windows, q.CITY, q.IN_CITY, alias=f"{domain}_came")))
        asks.append(rows(completeness.due(q.of_domain(domain), q.CITY, q.IN_CITY, alias=f"{domain}_due")))
    asks += [rows(share.asked(q.CITY)) for share in SHARES]
    shown = [
        column(
            "city",
            mapped({"*": Text("several", "beberapa")}),
            linked(
                link(Text("Open the city", "Buka kota"), "nadi-overview", city="${__data.fields.city:percentencode}")
            ),
            width=140,
        ),
        *(
            column(severity, {"id": "noValue", "value": "0"}, title=word, width=90)
            for severity, (word, _) in list(SEVERITIES.items())[:2]
        ),
        percent("complete", Text("complete", "lengkap"), completeness.STEPS),
        *(percent(share.key, share.title, BAD) for share in SHARES),
    ]
    hidden = {"id": "filterFieldsByName", "options": {"include": {"names": [c["matcher"]["options"] for c in shown]}}}
    return table(
        Text("Cities side by side", "Kota berdampingan"),
        asks,
        shown,
        height=9,
        transformations=[
            {"id": "joinByField", "options": {"byField": "city", "mode": "outer"}},
            added([f"{domain}_came" for domain in q.DOMAINS], "came"),
            added([f"{domain}_due" for domain in q.DOMAINS], "due"),
            ratio("came", "due", "complete"),
            hidden,
        ],
        empty=NO_DATA,
        note=Text(
            "Completeness: readings that came by those that the catalogue's intervals promise, over all domains. "
            "The others: windows out of limits by all windows.",
            "Kelengkapan: bacaan masuk dibagi yang dijanjikan selang di katalog, semua bidang. Lainnya: jendela di "
            "luar batas dibagi semua jendela.",
        ),
    )


def whole(share: Share) -> Panel:
    """Of all chosen cities together."""
    return stat(
        Text(share.title.en[0].upper() + share.title.en[1:], share.title.id[0].upper() + share.title.id[1:]),
        Ask(share.asked()),
        unit="percentunit",
        decimals=1,
        steps=tuple((value if value is None else value / 100, colour) for value, colour in BAD),
        width=4,
    )


TOGETHER = (
    *(
        completeness.number(
            Text(f"{word.en}: complete", f"{word.id}: lengkap"),
            [completeness.of(domain, word, where=q.IN_CITY)],
            width=6,
        )
        for domain, word in DOMAINS.items()
    ),
    *(whole(share) for share in SHARES),
    stat(
        Text("Critical, open", "Kritis, terbuka"),
        Ask(q.incidents(q.of_severity("critical"), q.INCIDENTS_IN_CITY)),
        width=4,
        decimals=0,
        empty="0",
        steps=((None, GREEN), (1, RED)),
    ),
)

GAUGES = q.amount("disaster", "rainfall", q.DEVICE, q.IN_CITY)

OVER_TIME = (
    completeness.lines(
        Text("Complete, by city and domain", "Kelengkapan, per kota dan bidang"),
        [
            completeness.of(
                domain,
                Text(f"${{__field.labels.city}} {word.en}", f"${{__field.labels.city}} {word.id}"),
                q.CITY,
                q.IN_CITY,
            )
            for domain, word in DOMAINS.items()
        ],
    ),
    timeseries(
        Text("Inflow of each city", "Debit masuk tiap kota"),
        Ask(q.total("water", "flow", q.CITY, f"{q.IN_CITY} AND {q.INLETS}"), BY_CITY),
        note=INLETS_ONLY,
        interval=q.SUMMED,
        unit="suffix:L/s",
        low=0,
    ),
    timeseries(
        Text("Power of each city's feeders", "Daya penyulang tiap kota"),
        Ask(q.total("energy", "power", q.CITY, f"{q.IN_CITY} AND {q.FEEDERS}"), BY_CITY),
        note=FEEDERS_ONLY,
        interval=q.SUMMED,
        unit="kwatt",
    ),
    bars_over_time(
        Text("Rainfall, mean of the gauges of each city", "Curah hujan, rerata pos tiap kota"),
        Ask(
            f'SELECT mean("sum") AS "rain" FROM ({GAUGES}) WHERE {q.IN_TIME} GROUP BY {q.BY_TIME}, {q.CITY} fill(none)',
            BY_CITY,
        ),
        unit="suffix:mm",
        decimals=1,
    ),
    timeseries(
        Text("Highest PM2.5 of each city", "PM2,5 tertinggi tiap kota"),
        Ask(q.each("disaster", "pm25", 'max("mean")', q.CITY, q.IN_CITY), BY_CITY),
        unit="conμgm3",
        low=0,
        steps=((None, GREEN), (55.4, ORANGE), (150.4, RED)),
    ),
    *(
        timeseries(
            Text(f"Windows with {share.title.en}", f"Jendela dengan {share.title.id}"),
            Ask(share.asked(f"{q.BY_TIME}, {q.CITY} fill(none)"), BY_CITY),
            unit="percentunit",
            low=0,
            high=1,
        )
        for share in SHARES
    ),
    bars_over_time(
        Text("Incidents that began, by city", "Insiden yang mulai, per kota"),
        Ask(
            f'SELECT count("incident") AS "opened" FROM "incidents" WHERE {q.INCIDENTS_IN_CITY} AND {q.IN_TIME} '
            f"GROUP BY {q.BY_TIME}, {q.CITY} fill(none)",
            BY_CITY,
        ),
        width=16,
    ),
)

PERIOD = fixed(
    "period",
    Text("Period", "Periode"),
    (("day", Text("day", "hari")), ("month", Text("month", "bulan"))),
    "day",
)

BOARD = Board(
    "province",
    Text("Province", "Provinsi"),
    (
        ("", (side_by_side(),)),
        (Text("All chosen cities together", "Semua kota terpilih bersama"), TOGETHER),
        (Text("Indicators", "Indikator"), indicators.REPORTS),
        (
            "",
            (geomap(Text("Where", "Di mana"), by="city", where=q.IN_CITY, width=24),),
        ),
        (Text("Over time", "Dari waktu ke waktu"), OVER_TIME),
    ),
    (cities(), window("15m"), PERIOD),
    since="now-24h",
    refresh="1m",
)
