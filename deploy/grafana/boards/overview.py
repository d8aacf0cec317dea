"""City overview: is the city well, what is wrong and where, and can the data be trusted."""

from __future__ import annotations

from boards import completeness
from boards import queries as q
from boards.board import Board, city, incident_marks, window, zones
from boards.maps import geomap
from boards.panels import (
    GREEN,
    RED,
    YELLOW,
    Ask,
    Json,
    Panel,
    ages,
    bars_over_time,
    device_link,
    incident_brief,
    link,
    prom,
    renamed,
    stat,
    timeseries,
    zone_link,
)
from boards.words import DOMAINS, SEVERITIES, Text

INLETS_ONLY = Text(
    "Devices whose names begin with meter, dma or inlet.",
    "Alat yang namanya diawali meter, dma atau inlet.",
)
FEEDERS_ONLY = Text(
    "Devices whose names begin with feeder or penyulang.",
    "Alat yang namanya diawali feeder atau penyulang.",
)
WELL = Text("well", "baik")


CARDS = {
    "critical": Text("Critical", "Kritis"),
    "warning": Text("Warnings", "Peringatan"),
    "info": Text("Notices", "Info"),
}


def severity_card(severity: str, condition: str = "", width: int = 3, **chosen: str) -> Panel:
    """How many incidents of this severity are open; leads to them. chosen: variables beside city and zone."""
    words = Text("All incidents", "Semua insiden")
    to = link(words, "nadi-incidents", "zone", city="${city:percentencode}", **chosen)
    return stat(
        CARDS[severity],
        Ask(q.incidents(" AND ".join(filter(None, (condition, q.of_severity(severity)))))),
        width=width,
        decimals=0,
        empty="0",
        steps=((None, GREEN), (1, SEVERITIES[severity][1])),
        links=(to,),
    )


def domain_card(domain: str) -> Panel:
    """Open incidents of a domain by severity."""
    colours: list[Json] = [
        {
            "matcher": {"id": "byFrameRefID", "options": letter},
            "properties": [{"id": "color", "value": {"mode": "fixed", "fixedColor": SEVERITIES[severity][1]}}],
        }
        for letter, severity in (("A", "critical"), ("B", "warning"))
    ]
    asks = [
        Ask(q.incidents(f"{q.of_domain(domain)} AND {q.of_severity(severity)}"), SEVERITIES[severity][0])
        for severity in ("critical", "warning")
    ]
    to = link(DOMAINS[domain], f"nadi-{domain}", "zone", city="${city:percentencode}")
    return stat(
        DOMAINS[domain],
        asks,
        width=3,
        decimals=0,
        empty=WELL,
        steps=((None, GREEN),),
        overrides=colours,
        links=(to,),
        options={"orientation": "horizontal"},
    )


STATE = (
    *(severity_card(severity) for severity in CARDS),
    *(domain_card(domain) for domain in DOMAINS),
    stat(
        Text("nadi", "nadi"),
        prom("min(nadi_ready)"),
        width=3,
        steps=((None, RED), (1, GREEN)),
        defaults={
            "mappings": [
                {
                    "type": "value",
                    "options": {"1": {"text": Text("ready", "siap")}, "0": {"text": Text("NOT ready", "TIDAK siap")}},
                }
            ]
        },
        links=(link(Text("Pipeline", "Jalur data"), "nadi-pipeline"),),
        note=Text("Connected, caught up, session kept.", "Tersambung, mutakhir, sesi terjaga."),
    ),
    geomap(Text("Where", "Di mana"), width=9),
    incident_brief(
        Text("What is wrong", "Apa yang salah"), q.incident_list("\"severity\" != 'info'"), width=15, height=12
    ),
)

PULSE = (
    timeseries(
        Text("Inflow, sum", "Debit masuk, jumlah"),
        Ask(q.total("water", "flow", where=f"{q.IN_ZONE} AND {q.INLETS}"), Text("inflow", "debit masuk")),
        note=INLETS_ONLY,
        interval=q.SUMMED,
        unit="suffix:L/s",
        low=0,
        width=6,
        height=7,
    ),
    timeseries(
        Text("Power of feeders, sum", "Daya penyulang, jumlah"),
        Ask(q.total("energy", "power", where=f"{q.IN_ZONE} AND {q.FEEDERS}"), Text("power", "daya")),
        note=FEEDERS_ONLY,
        interval=q.SUMMED,
        unit="kwatt",
        width=6,
        height=7,
    ),
    timeseries(
        Text("Fill of bins, mean by zone", "Keterisian tempat sampah, rerata per zona"),
        Ask(q.each("waste", "fill", 'mean("mean")', q.ZONE, q.IN_ZONE), "$tag_zone"),
        unit="percent",
        low=0,
        high=100,
        width=6,
        height=7,
        steps=((None, GREEN), (80, RED)),
        links=(zone_link("waste"),),
    ),
    timeseries(
        Text("River level", "Muka air sungai"),
        Ask(q.each("disaster", "river_level", 'max("max")', q.DEVICE, q.IN_ZONE), "$tag_device"),
        unit="suffix:cm",
        width=6,
        height=7,
        links=(device_link("disaster", "river_level"),),
    ),
)

TRUST = (
    completeness.number(
        Text("Complete, over the time shown", "Kelengkapan, selama waktu yang ditampilkan"),
        [completeness.of(domain, word, where=q.IN_ZONE) for domain, word in DOMAINS.items()],
        width=12,
    ),
    ages(
        Text("Newest data", "Data terbaru"),
        [Ask(q.last_data(d), word, shape="table", ref=d.upper()) for d, word in DOMAINS.items()],
        width=12,
        note=Text(
            "Windows are told when they close: one to two minutes ago is as new as it gets.",
            "Jendela dilaporkan saat ditutup: satu sampai dua menit lalu adalah yang terbaru.",
        ),
    ),
    completeness.lines(
        Text("Completeness", "Kelengkapan"),
        [completeness.of(domain, word, where=q.IN_ZONE) for domain, word in DOMAINS.items()],
    ),
    bars_over_time(
        Text("Anomalies", "Anomali"),
        Ask(
            f'SELECT count("severity") FROM "anomalies" WHERE {q.IN_ZONE} AND {q.IN_TIME} '  # noqa: S608
            f'GROUP BY {q.BY_TIME}, "domain" fill(none)',
            "$tag_domain",
        ),
        overrides=renamed(DOMAINS),
    ),
    timeseries(
        Text("Behind (worst store)", "Ketertinggalan (penyimpanan terburuk)"),
        prom("max(nadi_sink_lag_seconds)", Text("lag", "tertinggal")),
        unit="s",
        low=0,
        steps=((None, GREEN), (10, YELLOW), (60, RED)),
    ),
)

BOARD = Board(
    "overview",
    Text("City overview", "Ikhtisar kota"),
    (
        ("", STATE),
        (Text("The city's pulse", "Nadi kota"), PULSE),
        (Text("Can the data be trusted?", "Apakah data dapat dipercaya?"), TRUST),
    ),
    (city(), zones(), window()),
    (incident_marks(),),
)
