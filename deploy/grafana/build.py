#!/usr/bin/env python3
"""Build the dashboards' JSON from the tables below.

    python deploy/grafana/build.py            # writes deploy/grafana/dashboards/
    python deploy/grafana/build.py FOLDER     # elsewhere, to compare

Queries are InfluxQL over the schema of docs/architecture.md, which InfluxDB 1, 2 and 3 answer. Sums over
devices are taken over each device's mean of the interval, ratios from numerators and denominators, never
from averages of averages. Limits come from Permenkes 2/2023 (turbidity 3 NTU, chlorine 0.2 mg/L), PLN's
SPLN 1 (198 to 231 V), Permen LHK 14/2020 (PM2.5 at the classes' bounds); the rest are starting values.
"""

# The queries below are texts for Grafana; nothing from outside enters them here.
# ruff: noqa: S608

from __future__ import annotations

import json
import sys
from pathlib import Path

from panels import (
    DOMAINS,
    GREEN,
    ORANGE,
    PROMETHEUS,
    RED,
    YELLOW,
    Json,
    Panel,
    bars,
    dashboard,
    stat,
    table,
    timeseries,
    variable,
)

CHOSEN = '"city" =~ /^$city$/ AND "zone" =~ /^$zone$/ AND "device" =~ /^$device$/ AND $timeFilter'
WINDOWS = "/^(water|energy|waste|disaster)_1m$/"
SEVERITY_COLOURS = {"info": "blue", "warning": ORANGE, "critical": RED}


def each(domain: str, quantity: str, what: str, by: str) -> str:
    """`what` (an aggregate of window fields) of a quantity, over time, for each `by`."""
    where = f"\"quantity\" = '{quantity}' AND {CHOSEN}"
    return f'SELECT {what} FROM "{domain}_1m" WHERE {where} GROUP BY time($__interval), {by} fill(none)'


def total(domain: str, quantity: str, by: str) -> str:
    """The sum over devices of their means, over time, for each `by`."""
    means = each(domain, quantity, 'mean("mean") AS "m"', f'{by}, "device"')
    return f'SELECT sum("m") FROM ({means}) WHERE $timeFilter GROUP BY time($__interval), {by} fill(none)'


def amount(domain: str, quantity: str, by: str) -> str:
    """The sum of all readings, for quantities that are amounts since the last reading."""
    where = f'"quantity" = \'{quantity}\' AND "count" > 0 AND {CHOSEN}'
    sums = f'SELECT "mean" * "count" AS "s" FROM "{domain}_1m" WHERE {where}'
    return f'SELECT sum("s") FROM ({sums}) WHERE $timeFilter GROUP BY time($__interval), {by} fill(none)'


def completeness(domain: str, group: str) -> str:
    """Readings that came, in percent of those expected."""
    ratio = '100 * sum("count") / sum("expected")'
    return f'SELECT {ratio} AS "{domain}" FROM "{domain}_1m" WHERE "expected" > 0 AND {CHOSEN} GROUP BY {group}'


ZONE = '"zone"'
DEVICE = '"zone", "device"'
NAMED = "$tag_zone"
NAMED_DEVICE = "$tag_zone $tag_device"
COMPLETE_STEPS = ((None, RED), (80, ORANGE), (95, GREEN))

CITY: tuple[Panel, ...] = (
    stat("Readings/s", "sum(rate(nadi_readings_total[1m]))", source=PROMETHEUS, steps=((None, RED), (0.01, GREEN))),
    stat(
        "Complete in the last minutes",
        [completeness(domain, "time(5m) fill(none)") for domain in DOMAINS],
        DOMAINS,
        unit="percent",
        high=100,
        width=12,
        steps=COMPLETE_STEPS,
        note="Readings that came, in percent of those that the catalogue expects.",
    ),
    stat(
        "Behind (worst sink)",
        "max(nadi_sink_lag_seconds)",
        source=PROMETHEUS,
        unit="s",
        steps=((None, GREEN), (10, YELLOW), (60, RED)),
        note="How old the oldest reading is that a store does not have yet.",
    ),
)

WATER: tuple[Panel, ...] = (
    timeseries("Flow, sum by zone", total("water", "flow", ZONE), NAMED, unit="L/s", low=0),
    timeseries(
        "Lowest pressure by zone",
        each("water", "pressure", 'min("min")', ZONE),
        NAMED,
        unit="pressurekpa",
        low=0,
        steps=((None, RED), (50, ORANGE), (100, GREEN)),
        note="At least 50 to 100 kPa at the farthest point.",
    ),
    timeseries("Reservoir level", each("water", "level", 'mean("mean")', DEVICE), NAMED_DEVICE, unit="lengthm", low=0),
    timeseries(
        "Turbidity, highest by zone",
        each("water", "turbidity", 'max("max")', ZONE),
        NAMED,
        unit="NTU",
        low=0,
        steps=((None, GREEN), (3, RED)),
    ),
    timeseries(
        "Chlorine, lowest by zone",
        each("water", "chlorine", 'min("min")', ZONE),
        NAMED,
        unit="mg/L",
        low=0,
        steps=((None, RED), (0.2, GREEN), (0.5, ORANGE)),
    ),
)

ENERGY: tuple[Panel, ...] = (
    timeseries("Power, sum by zone", total("energy", "power", ZONE), NAMED, unit="kwatt", low=0),
    timeseries(
        "Voltage, lowest and highest by zone",
        [each("energy", "voltage", 'min("min")', ZONE), each("energy", "voltage", 'max("max")', ZONE)],
        [f"{NAMED} lowest", f"{NAMED} highest"],
        unit="volt",
        steps=((None, RED), (198, GREEN), (231, RED)),
    ),
    timeseries("Energy used, by zone", each("energy", "energy", 'sum("delta")', ZONE), NAMED, unit="kwatth", low=0),
)

FILL_NOW = f'SELECT last("last") AS "fill" FROM "waste_1m" WHERE "quantity" = \'fill\' AND {CHOSEN} GROUP BY {DEVICE}'

WASTE: tuple[Panel, ...] = (
    bars(
        "Fullest bins",
        f'SELECT top("fill", "zone", "device", 15) AS "fill" FROM ({FILL_NOW})',
        "zone",
        "device",
        unit="percent",
        low=0,
        high=100,
        steps=((None, GREEN), (60, YELLOW), (80, RED)),
    ),
    timeseries(
        "Fill, mean by zone",
        each("waste", "fill", 'mean("mean")', ZONE),
        NAMED,
        unit="percent",
        low=0,
        high=100,
        steps=((None, GREEN), (80, RED)),
    ),
    timeseries(
        "Hottest bin by zone",
        each("waste", "temperature", 'max("max")', ZONE),
        NAMED,
        unit="celsius",
        steps=((None, GREEN), (60, RED)),
        note="60 degrees: fire.",
    ),
)

DISASTER: tuple[Panel, ...] = (
    timeseries(
        "River level", each("disaster", "river_level", 'max("max")', DEVICE), NAMED_DEVICE, unit="lengthcm", width=12
    ),
    timeseries(
        "Rain, by gauge", amount("disaster", "rainfall", DEVICE), NAMED_DEVICE, unit="lengthmm", low=0, width=12
    ),
    timeseries(
        "PM2.5, mean by zone",
        each("disaster", "pm25", 'mean("mean")', ZONE),
        NAMED,
        unit="conμgm3",
        low=0,
        steps=((None, GREEN), (15.5, YELLOW), (55.4, ORANGE), (150.4, RED)),
    ),
    timeseries(
        "Soil moisture", each("disaster", "soil_moisture", 'mean("mean")', DEVICE), NAMED_DEVICE, unit="percent"
    ),
    timeseries("Tilt", each("disaster", "tilt", 'max("max")', DEVICE), NAMED_DEVICE, unit="degree"),
)

TRUST: tuple[Panel, ...] = (
    timeseries(
        "Completeness",
        [completeness(domain, "time($__interval) fill(none)") for domain in DOMAINS],
        DOMAINS,
        unit="percent",
        low=0,
        width=12,
        steps=COMPLETE_STEPS,
    ),
    timeseries(
        "Anomalies",
        f'SELECT count("severity") FROM "anomalies" WHERE {CHOSEN} GROUP BY time($__interval), "domain" fill(none)',
        "$tag_domain",
        low=0,
        width=12,
    ),
    table(
        "Latest anomalies",
        'SELECT "severity", "domain", "zone", "device", "quantity", "value", "low", "high", "reason" '
        f'FROM "anomalies" WHERE {CHOSEN} ORDER BY time DESC LIMIT 200',
        SEVERITY_COLOURS,
        {"Time": 170, "severity": 90, "domain": 90, "zone": 140, "device": 140, "quantity": 110, "value": 90, "low": 80}
        | {"high": 80},
        height=10,
    ),
)

PIPELINE: tuple[Panel, ...] = (
    timeseries(
        "Readings/s, by what became of them",
        "sum by (outcome) (rate(nadi_readings_total[1m]))",
        "{{outcome}}",
        source=PROMETHEUS,
        low=0,
    ),
    timeseries("Sink lag", "nadi_sink_lag_seconds", "{{sink}}", source=PROMETHEUS, unit="s", low=0),
    timeseries(
        "Arrival to stored",
        [
            f"histogram_quantile({quantile}, sum by (le) (rate(nadi_end_to_end_seconds_bucket[5m])))"
            for quantile in ("0.5", "0.99")
        ],
        ["p50", "p99"],
        source=PROMETHEUS,
        unit="s",
        low=0,
    ),
    timeseries(
        "Refused/min, by reason", "sum by (reason) (rate(nadi_rejects_total[5m])) * 60", "{{reason}}", source=PROMETHEUS
    ),
    timeseries(
        "Journal",
        "nadi_journal_bytes / nadi_journal_max_bytes",
        "used",
        source=PROMETHEUS,
        unit="percentunit",
        low=0,
        high=1,
        steps=((None, GREEN), (0.8, RED)),
    ),
    timeseries(
        "Missing messages, by gateway", "topk(10, nadi_gateway_missing)", "{{gateway}}", source=PROMETHEUS, low=0
    ),
)

OVERVIEW = dashboard(
    "nadi-overview",
    "City overview",
    [
        ("Is the city well?", CITY),
        ("Water", WATER),
        ("Energy", ENERGY),
        ("Waste", WASTE),
        ("Disaster", DISASTER),
        ("Can the data be trusted?", TRUST),
        ("Pipeline", PIPELINE),
    ],
    [
        variable("city", "City", f'SHOW TAG VALUES FROM {WINDOWS} WITH KEY = "city"'),
        variable("zone", "Zone", f'SHOW TAG VALUES FROM {WINDOWS} WITH KEY = "zone" WHERE "city" =~ /^$city$/'),
        variable(
            "device",
            "Device",
            f'SHOW TAG VALUES FROM {WINDOWS} WITH KEY = "device" WHERE "city" =~ /^$city$/ AND "zone" =~ /^$zone$/',
        ),
    ],
)

DASHBOARDS: dict[str, Json] = {"overview.json": OVERVIEW}


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "dashboards"
    folder.mkdir(parents=True, exist_ok=True)
    for name, made in DASHBOARDS.items():
        (folder / name).write_text(json.dumps(made, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
