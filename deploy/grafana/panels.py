"""Grafana's panels as plain dictionaries: what every dashboard of nadi is built from.

Only what differs from Grafana's defaults is written. Widths are in the 24 columns of its grid.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

INFLUX = {"type": "influxdb", "uid": "nadi-influx"}
PROMETHEUS = {"type": "prometheus", "uid": "nadi-prometheus"}
DOMAINS = ("water", "energy", "waste", "disaster")
GREEN, YELLOW, ORANGE, RED = "green", "yellow", "orange", "red"

Steps = Sequence[tuple[float | None, str]]
"""Thresholds: from this value on (None: from the lowest), this colour."""


@dataclass(frozen=True)
class Panel:
    """One panel: what it asks, and how it is drawn. `labels` name the queries' series, in their order."""

    title: str
    kind: str
    queries: Sequence[str]
    labels: Sequence[str] = ("",)
    source: Json = field(default_factory=lambda: INFLUX)
    unit: str = "short"
    width: int = 8
    height: int = 8
    note: str = ""
    low: float | None = None
    high: float | None = None
    steps: Steps = ()
    options: Json = field(default_factory=dict)
    custom: Json = field(default_factory=dict)
    extra: Json = field(default_factory=dict)


def _targets(panel: Panel) -> list[Json]:
    targets = []
    for number, query in enumerate(panel.queries):
        label = panel.labels[min(number, len(panel.labels) - 1)]
        target: Json = {"refId": chr(ord("A") + number), "datasource": panel.source}
        if panel.source is PROMETHEUS:
            target |= {"expr": query, "legendFormat": label or "__auto", "range": True}
        else:
            shape = "table" if panel.kind in ("table", "bargauge") else "time_series"
            target |= {"query": query, "rawQuery": True, "resultFormat": shape, "alias": label}
        targets.append(target)
    return targets


def _defaults(panel: Panel) -> Json:
    defaults: Json = {"unit": panel.unit, "custom": panel.custom}
    if panel.low is not None:
        defaults["min"] = panel.low
    if panel.high is not None:
        defaults["max"] = panel.high
    if panel.steps:
        steps = [{"value": value, "color": colour} for value, colour in panel.steps]
        defaults |= {"thresholds": {"mode": "absolute", "steps": steps}, "color": {"mode": "thresholds"}}
    defaults.update(panel.extra.get("defaults", {}))
    return defaults


def timeseries(title: str, queries: str | Sequence[str], labels: str | Sequence[str], **more: Any) -> Panel:
    """Lines over time; thresholds are drawn as dashed lines, the series keep their own colours."""
    custom: Json = {"lineWidth": 2, "fillOpacity": 8, "showPoints": "never", "spanNulls": False}
    if more.get("steps"):
        custom["thresholdsStyle"] = {"mode": "dashed"}
    options = {"legend": {"displayMode": "list", "placement": "bottom"}, "tooltip": {"mode": "multi", "sort": "desc"}}
    return Panel(title, "timeseries", _many(queries), _many(labels), custom=custom, options=options, **more)


def stat(title: str, queries: str | Sequence[str], labels: str | Sequence[str] = "", **more: Any) -> Panel:
    """One large number for each series."""
    options = {
        "reduceOptions": {"calcs": ["lastNotNull"]},
        "colorMode": "background_solid",
        "graphMode": "area",
        "textMode": "value_and_name" if len(_many(queries)) > 1 else "auto",
    }
    return Panel(title, "stat", _many(queries), _many(labels), options=options, **{"width": 6, "height": 4} | more)


def bars(title: str, query: str, *names: str, **more: Any) -> Panel:
    """A horizontal bar for each row of the answer, named by its columns `names`."""
    options = {
        "reduceOptions": {"values": True, "limit": 25},
        "orientation": "horizontal",
        "displayMode": "basic",
        "showUnfilled": True,
    }
    name = " ".join(f"${{__data.fields.{column}}}" for column in names)
    return Panel(title, "bargauge", (query,), options=options, extra={"defaults": {"displayName": name}}, **more)


def table(title: str, query: str, colours: dict[str, str], columns: dict[str, int], **more: Any) -> Panel:
    """Rows as they are; `colours` paint the column `severity`, `columns` set widths in pixels."""
    mapping = {"type": "value", "options": {text: {"color": colour} for text, colour in colours.items()}}
    cell = [{"id": "mappings", "value": [mapping]}, {"id": "custom.cellOptions", "value": {"type": "color-text"}}]
    overrides: list[Json] = [{"matcher": {"id": "byName", "options": "severity"}, "properties": cell}]
    for name, pixels in columns.items():
        width = [{"id": "custom.width", "value": pixels}]
        overrides.append({"matcher": {"id": "byName", "options": name}, "properties": width})
    options = {"showHeader": True, "cellHeight": "sm"}
    return Panel(title, "table", (query,), options=options, extra={"overrides": overrides}, **{"width": 24} | more)


def _many(texts: str | Sequence[str]) -> Sequence[str]:
    return (texts,) if isinstance(texts, str) else texts


def _panel(panel: Panel, number: int, x: int, y: int) -> Json:
    defaults = _defaults(panel)
    if panel.kind == "timeseries":
        defaults["color"] = {"mode": "palette-classic"}
    made: Json = {
        "id": number,
        "type": panel.kind,
        "title": panel.title,
        "datasource": panel.source,
        "gridPos": {"x": x, "y": y, "w": panel.width, "h": panel.height},
        "fieldConfig": {"defaults": defaults, "overrides": panel.extra.get("overrides", [])},
        "options": panel.options,
        "targets": _targets(panel),
    }
    return made | ({"description": panel.note} if panel.note else {})


def place(rows: Iterable[tuple[str, Sequence[Panel]]]) -> list[Json]:
    """Titled rows, filled from the left and wrapped at the 24th column."""
    placed: list[Json] = []
    y = 0
    for title, panels in rows:
        grid = {"x": 0, "y": y, "w": 24, "h": 1}
        placed.append({"id": len(placed) + 1, "type": "row", "title": title, "gridPos": grid, "panels": []})
        y, x, tallest = y + 1, 0, 0
        for panel in panels:
            if x + panel.width > 24:
                y, x, tallest = y + tallest, 0, 0
            placed.append(_panel(panel, len(placed) + 1, x, y))
            x, tallest = x + panel.width, max(tallest, panel.height)
        y += tallest
    return placed


def variable(name: str, label: str, query: str) -> Json:
    """A choice of one, several or all values, asked anew when the time range changes."""
    return {
        "name": name,
        "label": label,
        "type": "query",
        "datasource": INFLUX,
        "query": query,
        "refresh": 2,
        "sort": 1,
        "multi": True,
        "includeAll": True,
        "allValue": ".*",
        "current": {"text": ["All"], "value": ["$__all"], "selected": True},
    }


def dashboard(uid: str, title: str, rows: Iterable[tuple[str, Sequence[Panel]]], variables: Sequence[Json]) -> Json:
    annotation = {
        "name": "Critical anomalies",
        "datasource": INFLUX,
        "enable": True,
        "iconColor": RED,
        "query": 'SELECT "reason" FROM "anomalies" WHERE "severity" = \'critical\' AND $timeFilter '
        'AND "city" =~ /^$city$/ AND "zone" =~ /^$zone$/',
        "textColumn": "reason",
    }
    return {
        "uid": uid,
        "title": title,
        "tags": ["nadi"],
        "timezone": "browser",
        "editable": False,
        "graphTooltip": 1,
        "refresh": "10s",
        "schemaVersion": 39,
        "time": {"from": "now-3h", "to": "now"},
        "templating": {"list": list(variables)},
        "annotations": {"list": [annotation]},
        "panels": place(rows),
    }
