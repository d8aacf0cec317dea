"""Maps: where the sensors of nadi's catalogue stand, and which zones have open incidents.

Grades join on the zone's name: `calm` (0), `warned` (1), `grave` (2); the greatest gives the colour.
"""

from __future__ import annotations

from typing import Any

from boards import queries as q
from boards.panels import GREEN, ORANGE, RED, Json, Panel, column, rows
from boards.words import SEVERITIES, Text, Words

GRADES = {0: (Text("well", "baik"), GREEN), 1: (SEVERITIES["warning"][0], ORANGE), 2: (SEVERITIES["critical"][0], RED)}

PLACED: Json = {
    "type": "include",
    "match": "all",
    "filters": [{"fieldName": "lat", "config": {"id": "isNotNull", "options": {}}}],
}
"""A dot without a place would break the map's own view."""


def _layer(name: Words, ref: str, size: int, opacity: float, colour: Json, text: Json | None = None) -> Json:
    style = {
        "color": colour,
        "opacity": opacity,
        "rotation": {"fixed": 0, "min": -360, "max": 360, "mode": "mod"},
        "size": {"fixed": size, "min": 2, "max": 25},
        "symbol": {"fixed": "img/icons/marker/circle.svg", "mode": "fixed"},
        "symbolAlign": {"horizontal": "center", "vertical": "center"},
        "textConfig": {
            "fontSize": 12,
            "offsetX": 0,
            "offsetY": 18,
            "textAlign": "center",
            "textBaseline": "middle",
        },
    }
    return {
        "type": "markers",
        "name": name,
        "config": {"showLegend": False, "style": style | ({"text": text} if text else {})},
        "filterData": {"id": "byRefId", "options": ref},
        "location": {"mode": "coords", "latitude": "lat", "longitude": "lon"},
        "tooltip": True,
    }


def geomap(title: Words, condition: str = "", by: str = "zone", where: str = q.IN_ZONE, **more: Any) -> Panel:
    """Sensors as small dots; each zone (or city) as a large one, coloured by its gravest open incident."""
    group = f'"{by}"'
    there = f"{where} AND {group} != '*'"
    grade = [
        (severity, f'{number} + 0 * count("incident") AS "{name}"')
        for severity, number, name in (("warning", 1, "warned"), ("critical", 2, "grave"))
    ]
    asks = [
        rows(q.sensors(condition, where), "S"),
        rows(q.centres(group, condition, where), "Z"),
        rows(q.incidents(condition, there, group), "O"),
        *(
            rows(q.incidents(" AND ".join(filter(None, (condition, q.of_severity(name)))), there, group, what), ref)
            for (name, what), ref in zip(grade, ("W", "C"), strict=True)
        ),
    ]
    joined = {"id": "byRefId", "options": "/^[ZOWC]$/"}
    worst = {
        "mode": "reduceRow",
        "alias": "worst",
        "reduce": {"reducer": "max", "include": ["calm", "warned", "grave"]},
    }
    mapping = {str(number): {"text": words, "color": colour} for number, (words, colour) in GRADES.items()}
    steps = [{"value": number or None, "color": colour} for number, (_, colour) in GRADES.items()]
    zones = _layer(
        Text("zones", "zona"),
        "/Z/",
        12,
        0.7,
        {"field": "worst", "fixed": GREEN},
        {"field": by, "fixed": "", "mode": "field"},
    )
    options = {
        "view": {"id": "fit", "allLayers": True, "lat": 0, "lon": 0, "zoom": 12, "padding": 5},
        "basemap": {"type": "default", "name": "Layer 0", "config": {}},
        "controls": {"showZoom": True, "mouseWheelZoom": False, "showAttribution": True, "showScale": True},
        "tooltip": {"mode": "details"},
        "layers": [_layer(Text("sensors", "sensor"), "S", 3, 0.6, {"fixed": "blue"}), zones],
    }
    hidden = {"id": "custom.hideFrom", "value": {"tooltip": True, "viz": False, "legend": True}}
    overrides = [
        column(
            "worst",
            {"id": "mappings", "value": [{"type": "value", "options": mapping}]},
            {"id": "thresholds", "value": {"mode": "absolute", "steps": steps}},
            {"id": "color", "value": {"mode": "thresholds"}},
            title="worst",
        ),
        *(column(name, hidden, title=name) for name in ("calm", "warned", "grave")),
    ]
    return Panel(
        title,
        "geomap",
        asks,
        options=options,
        overrides=overrides,
        transformations=[
            {"id": "joinByField", "options": {"byField": by, "mode": "outer"}, "filter": joined},
            {"id": "calculateField", "options": worst, "filter": {"id": "byRefId", "options": "/Z/"}},
            {"id": "filterByValue", "options": PLACED, "filter": {"id": "byRefId", "options": "/Z/"}},
        ],
        **{"width": 12, "height": 12} | more,
    )
