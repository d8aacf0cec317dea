"""Tables and statements of the historian. Times are ms; NULL stands for an absent field.

Nothing is updated in place: a row that is delivered again, replaced or revised is appended,
and reading takes the newest (the highest revision, then the last row).
"""

from __future__ import annotations

from collections.abc import Iterable

VERSION = 1

STATISTICS = ("mean", "min", "max", "std", "first", "last", "p50", "p95", "delta")
WINDOW_COLUMNS = ("length", "series", "start", "count", *STATISTICS, "expected", "completeness", "failed", "revision")
ANOMALY_NUMBERS = ("value", "baseline", "low", "high", "score")
ANOMALY_COLUMNS = ("series", "time", "detector", *ANOMALY_NUMBERS, "severity", "reason")
INCIDENT_COLUMNS = (
    *("incident", "city", "domain", "zone", "kind", "cause", "time", "state", "severity"),
    *("updated", "ended", "value", "members", "reason"),
)
EVENT_COLUMNS = (*("incident", "city", "domain", "zone", "kind", "time", "event", "state", "severity", "by", "reason"),)
INDICATOR_COLUMNS = (
    *("city", "domain", "zone", "indicator", "period", "time", "numerator", "denominator", "value", "unit"),
)
READING_COLUMNS = ("series", "time", "value", "flags")
SERIES_COLUMNS = ("id", "city", "domain", "zone", "device", "quantity")

_TYPES = {
    **dict.fromkeys(("city", "domain", "zone", "device", "quantity", "detector", "severity", "reason"), "VARCHAR"),
    **dict.fromkeys(("incident", "kind", "cause", "state", "event", "by"), "VARCHAR"),
    **dict.fromkeys(("indicator", "period", "unit"), "VARCHAR"),
    **dict.fromkeys(("updated", "ended", "members"), "BIGINT"),
    **dict.fromkeys(("id", "series", "flags"), "INTEGER"),
    **dict.fromkeys(("time", "start", "length", "count", "expected", "failed", "revision"), "BIGINT"),
}

TABLES = {
    "series": SERIES_COLUMNS,
    "readings": READING_COLUMNS,
    "windows": WINDOW_COLUMNS,
    "anomalies": ANOMALY_COLUMNS,
    "incidents": INCIDENT_COLUMNS,
    "incident_events": EVENT_COLUMNS,
    "indicators": INDICATOR_COLUMNS,
}


def create_tables() -> list[str]:
    statements = ["CREATE TABLE IF NOT EXISTS nadi (version INTEGER)"]
    for table, columns in TABLES.items():
        typed = ", ".join(f'"{column}" {_TYPES.get(column, "DOUBLE")}' for column in columns)
        statements.append(f"CREATE TABLE IF NOT EXISTS {table} ({typed})")
    return statements


def insert(table: str) -> str:
    """From the registered columns `batch`."""
    columns = ", ".join(f'"{column}"' for column in TABLES[table])
    return f"INSERT INTO {table} SELECT {columns} FROM batch"  # noqa: S608 - all names are of this file


_INDICATOR_KEY = "city, domain, zone, indicator, period, time"
_INDICATORS_KEPT = f"(SELECT max(rowid) FROM indicators GROUP BY {_INDICATOR_KEY})"  # noqa: S608 - of this file

EXPIRE = (
    "DELETE FROM readings WHERE time < $before",
    "DELETE FROM windows WHERE start < $before",
    "DELETE FROM anomalies WHERE time < $before",
    "DELETE FROM incidents WHERE updated < $before",
    "DELETE FROM incident_events WHERE time < $before",
    # A point of a period is written every quarter of an hour: only its latest row is worth its room.
    f"DELETE FROM indicators WHERE time < $before OR rowid NOT IN {_INDICATORS_KEPT}",  # noqa: S608
)

LAST_VALUES = """
SELECT series, max(time) AS time, arg_max(value, (time, rowid)) AS value, arg_max(flags, (time, rowid)) AS flags
FROM readings WHERE time > (SELECT max(time) FROM readings) - $recent GROUP BY series
"""

DISTINCT_TIMES = "SELECT count(DISTINCT time) FROM readings WHERE series = $series AND time >= $start AND time < $end"

RANGE = """
SELECT min(time) AS time, avg(value) AS mean, min(value) AS min, max(value) AS max,
       count(*) AS count, bit_or(flags) AS flags
FROM (SELECT time, arg_max(value, rowid) AS value, arg_max(flags, rowid) AS flags
      FROM readings WHERE series = $series AND time >= $start AND time < $end GROUP BY time)
GROUP BY (time - $start) // $width ORDER BY 1
"""

WINDOWS = """
SELECT * EXCLUDE (length, series) FROM windows
WHERE series = $series AND length = $length AND start >= $start AND start < $end
QUALIFY row_number() OVER (PARTITION BY start ORDER BY revision DESC, rowid DESC) = 1
ORDER BY start DESC LIMIT $limit
"""

READINGS_PAGE = """
SELECT series, time, arg_max(value, rowid) AS value, arg_max(flags, rowid) AS flags FROM readings {chosen}
WHERE time >= $begin AND time < $end AND (time > $time OR series > $series)
GROUP BY series, time ORDER BY time, series LIMIT $limit
"""
WINDOWS_PAGE = """
SELECT * EXCLUDE (length, start), start AS time FROM windows {chosen}
WHERE length = $length AND start >= $begin AND start < $end AND (start > $time OR series > $series)
QUALIFY row_number() OVER (PARTITION BY series, start ORDER BY revision DESC, rowid DESC) = 1
ORDER BY start, series LIMIT $limit
"""
READINGS_BEGIN = "SELECT min(time) FROM readings {chosen} WHERE time >= $begin AND time < $end"
WINDOWS_BEGIN = "SELECT min(start) FROM windows {chosen} WHERE length = $length AND start >= $begin AND start < $end"
ONLY_CHOSEN = "SEMI JOIN chosen ON series = chosen.id"

ANOMALIES = """
SELECT city, domain, zone, device, quantity, found.* EXCLUDE (series, id)
FROM (SELECT *, rowid AS id FROM anomalies WHERE time >= $since
      QUALIFY row_number() OVER (PARTITION BY series, time, detector ORDER BY rowid DESC) = 1) AS found
JOIN series ON series.id = found.series
ORDER BY time DESC, found.id DESC LIMIT $limit
"""

INCIDENTS = """
SELECT * FROM incidents WHERE updated >= $since
QUALIFY row_number() OVER (PARTITION BY incident ORDER BY updated DESC, rowid DESC) = 1
ORDER BY time DESC, rowid DESC LIMIT $limit
"""

INCIDENT_EVENTS = """
SELECT * FROM incident_events WHERE time >= $since
QUALIFY row_number() OVER (PARTITION BY incident, time, event ORDER BY rowid DESC) = 1
ORDER BY time DESC, rowid DESC LIMIT $limit
"""

INDICATORS = f"""
SELECT * FROM indicators WHERE time >= $start AND time < $end AND period = $period
QUALIFY row_number() OVER (PARTITION BY {_INDICATOR_KEY} ORDER BY rowid DESC) = 1
ORDER BY city, domain, zone, indicator, time
"""  # noqa: S608 - all names are of this file

INDICATOR_CITIES = "SELECT DISTINCT city FROM indicators ORDER BY city"


_DAY = 86_400_000
"""ms"""


def some_indicators(names: Iterable[str]) -> str:
    """As INDICATORS, but in the order of time, $limit of them at most, and where columns `names` are as given."""
    return f"{_chosen(names)} ORDER BY time, city, domain, zone, indicator LIMIT $limit"


def added_indicators(names: Iterable[str]) -> str:
    """Of all cities that `names` leave: sums and greatest, by domain, indicator and the day that begins $ahead ms
    before UTC's. Where a city has begun a day twice, its time zone having been changed, the greatest of both holds."""
    return f"""
SELECT day * {_DAY} - $ahead AS time, domain, indicator,
    sum(n) AS numerator, sum(d) AS denominator, max(n) AS greatest, max(d) AS "of"
FROM (
    SELECT city, domain, indicator, (time + $ahead) // {_DAY} AS day, max(numerator) AS n, max(denominator) AS d
    FROM ({_chosen(names)}) GROUP BY ALL
)
GROUP BY day, domain, indicator
"""  # noqa: S608 - all names are of this file


def _chosen(names: Iterable[str]) -> str:
    chosen = "".join(f" AND {name} = ${name}" for name in names if name in INDICATOR_COLUMNS)
    return f"""
SELECT * FROM indicators WHERE time >= $start AND time < $end AND period = $period{chosen}
QUALIFY row_number() OVER (PARTITION BY {_INDICATOR_KEY} ORDER BY rowid DESC) = 1
"""  # noqa: S608 - all names are of this file


DISTINCT = {
    "readings": "SELECT count(*) FROM (SELECT DISTINCT series, time FROM readings)",
    "windows": "SELECT count(*) FROM (SELECT DISTINCT length, series, start FROM windows)",
    "anomalies": "SELECT count(*) FROM (SELECT DISTINCT series, time, detector FROM anomalies)",
    "incidents": "SELECT count(DISTINCT incident) FROM incidents",
    "incident_events": "SELECT count(*) FROM (SELECT DISTINCT incident, time, event FROM incident_events)",
    "indicators": f"SELECT count(*) FROM (SELECT DISTINCT {_INDICATOR_KEY} FROM indicators)",  # noqa: S608
}
