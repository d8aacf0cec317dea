"""How complete data is: readings that came, by those that the catalogue's intervals promise.

    windows   came     readings a second: of each series in the windows that were watched, added up
    sensors   due      readings a second: 1 / interval, added up
              complete 100 * came / due

What a window itself expects won't do: one minute of a sensor that reports each quarter of an hour expects a reading
like any other, and is empty 14 times of 15. InfluxQL joins no measurements, so Grafana's expressions divide.
"""

# ruff: noqa: S608 - the queries are texts for Grafana

from __future__ import annotations

from collections.abc import Sequence
from string import ascii_uppercase
from typing import Any, NamedTuple

from boards import queries as q
from boards.panels import (
    EXPRESSION,
    GREEN,
    NO_DATA,
    ORANGE,
    RED,
    Ask,
    Json,
    Panel,
    column,
    rows,
    stat,
    table,
    timeseries,
)
from boards.words import Text, Words

WINDOW, SECONDS = "15m", 900
"""Of these windows: long times have few of them."""
LEAST_BUCKET = "1h"
"""Of lines over time: a sensor that reports each quarter of an hour should have its four readings in each point."""
SERIES = '"city", "zone", "device", "quantity"'
LATELY = "time > ${__to}ms - 3h AND time <= ${__to}ms"
"""The catalogue at the end of the time shown: nadi writes it each hour."""
STEPS = ((None, RED), (80, ORANGE), (95, GREEN))
NOTE = Text(
    "Readings that came, in percent of those that the catalogue's intervals promise: sum by sum. Above 100 %: sensors "
    "are faster than the catalogue says.",
    "Bacaan yang masuk, dalam persen dari yang dijanjikan selang di katalog: jumlah dibagi jumlah. Di atas 100 %: "
    "sensor lebih cepat daripada katalog.",
)


def came(
    windows: str, by: str = "", where: str = q.OF_DEVICE, every: str = "", seconds: int = SECONDS, alias: str = "came"
) -> str:
    """Readings a second that came. windows: `seconds` long. by: tags; every: an interval of time.

    The mean rate over windows that were watched, times the series: a window that is not closed yet, and the time
    before nadi began, count for nothing.
    """
    inner = ", ".join(filter(None, (every, SERIES)))
    series = (
        f'SELECT sum("count") AS "n", count("count") AS "w" FROM {windows} WHERE "expected" > 0 AND {where} '
        f"AND {q.IN_TIME} GROUP BY {inner}{' fill(none)' if every else ''}"
    )
    rate = f'1.0 * sum("n") * count("n") / sum("w") / {seconds}'
    return f'SELECT {rate} AS "{alias}" FROM ({series}) WHERE {q.IN_TIME}' + _grouped(every, by)


def due(domain: str, by: str = "", where: str = q.OF_DEVICE, when: str = LATELY, alias: str = "due") -> str:
    """Readings a second that the catalogue promises. domain: a condition too."""
    series = (
        f'SELECT 1000.0 / last("interval") AS "rate" FROM "sensors" WHERE {domain} AND "interval" > 0 AND {where} '
        f"AND {when} GROUP BY {SERIES}"
    )
    return f'SELECT sum("rate") AS "{alias}" FROM ({series}) WHERE {when}' + _grouped(by)


def _grouped(*by: str) -> str:
    group = ", ".join(filter(None, by))
    return f" GROUP BY {group}" + (" fill(none)" if by[0].startswith("time(") else "") if group else ""


class Part(NamedTuple):
    """What becomes one number, or one line for each `by`: of a domain, in some windows."""

    domain: str
    """A condition."""
    windows: str
    name: Words
    by: str = ""
    where: str = q.OF_DEVICE


def of(domain: str, name: Words, by: str = "", where: str = q.OF_DEVICE) -> Part:
    return Part(q.of_domain(domain), f'"{domain}_{WINDOW}"', name, by, where)


def reduced(ref: str, of: str) -> Ask:
    return Ask(
        "", source=EXPRESSION, ref=ref, hidden=True, model={"type": "reduce", "expression": of, "reducer": "last"}
    )


def divided(ref: str, came: str, due: str) -> Ask:
    return Ask("", source=EXPRESSION, ref=ref, model={"type": "math", "expression": f"100 * ${came} / ${due}"})


def _named(ref: str, name: Words) -> Json:
    properties = [{"id": "displayName", "value": name}]
    return {"matcher": {"id": "byFrameRefID", "options": ref}, "properties": properties}


def number(title: Words, parts: Sequence[Part], **more: Any) -> Panel:
    """One number for each part, of the time shown."""
    letters, asks, names = iter(ascii_uppercase), list[Ask](), list[Json]()
    for part in parts:
        a, d, came_ref, due_ref, shown = (next(letters) for _ in range(5))
        asks += [
            Ask(came(part.windows, part.by, part.where), ref=a, hidden=True),
            Ask(due(part.domain, part.by, part.where), ref=d, hidden=True),
            *(reduced(came_ref, a), reduced(due_ref, d), divided(shown, came_ref, due_ref)),
        ]
        names.append(_named(shown, part.name))
    options = {"textMode": "value" if len(parts) == 1 else "value_and_name"}
    given = {"unit": "percent", "decimals": 1, "steps": STEPS, "note": NOTE} | more
    return stat(title, asks, overrides=names, options=options, **given)


def lines(title: Words, parts: Sequence[Part], **more: Any) -> Panel:
    """Over time, in steps of an hour at least."""
    letters, asks, names = iter(ascii_uppercase), list[Ask](), list[Json]()
    for part in parts:
        a, d, due_ref, shown = (next(letters) for _ in range(4))
        asks += [
            Ask(came(part.windows, part.by, part.where, q.BY_TIME), ref=a, hidden=True),
            Ask(due(part.domain, part.by, part.where), ref=d, hidden=True),
            *(reduced(due_ref, d), divided(shown, a, due_ref)),
        ]
        names.append(_named(shown, part.name))
    given = {"unit": "percent", "low": 0, "steps": STEPS, "note": NOTE, "interval": LEAST_BUCKET} | more
    return timeseries(title, asks, overrides=names, **given)


def least(title: Words, domain: str, *columns: Json, **more: Any) -> Panel:
    """The hundred series of which the smallest part came. Rows of both tables meet where all tags are the same."""
    series = '"zone", "device", "quantity"'
    wanted = f'"expected" > 0 AND {q.OF_DEVICE} AND {q.IN_TIME}'
    rate = f'SELECT 100.0 * sum("count") / count("count") / {SECONDS} AS "came"'
    asks = (
        rows(f'{rate} FROM "{domain}_{WINDOW}" WHERE {wanted} GROUP BY {series}'),
        rows(
            f'SELECT last("interval") / 1000.0 AS "seconds" FROM "sensors" WHERE {q.of_domain(domain)} '
            f'AND "interval" > 0 AND {q.OF_DEVICE} AND {LATELY} GROUP BY {series}'
        ),
    )
    product = {"mode": "binary", "alias": "complete", "binary": {"left": "came", "operator": "*", "right": "seconds"}}
    there = {"fieldName": "complete", "config": {"id": "isNotNull", "options": {}}}
    percent = ({"id": "unit", "value": "percent"}, {"id": "decimals", "value": 1})
    shown = (*columns, column("complete", *percent, title=Text("complete", "lengkap")))
    names = [each["matcher"]["options"] for each in shown]
    return table(
        title,
        asks,
        shown,
        transformations=[
            {"id": "organize", "options": {"excludeByName": {"Time": True}, "indexByName": {}, "renameByName": {}}},
            {"id": "merge", "options": {}},
            {"id": "calculateField", "options": product},
            {"id": "filterByValue", "options": {"type": "include", "match": "all", "filters": [there]}},
            {"id": "filterFieldsByName", "options": {"include": {"names": names}}},
            {"id": "sortBy", "options": {"sort": [{"field": "complete", "desc": False}]}},
            {"id": "limit", "options": {"limitField": "100"}},
        ],
        note=NOTE,
        **{"empty": NO_DATA} | more,
    )
