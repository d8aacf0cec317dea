"""What the dashboards of the four domains share: what is wrong there, on top, and how complete its data is."""

from __future__ import annotations

from collections.abc import Sequence

from boards import completeness
from boards import queries as q
from boards.board import Board, Row, city, devices, incident_marks, window, zones
from boards.maps import geomap
from boards.overview import CARDS, severity_card
from boards.panels import (
    Ask,
    Panel,
    anomaly_table,
    bars_over_time,
    incident_brief,
    linked,
    renamed,
    row_link,
    stat,
    timeseries,
    zone_link,
)
from boards.panels import column as col
from boards.quantities import QUANTITIES
from boards.words import DOMAINS, Text, Words

BY_ZONE = "$tag_zone"
BY_DEVICE = "$tag_zone $tag_device"


def of_zones(title: Words, domain: str, quantity: str, what: str, **more: object) -> Panel:
    """An aggregate of a quantity for each zone, which leads to that zone."""
    ask = Ask(q.each(domain, quantity, what, q.ZONE), BY_ZONE)
    return timeseries(title, ask, **{"links": (zone_link(domain),)} | more)


def head(domain: str) -> Sequence[Panel]:
    """Open incidents, completeness, the map and the list."""
    counts = [severity_card(severity, q.of_domain(domain), 4, domain=domain) for severity in CARDS]
    complete = completeness.number(Text("Complete", "Kelengkapan"), [completeness.of(domain, DOMAINS[domain])], width=6)
    reporting = stat(
        Text("Devices reporting", "Alat yang melapor"),
        Ask(
            'SELECT count("n") FROM (SELECT sum("count") AS "n" '  # noqa: S608
            f'FROM {q.windows(domain)} WHERE {q.OF_DEVICE} AND {q.IN_TIME} GROUP BY "zone", "device") WHERE "n" > 0'
        ),
        decimals=0,
        width=6,
    )
    return (
        *counts,
        complete,
        reporting,
        geomap(Text("Where", "Di mana"), q.of_domain(domain), width=9, height=10),
        incident_brief(
            Text("What is wrong", "Apa yang salah"), q.incident_list(q.of_domain(domain)), width=15, height=10
        ),
    )


def trust(domain: str) -> Sequence[Panel]:
    """Which devices say too little, and what was found unusual."""
    return (
        completeness.lines(
            Text("Completeness by zone", "Kelengkapan per zona"),
            [completeness.of(domain, "${__field.labels.zone}", q.ZONE)],
            links=(zone_link(domain),),
        ),
        completeness.least(
            Text("Least complete series", "Deret paling tidak lengkap"),
            domain,
            *(col("zone"), col("device", linked(row_link(domain))), col("quantity")),
            width=8,
        ),
        bars_over_time(
            Text("Failed quality control, by quantity", "Gagal uji mutu, per besaran"),
            Ask(
                f'SELECT sum("failed") AS "failed" FROM {q.windows(domain)} '  # noqa: S608
                f'WHERE {q.OF_DEVICE} AND {q.IN_TIME} GROUP BY {q.BY_TIME}, "quantity" fill(none)',
                "$tag_quantity",
            ),
            overrides=renamed(QUANTITIES),
        ),
        bars_over_time(
            Text("Anomalies by quantity", "Anomali per besaran"),
            Ask(
                f'SELECT count("severity") FROM "anomalies" WHERE {q.of_domain(domain)} AND {q.OF_DEVICE} '  # noqa: S608
                f'AND {q.IN_TIME} GROUP BY {q.BY_TIME}, "quantity" fill(none)',
                "$tag_quantity",
            ),
            overrides=renamed(QUANTITIES),
        ),
        anomaly_table(
            Text("Latest anomalies", "Anomali terbaru"),
            q.anomalies(q.of_domain(domain)),
            width=16,
            empty=Text("none", "tidak ada"),
        ),
    )


def board(domain: str, rows: Sequence[Row], since: str = "now-6h") -> Board:
    """A domain's dashboard around its own rows."""
    measurement = f'"{domain}_1m"'
    return Board(
        domain,
        DOMAINS[domain],
        (("", head(domain)), *rows, (Text("Can the data be trusted?", "Apakah data dapat dipercaya?"), trust(domain))),
        (city(measurement), zones(measurement), devices(measurement), window()),
        (incident_marks(q.of_domain(domain)),),
        since,
        refresh="1m",
    )
