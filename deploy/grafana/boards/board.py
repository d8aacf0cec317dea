"""A dashboard of rows of panels: placed, numbered, with its variables, links and marks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from boards import queries as q
from boards.panels import EXPRESSION, INFLUX, NO_DATA, PROMETHEUS, RED, Ask, Json, Panel
from boards.words import DOMAINS, Text, Words

Row = tuple[Words, Sequence[Panel]]


@dataclass(frozen=True)
class Board:
    """name: of its file, and `nadi-NAME` of its address."""

    name: str
    title: Words
    rows: Sequence[Row]
    variables: Sequence[Json]
    annotations: Sequence[Json] = ()
    since: str = "now-6h"
    refresh: str = "30s"

    @property
    def uid(self) -> str:
        return f"nadi-{self.name}"


def dashboard(board: Board) -> Json:
    """As Grafana reads it, its texts still in both languages."""
    return {
        "uid": board.uid,
        "title": board.title,
        "tags": ["nadi"],
        "timezone": "browser",
        "editable": False,
        "graphTooltip": 1,
        "refresh": board.refresh,
        "schemaVersion": 39,
        "time": {"from": board.since, "to": "now"},
        "templating": {"list": list(board.variables)},
        "annotations": {"list": list(board.annotations)},
        "links": [
            {
                "type": "dashboards",
                "title": "nadi",
                "tags": ["nadi"],
                "asDropdown": False,
                "includeVars": True,
                "keepTime": True,
                "targetBlank": False,
                "icon": "external link",
            }
        ],
        "panels": place(board.rows),
    }


def place(rows: Iterable[Row]) -> list[Json]:
    """Titled rows (without a title: none is shown), filled from the left and wrapped at the 24th column."""
    placed: list[Json] = []
    y = 0
    for title, panels in rows:
        if title:
            grid = {"x": 0, "y": y, "w": 24, "h": 1}
            row = {"id": len(placed) + 1, "type": "row", "title": title, "collapsed": False}
            placed.append(row | {"gridPos": grid, "panels": []})
            y += 1
        x = tallest = 0
        for panel in panels:
            if x + panel.width > 24:
                y, x, tallest = y + tallest, 0, 0
            placed.append(_panel(panel, len(placed) + 1, x, y))
            x, tallest = x + panel.width, max(tallest, panel.height)
        y += tallest
    return placed


def _panel(panel: Panel, number: int, x: int, y: int) -> Json:
    made: Json = {
        "id": number,
        "type": panel.kind,
        "title": panel.title,
        "datasource": panel.asks[0].source or INFLUX,
        "gridPos": {"x": x, "y": y, "w": panel.width, "h": panel.height},
        "fieldConfig": {"defaults": _defaults(panel), "overrides": list(panel.overrides)},
        "options": panel.options or {},
        "targets": [_target(ask, chr(ord("A") + place)) for place, ask in enumerate(panel.asks)],
    }
    if len({id(ask.source) for ask in panel.asks if ask.source is not EXPRESSION}) > 1:
        made["datasource"] = {"type": "datasource", "uid": "-- Mixed --"}
    if panel.interval:
        made["interval"] = panel.interval
    if panel.transformations:
        made["transformations"] = list(panel.transformations)
    return made | ({"description": panel.note} if panel.note else {})


def _target(ask: Ask, letter: str) -> Json:
    target: Json = {"refId": ask.ref or letter, "datasource": ask.source or INFLUX}
    if ask.hidden:
        target["hide"] = True
    if ask.model is not None:
        return target | ask.model
    if ask.source is PROMETHEUS:
        if ask.shape == "table":
            return target | {"expr": ask.text, "format": "table", "instant": True, "range": False}
        return target | {"expr": ask.text, "legendFormat": ask.label or "__auto", "range": True}
    return target | {"query": ask.text, "rawQuery": True, "resultFormat": ask.shape, "alias": ask.label}


def _empty(panel: Panel) -> Words | None:
    return panel.empty or (None if panel.kind == "table" else NO_DATA)


def _defaults(panel: Panel) -> Json:
    defaults: Json = {"unit": panel.unit, "custom": panel.custom or {}}
    given = {"min": panel.low, "max": panel.high, "decimals": panel.decimals, "noValue": _empty(panel)}
    defaults |= {name: value for name, value in given.items() if value is not None}
    if panel.steps:
        steps = [{"value": value, "color": colour} for value, colour in panel.steps]
        defaults |= {"thresholds": {"mode": "absolute", "steps": steps}, "color": {"mode": "thresholds"}}
    if panel.links:
        defaults["links"] = list(panel.links)
    return defaults | (panel.defaults or {})


def choice(name: str, label: Words, query: str) -> Json:
    """One of what InfluxDB knows, asked anew when the time range changes."""
    return {
        "name": name,
        "label": label,
        "type": "query",
        "datasource": INFLUX,
        "query": query,
        "definition": query,
        "refresh": 2,
        "sort": 1,
        "multi": False,
        "includeAll": False,
    }


def choices(name: str, label: Words, query: str) -> Json:
    """One, several or all of what InfluxDB knows."""
    everything = {"text": ["All"], "value": ["$__all"], "selected": True}
    return choice(name, label, query) | {"multi": True, "includeAll": True, "allValue": ".*", "current": everything}


def fixed(name: str, label: Words, values: Sequence[tuple[str, Words]], first: str) -> Json:
    """One of a fixed list: pairs of value and what people read."""
    options = [{"value": value, "text": text, "selected": value == first} for value, text in values]
    both = ((text if isinstance(text, Text) else Text(text, text), value) for value, text in values)
    pairs = [Text(f"{text.en} : {value}", f"{text.id} : {value}") for text, value in both]
    return {
        "name": name,
        "label": label,
        "type": "custom",
        "query": Text(", ".join(pair.en for pair in pairs), ", ".join(pair.id for pair in pairs)),
        "multi": False,
        "includeAll": False,
        "options": options,
        "current": next(option for option in options if option["selected"]),
    }


def _tag_values(measurement: str, key: str, where: str = "") -> str:
    return f'SHOW TAG VALUES FROM {measurement} WITH KEY = "{key}"' + (f" WHERE {where}" if where else "")


ANY_WINDOWS = "/^(water|energy|waste|disaster)_1m$/"
CITY_WORD, ZONE_WORD = Text("City", "Kota"), Text("Zone", "Zona")
DEVICE_WORD = Text("Device", "Alat")


def city(measurement: str = ANY_WINDOWS) -> Json:
    return choice("city", CITY_WORD, _tag_values(measurement, "city"))


def cities(measurement: str = ANY_WINDOWS) -> Json:
    return choices("city", CITY_WORD, _tag_values(measurement, "city"))


def zones(measurement: str = ANY_WINDOWS) -> Json:
    return choices("zone", ZONE_WORD, _tag_values(measurement, "zone", q.IN_CITY))


def devices(measurement: str = ANY_WINDOWS) -> Json:
    return choices("device", DEVICE_WORD, _tag_values(measurement, "device", q.IN_ZONE))


def one_of(name: str, label: Words, measurement: str, where: str) -> Json:
    return choice(name, label, _tag_values(measurement, name, where))


def window(first: str = "1m") -> Json:
    """How finely; for long times choose a longer one."""
    lengths = (("1m", "1 min"), ("15m", "15 min"), ("1h", "1 h"))
    return fixed("window", Text("Window", "Jendela"), lengths, first)


def domain() -> Json:
    return fixed("domain", Text("Domain", "Bidang"), tuple(DOMAINS.items()), "water")


def marks(name: Words, query: str, colour: str = RED) -> Json:
    """Marks on the time line of every panel."""
    return {
        "name": name,
        "datasource": INFLUX,
        "enable": True,
        "iconColor": colour,
        "query": query,
        "textColumn": "reason",
        "tagsColumn": "severity",
    }


def incident_marks(condition: str = "") -> Json:
    wanted = " AND ".join(filter(None, (condition, q.of_severity("critical"), q.INCIDENTS_IN_ZONE, q.IN_TIME)))
    query = f'SELECT "reason", "severity" FROM "incidents" WHERE {wanted}'  # noqa: S608 - all of this package
    return marks(Text("Critical incidents", "Insiden kritis"), query)
