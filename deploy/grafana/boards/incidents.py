"""Incidents: what is open, what happened to it, and whether operators get more alarms than they can take."""

# ruff: noqa: S608 - the queries are texts for Grafana

from __future__ import annotations

from boards import queries as q
from boards.board import Board, choices, city, incident_marks, zones
from boards.maps import geomap
from boards.overview import CARDS, severity_card
from boards.panels import (
    DOMAIN,
    EVERY_DOMAIN,
    GREEN,
    KIND,
    KIND_WORDS,
    ORANGE,
    REASON,
    RED,
    SEVERITY,
    SINCE,
    STATE,
    TODO,
    YELLOW,
    Ask,
    bars,
    bars_over_time,
    column,
    incident_table,
    mapped,
    renamed,
    stat,
    table,
    timeseries,
)
from boards.words import EVENTS, Text

OF_DOMAIN = '"domain" =~ /^$domain$/'
THESE = f"{q.INCIDENTS_IN_ZONE} AND {OF_DOMAIN}"
HAPPENED = f"{THESE} AND {q.IN_TIME}"


def in_state(state: str) -> str:
    wanted = f"{THESE} AND \"state\" = '{state}' AND {q.RECENT}"
    return f'SELECT count("incident") AS "open" FROM "incidents" WHERE {wanted}'


def opened(by: str, interval: str = q.BY_TIME) -> str:
    group = ", ".join(filter(None, (interval, by)))
    return f'SELECT count("incident") AS "opened" FROM "incidents" WHERE {HAPPENED} GROUP BY {group} fill(none)'


ALARMS = (
    f'SELECT count("incident") AS "alarms" FROM "incident_events" WHERE {HAPPENED} AND "state" = \'unacknowledged\' '
    "AND (\"event\" = 'opened' OR \"event\" = 'escalated' OR \"event\" = 'released') GROUP BY time(10m) fill(none)"
)
"""As nadi's own indicators count them (alarm-rate)."""


PRESENT = (
    *(severity_card(severity, OF_DOMAIN) for severity in CARDS),
    stat(
        Text("Not acknowledged", "Belum ditangani"),
        Ask(in_state("unacknowledged")),
        width=5,
        decimals=0,
        empty="0",
        steps=((None, GREEN), (1, ORANGE)),
    ),
    stat(
        Text("Acknowledged", "Ditangani"),
        Ask(in_state("acknowledged")),
        width=5,
        decimals=0,
        empty="0",
    ),
    stat(
        Text("Over, not seen yet", "Pulih, belum dilihat"),
        Ask(in_state("returned")),
        width=5,
        decimals=0,
        empty="0",
        steps=((None, GREEN), (1, YELLOW)),
    ),
    incident_table(Text("Open", "Terbuka"), q.incident_list("", THESE), width=24, height=11),
)

COURSE = (
    bars_over_time(
        Text("Opened, by domain", "Dibuka, per bidang"),
        Ask(opened('"domain"'), "$tag_domain"),
        overrides=renamed(EVERY_DOMAIN),
        width=9,
    ),
    timeseries(
        Text("Alarms in 10 minutes", "Alarm dalam 10 menit"),
        Ask(ALARMS, Text("alarms", "alarm")),
        low=0,
        decimals=0,
        width=6,
        custom={"drawStyle": "bars", "fillOpacity": 70, "lineWidth": 0},
        steps=((None, GREEN), (2, ORANGE), (11, RED)),
        note=Text(
            "What asks for a person: opened, more severe or no longer held back. EEMUA 191: one in ten minutes is what "
            "an operator can take, more than ten are a flood.",
            "Yang meminta perhatian: terbuka, lebih gawat atau tidak ditahan lagi. EEMUA 191: satu dalam sepuluh menit "
            "masih tertangani, lebih dari sepuluh adalah banjir alarm.",
        ),
    ),
    bars(
        Text("By kind", "Per jenis"),
        f'SELECT count("incident") AS "opened" FROM "incidents" WHERE {HAPPENED} GROUP BY "kind"',
        "kind",
        overrides=[{"matcher": {"id": "byName", "options": "kind"}, "properties": [KIND_WORDS]}],
        width=9,
        low=0,
        decimals=0,
    ),
)

GOES_ON = {"id": "noValue", "value": Text("goes on", "berlangsung")}

HISTORY = (
    table(
        Text("What happened to them", "Apa yang terjadi padanya"),
        'SELECT "severity", "domain", "zone", "kind", "event", "state", "by", "reason" FROM "incident_events" '
        f"WHERE {HAPPENED} ORDER BY time DESC LIMIT 500",
        (
            SEVERITY,
            column("Time", {"id": "unit", "value": "dateTimeAsIso"}, width=160, title=Text("when", "kapan")),
            DOMAIN,
            column("zone", width=130),
            KIND,
            column("event", mapped(EVENTS), width=130),
            STATE,
            column("by", width=90),
            REASON,
        ),
        height=10,
        empty=Text("nothing happened", "tidak ada kejadian"),
    ),
    table(
        Text("All that began in the time shown", "Semua yang mulai pada waktu ini"),
        'SELECT "severity", "domain", "zone", "kind", "kind" AS "todo", "state", "ended", "value", "reason" '
        f'FROM "incidents" WHERE {HAPPENED} ORDER BY time DESC LIMIT 500',
        (
            SEVERITY,
            SINCE,
            column(
                "ended", {"id": "unit", "value": "dateTimeAsIso"}, GOES_ON, width=160, title=Text("until", "sampai")
            ),
            DOMAIN,
            column("zone", width=130),
            KIND,
            STATE,
            column("value", {"id": "decimals", "value": 2}, width=80),
            REASON,
            TODO,
        ),
        height=12,
        empty=Text("none", "tidak ada"),
    ),
    geomap(Text("Where", "Di mana"), OF_DOMAIN, width=24),
)

BOARD = Board(
    "incidents",
    Text("Incidents", "Insiden"),
    (
        ("", PRESENT),
        (Text("How many", "Berapa banyak"), COURSE),
        (Text("History", "Riwayat"), HISTORY),
    ),
    (
        city(),
        zones(),
        choices("domain", Text("Domain", "Bidang"), 'SHOW TAG VALUES FROM "incidents" WITH KEY = "domain"'),
    ),
    (incident_marks(OF_DOMAIN),),
    "now-24h",
    refresh="10s",
)
