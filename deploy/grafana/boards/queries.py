"""What is asked, in InfluxQL over the schema of docs/dashboards.md and README.md, which InfluxDB 1, 2 and 3 answer.

Sums over devices are sums of each device's mean of the interval; ratios are taken of sums, never as averages
of averages. `$window` is the window that the dashboard's user chose.
"""

# These are texts for Grafana; nothing from outside enters them here.
# ruff: noqa: S608

from __future__ import annotations

DOMAINS = ("water", "energy", "waste", "disaster")

IN_CITY = '"city" =~ /^$city$/'
IN_ZONE = f'{IN_CITY} AND "zone" =~ /^$zone$/'
INCIDENTS_IN_CITY = f"({IN_CITY} OR \"city\" = '*')"
INCIDENTS_IN_ZONE = f'{INCIDENTS_IN_CITY} AND ("zone" =~ /^$zone$/ OR "zone" = \'*\')'
"""Some concern a whole city, or several: a flood that travels down a river."""
OF_DEVICE = f'{IN_ZONE} AND "device" =~ /^$device$/'
INLETS = '"device" =~ /(?i)^(meter|dma|inlet)/'
CUSTOMERS = '"device" =~ /(?i)^(customer|pelanggan|household)/'
FEEDERS = '"device" =~ /(?i)^(feeder|penyulang)/'
"""Which devices stand at the head of a zone, by their names: adding up all meters would count water and power
twice. The first two are nadi's own defaults (`water.roles` of its thresholds)."""
ONE_SERIES = f"{OF_DEVICE} AND \"quantity\" = '$quantity'"
IN_TIME = "$timeFilter"
RECENT = "time > now() - 90d"
"""For what is open: it may have begun long before the time that the dashboard shows."""
PRESENT = "time > now() - 3h"
"""For the catalogue, which nadi writes each hour, and for what stands at present."""
OPEN = "(\"state\" = 'unacknowledged' OR \"state\" = 'acknowledged')"
"""Incidents that go on, or that nobody has seen yet, and that nobody has put aside."""

SUMMED = "15m"
"""Sums over devices are of this time at least: in a minute only some of those that report each quarter of an hour
would be in the sum."""

ZONE = '"zone"'
CITY = '"city"'
DEVICE = '"city", "zone", "device"'
BY_TIME = "time($__interval)"


def windows(domain: str) -> str:
    return f'"{domain}_$window"'


def each(domain: str, quantity: str, what: str, by: str, where: str = OF_DEVICE) -> str:
    """`what` (an aggregate of window fields) of a quantity, over time, for each `by`."""
    wanted = f"\"quantity\" = '{quantity}' AND {where} AND {IN_TIME}"
    return f"SELECT {what} FROM {windows(domain)} WHERE {wanted} GROUP BY {BY_TIME}, {by} fill(none)"


def total(domain: str, quantity: str, by: str = "", where: str = OF_DEVICE) -> str:
    """The sum over devices of their means, over time, for each `by` (empty: of all)."""
    means = each(domain, quantity, 'mean("mean") AS "m"', DEVICE, where)
    group = ", ".join(filter(None, (BY_TIME, by)))
    return f'SELECT sum("m") AS "sum" FROM ({means}) WHERE {IN_TIME} GROUP BY {group} fill(none)'


def amount(domain: str, quantity: str, by: str, where: str = OF_DEVICE) -> str:
    """The sum of all readings, for quantities that are amounts since the last reading."""
    wanted = f'"quantity" = \'{quantity}\' AND "count" > 0 AND {where} AND {IN_TIME}'
    sums = f'SELECT "mean" * "count" AS "s" FROM {windows(domain)} WHERE {wanted}'
    return f'SELECT sum("s") AS "sum" FROM ({sums}) WHERE {IN_TIME} GROUP BY {BY_TIME}, {by} fill(none)'


def extreme(domain: str, quantity: str, what: str, where: str = OF_DEVICE) -> str:
    """One number for the whole time shown."""
    wanted = f"\"quantity\" = '{quantity}' AND {where} AND {IN_TIME}"
    return f"SELECT {what} FROM {windows(domain)} WHERE {wanted}"


def latest(domain: str, quantity: str, by: str = DEVICE, where: str = OF_DEVICE) -> str:
    """The last value of each series in the time shown."""
    wanted = f'"quantity" = \'{quantity}\' AND "count" > 0 AND {where} AND {IN_TIME}'
    return f'SELECT last("last") AS "value" FROM {windows(domain)} WHERE {wanted} GROUP BY {by}'


def last_data(domain: str, where: str = IN_ZONE) -> str:
    """When the newest window with a reading in it began."""
    return f'SELECT last("count") AS "count" FROM "{domain}_1m" WHERE "count" > 0 AND {where} AND {RECENT}'


def incidents(
    condition: str, where: str = INCIDENTS_IN_ZONE, by: str = "", what: str = 'count("incident") AS "open"'
) -> str:
    """Open incidents, however long ago they began."""
    wanted = " AND ".join(filter(None, (condition, OPEN, where, RECENT)))
    return f'SELECT {what} FROM "incidents" WHERE {wanted}' + (f" GROUP BY {by}" if by else "")


def incident_list(condition: str = "", where: str = INCIDENTS_IN_ZONE) -> str:
    columns = '"severity", "domain", "domain" AS "code", "zone", "kind", "kind" AS "todo", "state", "reason"'
    wanted = " AND ".join(filter(None, (condition, OPEN, where, RECENT)))
    return f'SELECT {columns} FROM "incidents" WHERE {wanted} ORDER BY time DESC LIMIT 200'


def of_severity(severity: str) -> str:
    return f"\"severity\" = '{severity}'"


def of_domain(domain: str) -> str:
    return f"\"domain\" = '{domain}'"


def sensors(condition: str = "", where: str = IN_ZONE) -> str:
    """Where each device stands."""
    wanted = " AND ".join(filter(None, (condition, where, PRESENT)))
    return (
        'SELECT last("lat") AS "lat", last("lon") AS "lon" FROM "sensors" '
        f'WHERE {wanted} GROUP BY "city", "domain", "zone", "device"'
    )


def centres(by: str, condition: str = "", where: str = IN_ZONE) -> str:
    """The middle of the sensors of each zone (or city), and a grade of 0 for it."""
    wanted = " AND ".join(filter(None, (condition, where, PRESENT)))
    columns = 'mean("lat") AS "lat", mean("lon") AS "lon", 0 * count("lat") AS "calm"'
    return f'SELECT {columns} FROM "sensors" WHERE {wanted} GROUP BY {by}'


def anomalies(condition: str = "", where: str = OF_DEVICE) -> str:
    columns = (
        '"severity", "domain", "domain" AS "code", "zone", "device", "quantity", "quantity" AS "series", '
        '"value", "low", "high", "detector", "reason"'
    )
    wanted = " AND ".join(filter(None, (condition, where, IN_TIME)))
    return f'SELECT {columns} FROM "anomalies" WHERE {wanted} ORDER BY time DESC LIMIT 200'
