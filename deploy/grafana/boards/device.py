"""Device: any one series, as it came and as windows, beside its limits and what was usual just before."""

# ruff: noqa: S608 - the queries are texts for Grafana

from __future__ import annotations

from boards import completeness
from boards import queries as q
from boards.board import CITY_WORD, DEVICE_WORD, ZONE_WORD, Board, choice, domain, marks, one_of, window
from boards.panels import (
    GREEN,
    ORANGE,
    Ask,
    Json,
    anomaly_table,
    column,
    incident_table,
    mapped,
    rows,
    stat,
    table,
    timeseries,
)
from boards.quantities import FLAGS_SEEN, UNITS
from boards.words import Text

SERIES = f"{q.ONE_SERIES} AND {q.IN_TIME}"
FROM = 'FROM "${domain}_$window"'
EARLIER = "time >= ${__from}ms - 1d AND time <= ${__to}ms"
"""From before the time shown, so that what follows has a past at its left edge."""
POINTS = 20
"""Of which the usual range is made."""


def named(words: Text) -> Text:
    """A series' label; the quantity at its end chooses its unit."""
    return Text(f"{words.en} $tag_quantity", f"{words.id} $tag_quantity")


UNIT_RULES: list[Json] = [
    {
        "matcher": {"id": "byRegexp", "options": f"/ {quantity}$/"},
        "properties": [{"id": "unit", "value": unit}],
    }
    for quantity, unit in UNITS.items()
]

MEAN, LOWEST, HIGHEST = Text("mean", "rerata"), Text("lowest", "terendah"), Text("highest", "tertinggi")
LOWER, UPPER = Text("lower limit", "batas bawah"), Text("upper limit", "batas atas")
USUAL_LOW, USUAL_HIGH = Text("usual from", "lazim dari"), Text("usual to", "lazim sampai")
FOUND = Text("anomaly", "anomali")


def over_time(what: str, fill: str = "none") -> str:
    return f'SELECT {what} {FROM} WHERE {SERIES} GROUP BY {q.BY_TIME}, "quantity" fill({fill})'


def limit(field: str) -> str:
    """A limit of the catalogue, as a line: nadi writes it each hour."""
    wanted = f"{q.ONE_SERIES} AND \"domain\" = '$domain' AND {EARLIER}"
    return (
        f'SELECT last("{field}") AS "limit" FROM "sensors" WHERE {wanted} '
        f'GROUP BY {q.BY_TIME}, "quantity" fill(previous)'
    )


def usual(sign: str) -> str:
    """Mean +/- 3 standard deviations over the last POINTS intervals, from sums of squares."""
    squares = f'SELECT "mean" AS "m", "mean" * "mean" + "std" * "std" AS "s" {FROM} WHERE {q.ONE_SERIES} AND {EARLIER}'
    steps = (
        f'SELECT mean("m") AS "m", mean("s") AS "s" FROM ({squares}) WHERE {EARLIER} '
        f'GROUP BY {q.BY_TIME}, "quantity" fill(none)'
    )
    mean = f'moving_average("m", {POINTS})'
    deviation = f'sqrt(abs(moving_average("s", {POINTS}) - pow({mean}, 2)))'
    return f'SELECT {mean} {sign} 3 * {deviation} AS "usual" FROM ({steps}) WHERE {EARLIER} GROUP BY "quantity"'


def style(label: Text, *properties: tuple[str, object]) -> Json:
    made: list[Json] = [{"id": "displayName", "value": label}]
    made += [{"id": name, "value": value} for name, value in properties]
    pattern = Text(f"/^{label.en} /", f"/^{label.id} /")
    return {"matcher": {"id": "byRegexp", "options": pattern}, "properties": made}


def colour(name: str) -> tuple[str, object]:
    return "color", {"mode": "fixed", "fixedColor": name}


DASHED = ("custom.lineStyle", {"fill": "dash", "dash": [10, 10]})
THIN, NO_FILL, NO_LINE = ("custom.lineWidth", 1), ("custom.fillOpacity", 0), ("custom.lineWidth", 0)
POINTS_ONLY = (("custom.drawStyle", "points"), ("custom.pointSize", 9))

COURSE = timeseries(
    Text("$device: $quantity, windows", "$device: $quantity, jendela"),
    [
        Ask(over_time('mean("mean") AS "mean"'), named(MEAN)),
        Ask(over_time('min("min") AS "min"'), named(LOWEST)),
        Ask(over_time('max("max") AS "max"'), named(HIGHEST)),
        Ask(usual("-"), named(USUAL_LOW)),
        Ask(usual("+"), named(USUAL_HIGH)),
        Ask(limit("low"), named(LOWER)),
        Ask(limit("high"), named(UPPER)),
        Ask(
            f'SELECT "value" FROM "anomalies" WHERE {q.ONE_SERIES} AND "domain" = \'$domain\' AND {q.IN_TIME} '
            'GROUP BY "quantity"',
            named(FOUND),
        ),
    ],
    width=24,
    height=12,
    overrides=[
        *UNIT_RULES,
        style(MEAN, colour("blue")),
        style(LOWEST, colour("blue"), THIN, NO_FILL),
        style(HIGHEST, colour("blue"), THIN, ("custom.fillBelowTo", LOWEST), ("custom.fillOpacity", 12)),
        style(USUAL_LOW, colour("green"), NO_LINE, NO_FILL),
        style(USUAL_HIGH, colour("green"), NO_LINE, ("custom.fillBelowTo", USUAL_LOW), ("custom.fillOpacity", 12)),
        style(LOWER, colour("orange"), THIN, DASHED, NO_FILL),
        style(UPPER, colour("orange"), THIN, DASHED, NO_FILL),
        style(FOUND, colour("red"), *POINTS_ONLY),
    ],
    note=Text(
        f"Blue: mean, lowest and highest of each window. Green: mean and three standard deviations of the {POINTS} "
        "points before, a help for the eye. Orange: the catalogue's limits. Red: what nadi found unusual; its own "
        "range is in the table below.",
        f"Biru: rerata, terendah dan tertinggi tiap jendela. Hijau: rerata dan tiga simpangan baku dari {POINTS} "
        "titik sebelumnya, sebagai bantuan mata. Oranye: batas katalog. Merah: yang dianggap tidak lazim oleh nadi; "
        "rentangnya ada pada tabel di bawah.",
    ),
)

RAW = timeseries(
    Text("$device: $quantity, readings as they came", "$device: $quantity, bacaan apa adanya"),
    [
        Ask(
            f'SELECT "value" FROM "$domain" WHERE {SERIES} GROUP BY "quantity" LIMIT 50000',
            named(Text("reading", "bacaan")),
        ),
    ],
    width=24,
    height=9,
    custom={"drawStyle": "points", "pointSize": 3},
    overrides=[*UNIT_RULES],
    note=Text("The first 50,000 of the time shown.", "50.000 pertama dari waktu yang ditampilkan."),
)


FACTS = (
    stat(
        Text("Last value", "Nilai terakhir"),
        Ask(f'SELECT last("value") FROM "$domain" WHERE {SERIES} GROUP BY "quantity"', "last $tag_quantity"),
        width=4,
        overrides=UNIT_RULES,
        defaults={"displayName": Text("last", "terakhir")},
    ),
    stat(
        Text("Came", "Masuk"),
        rows(f'SELECT last("value") AS "value" FROM "$domain" WHERE {SERIES}'),
        width=4,
        unit="dateTimeFromNow",
        options={"reduceOptions": {"calcs": ["lastNotNull"], "fields": "/^Time$/", "values": False}},
    ),
    completeness.number(
        Text("Complete", "Kelengkapan"),
        [
            completeness.Part(
                "\"domain\" = '$domain'",
                f'"${{domain}}_{completeness.WINDOW}"',
                Text("complete", "lengkap"),
                where=q.ONE_SERIES,
            )
        ],
        width=4,
    ),
    stat(
        Text("Failed quality control", "Gagal uji mutu"),
        Ask(f'SELECT sum("failed") AS "failed" {FROM} WHERE {SERIES}'),
        width=4,
        decimals=0,
        steps=((None, GREEN), (1, ORANGE)),
    ),
    stat(
        Text("Anomalies", "Anomali"),
        Ask(
            f'SELECT count("severity") FROM "anomalies" WHERE {q.ONE_SERIES} AND "domain" = \'$domain\' AND {q.IN_TIME}'
        ),
        width=4,
        decimals=0,
        empty="0",
        steps=((None, GREEN), (1, ORANGE)),
    ),
    stat(
        Text("Place", "Tempat"),
        rows(
            'SELECT last("name") AS "name", last("lat") AS "lat", last("lon") AS "lon", last("interval") AS "interval" '
            f'FROM "sensors" WHERE {q.ONE_SERIES} AND "domain" = \'$domain\' AND {q.PRESENT}'
        ),
        width=4,
        decimals=4,
        options={"reduceOptions": {"calcs": ["lastNotNull"], "fields": "/^(name|lat|lon)$/", "values": False}},
    ),
)

STATISTICS = ("count", "mean", "min", "max", "std", "p50", "p95", "delta", "completeness", "failed", "revision")
COLUMNS = '", "'.join(STATISTICS)

DETAILS = (
    anomaly_table(
        Text("Anomalies", "Anomali"),
        q.anomalies("\"domain\" = '$domain'", q.ONE_SERIES),
        empty=Text("none", "tidak ada"),
    ),
    table(
        Text("Flagged readings", "Bacaan bertanda"),
        f'SELECT "value", "flags" FROM "$domain" WHERE {SERIES} AND "flags" > 0 ORDER BY time DESC LIMIT 200',
        (column("Time", width=170), column("value", width=110), column("flags", mapped(FLAGS_SEEN))),
        width=10,
        height=9,
        empty=Text("none", "tidak ada"),
    ),
    table(
        Text("Windows", "Jendela"),
        f'SELECT "{COLUMNS}" {FROM} WHERE {SERIES} ORDER BY time DESC LIMIT 200',
        (column("Time", width=170), *(column(name, {"id": "decimals", "value": 2}) for name in STATISTICS)),
        width=14,
        height=9,
        empty="–",
    ),
    incident_table(
        Text("Open incidents of the zone", "Insiden terbuka di zona ini"),
        q.incident_list("\"domain\" = '$domain'"),
        height=6,
    ),
)

ANY = '"${domain}_1m"'

BOARD = Board(
    "device",
    Text("Device", "Alat"),
    (
        ("", (*FACTS, COURSE, RAW)),
        (Text("Details", "Rincian"), DETAILS),
    ),
    (
        choice("city", CITY_WORD, f'SHOW TAG VALUES FROM {ANY} WITH KEY = "city"'),
        domain(),
        one_of("zone", ZONE_WORD, ANY, q.IN_CITY),
        one_of("device", DEVICE_WORD, ANY, q.IN_ZONE),
        one_of("quantity", Text("Quantity", "Besaran"), ANY, q.OF_DEVICE),
        window(),
    ),
    (
        marks(
            Text("Anomalies", "Anomali"),
            f'SELECT "reason", "severity" FROM "anomalies" WHERE {q.ONE_SERIES} AND "domain" = \'$domain\' '
            f"AND {q.IN_TIME}",
            "orange",
        ),
    ),
    refresh="10s",
)
