"""Alert rules for Grafana's own alerting: what should reach people even when nobody looks at a dashboard.

Rules that only concern nadi's engineers are Prometheus' (deploy/prometheus/alerts.yml).
"""

# ruff: noqa: S608 - the queries are texts for Grafana

from __future__ import annotations

from typing import NamedTuple

from boards import completeness, labels
from boards.panels import EXPRESSION, INFLUX, PROMETHEUS, Json
from boards.queries import CITY, IN_TIME, OPEN, RECENT, of_domain
from boards.words import DOMAINS, Text, Words

EVERY = "\"city\" != ''"
CATALOGUE = 3 * 3600
"""s: nadi writes it each hour."""
SLOWEST = 3_600_000
"""ms. Sensors that report more seldom than this are no part of an hour: their silence is an incident (`no-data`)."""


class Rule(NamedTuple):
    """Fires when the last value of `query` (with `whole`: in percent of that query's) is `beyond` the bound for
    `lasts`. quiet: the state without an answer."""

    uid: str
    title: Text
    source: Json
    query: str
    beyond: tuple[str, float]
    lasts: str
    severity: str
    summary: Words
    advice: Words
    board: str
    quiet: str = "OK"
    span: int = 600
    """Seconds of the past that are asked for."""
    whole: str = ""
    of_city: bool = False
    """Each of its alerts is of a city, which the dashboard is opened with."""


def incomplete(domain: str, word: Text) -> Rule:
    """A rule a domain: InfluxQL can't add up several measurements, and an alert needs labels of its own. Of an hour,
    in which sensors that report each quarter have their four readings."""
    return Rule(
        f"nadi-incomplete-{domain}",
        Text(f"{word.en} half blind", f"{word.id} setengah buta"),
        INFLUX,
        completeness.came(f'"{domain}_1m"', CITY, EVERY, seconds=60),
        ("lt", 80),
        "15m",
        "warning",
        Text(
            f"{{{{ $labels.city }}}}: fewer than 80 % of the readings of {word.en.lower()} come in",
            f"{{{{ $labels.city }}}}: kurang dari 80 % bacaan {word.id.lower()} masuk",
        ),
        Text("Gateways or their network: see the least complete series.", "Gateway atau jaringan: lihat deretnya."),
        domain,
        span=3600,
        of_city=True,
        whole=completeness.due(f'{of_domain(domain)} AND "interval" <= {SLOWEST}', CITY, EVERY, IN_TIME),
    )


RULES = (
    Rule(
        "nadi-incident-critical",
        Text("Critical incident open", "Insiden kritis terbuka"),
        INFLUX,
        f'SELECT count("incident") AS "open" FROM "incidents" WHERE "severity" = \'critical\' AND {OPEN} AND {RECENT} '
        'GROUP BY "city", "domain", "zone", "kind"',
        ("gt", 0),
        "0s",
        "critical",
        labels.joined(labels.KIND, ": ", labels.PLACE, " (", labels.DOMAIN, ")"),
        labels.joined(labels.TODO, Text(". The list says why.", ". Daftar insiden menyebut sebabnya.")),
        "incidents",
        of_city=True,
    ),
    Rule(
        "nadi-sink-silent",
        Text("Store silent", "Penyimpanan diam"),
        PROMETHEUS,
        'min by (sink) ((rate(nadi_sink_points_total{outcome="delivered"}[5m]) == bool 0) '
        "* on(sink) group_left() (nadi_sink_pending > bool 0))",
        ("gt", 0),
        "2m",
        "critical",
        Text(
            "Store {{ $labels.sink }} takes nothing, though readings wait for it",
            "Penyimpanan {{ $labels.sink }} tidak menerima apa pun, padahal ada bacaan menunggu",
        ),
        Text("Dashboards stand still; nothing is lost yet.", "Dasbor berhenti; belum ada yang hilang."),
        "pipeline",
    ),
    Rule(
        "nadi-lag",
        Text("Dashboards behind", "Dasbor tertinggal"),
        PROMETHEUS,
        "max by (sink) (nadi_sink_lag_seconds)",
        ("gt", 60),
        "2m",
        "warning",
        Text(
            "Store {{ $labels.sink }} is more than a minute behind",
            "Penyimpanan {{ $labels.sink }} tertinggal lebih dari satu menit",
        ),
        Text("What dashboards show is old.", "Yang ditampilkan dasbor sudah usang."),
        "pipeline",
    ),
    Rule(
        "nadi-disk",
        Text("Journal filling", "Jurnal hampir penuh"),
        PROMETHEUS,
        "max by (instance) (nadi_journal_bytes / nadi_journal_max_bytes)",
        ("gt", 0.8),
        "1m",
        "critical",
        Text("The journal has passed 80 % of its space", "Jurnal melewati 80 % ruangnya"),
        Text(
            "When it is full nadi stops acknowledging, and the broker's queue fills.",
            "Bila penuh, nadi berhenti mengakui pesan dan antrean broker terisi.",
        ),
        "pipeline",
    ),
    Rule(
        "nadi-down",
        Text("nadi does not answer", "nadi tidak menjawab"),
        PROMETHEUS,
        'min(up{job="nadi"})',
        ("lt", 1),
        "1m",
        "critical",
        Text("nadi's metrics can't be read", "Metrik nadi tidak terbaca"),
        Text("The broker queues for it; that queue is bounded.", "Broker mengantrekan; antreannya terbatas."),
        "pipeline",
        quiet="Alerting",
    ),
    *(incomplete(domain, word) for domain, word in DOMAINS.items()),
)


def provisioned() -> Json:
    """One group of rules, as Grafana's provisioning reads it."""
    group = {
        "orgId": 1,
        "name": "nadi",
        "folder": "nadi",
        "interval": "30s",
        "rules": [_rule(rule) for rule in RULES],
    }
    return {"apiVersion": 1, "groups": [group]}


def _rule(rule: Rule) -> Json:
    return {
        "uid": rule.uid,
        "title": rule.title,
        "condition": "C",
        "data": _steps(rule),
        "for": rule.lasts,
        "noDataState": rule.quiet,
        "execErrState": "Error",
        "labels": {"severity": rule.severity, "source": "nadi"},
        "annotations": {
            "summary": rule.summary,
            "description": rule.advice,
            "dashboard": labels.board_of_city(rule.board) if rule.of_city else f"/d/nadi-{rule.board}",
        },
    }


def _steps(rule: Rule) -> list[Json]:
    """What is asked, its last value (B), that in percent of the whole (E), and whether it is beyond the bound (C)."""
    kind, bound = rule.beyond
    steps = [_asked("A", rule, rule.query, rule.span), _reduced("B", "A")]
    if rule.whole:
        steps += [_asked("W", rule, rule.whole, CATALOGUE), _reduced("D", "W")]
        steps.append(_step("E", EXPRESSION, 0, {"type": "math", "expression": "100 * $B / $D"}))
    evaluator = {"type": kind, "params": [bound]}
    judged = {"type": "threshold", "expression": "E" if rule.whole else "B", "conditions": [{"evaluator": evaluator}]}
    return [*steps, _step("C", EXPRESSION, 0, judged)]


def _asked(ref: str, rule: Rule, query: str, span: int) -> Json:
    spoken = {"query": query, "rawQuery": True, "resultFormat": "time_series"}
    asked = spoken if rule.source is INFLUX else {"expr": query, "instant": True, "range": False}
    return _step(ref, rule.source, span, asked | {"datasource": rule.source})


def _reduced(ref: str, of: str) -> Json:
    return _step(ref, EXPRESSION, 0, {"type": "reduce", "expression": of, "reducer": "last"})


def _step(ref: str, source: Json, span: int, model: Json) -> Json:
    return {
        "refId": ref,
        "datasourceUid": source["uid"],
        "relativeTimeRange": {"from": span, "to": 0},
        "model": {"refId": ref, **model},
    }
