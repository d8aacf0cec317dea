"""Waste. 80 % is when a bin should be emptied, 90 % is full, 60 degrees is fire (starting values of our own)."""

from __future__ import annotations

from boards import queries as q
from boards.domains import BY_ZONE, board, of_zones
from boards.panels import (
    GREEN,
    OPEN_DEVICE,
    ORANGE,
    RED,
    YELLOW,
    Ask,
    bars,
    link,
    stat,
    timeseries,
    zone_link,
)
from boards.words import Text

FILL_NOW = q.latest("waste", "fill", '"zone", "device"')

FILL = (
    stat(
        Text("Bins above 80 %", "Tempat sampah di atas 80 %"),
        Ask(f'SELECT count("value") FROM ({FILL_NOW}) WHERE "value" >= 80'),  # noqa: S608
        decimals=0,
        width=12,
        empty="0",
        steps=((None, GREEN), (1, ORANGE)),
    ),
    stat(
        Text("Bins", "Tempat sampah"),
        Ask(f'SELECT count("value") FROM ({FILL_NOW})'),  # noqa: S608
        decimals=0,
        width=12,
    ),
    bars(
        Text("Fullest bins", "Tempat sampah terpenuh"),
        f'SELECT top("value", "zone", "device", 15) AS "fill" FROM ({FILL_NOW})',  # noqa: S608
        "zone",
        "device",
        unit="percent",
        low=0,
        high=100,
        height=12,
        steps=((None, GREEN), (60, YELLOW), (80, RED)),
        links=(
            link(
                OPEN_DEVICE,
                "nadi-device",
                city="${city:percentencode}",
                domain="waste",
                zone="${__data.fields.zone:percentencode}",
                device="${__data.fields.device:percentencode}",
                quantity="fill",
            ),
        ),
    ),
    of_zones(
        Text("Fill, mean by zone", "Keterisian, rerata per zona"),
        *("waste", "fill", 'mean("mean")'),
        unit="percent",
        low=0,
        high=100,
        height=12,
        steps=((None, GREEN), (80, RED)),
    ),
    timeseries(
        Text("Weight, sum by zone", "Berat, jumlah per zona"),
        Ask(q.total("waste", "weight", q.ZONE), BY_ZONE),
        unit="suffix:kg",
        low=0,
        height=12,
        interval=q.SUMMED,
        links=(zone_link("waste"),),
    ),
)

HARM = (
    timeseries(
        Text("Hottest bin by zone", "Tempat sampah terpanas per zona"),
        Ask(q.each("waste", "temperature", 'max("max")', q.ZONE), BY_ZONE),
        unit="celsius",
        width=12,
        steps=((None, GREEN), (60, RED)),
        links=(zone_link("waste"),),
        note=Text("60 degrees: fire.", "60 derajat: kebakaran."),
    ),
    of_zones(
        Text("Most tilted bin by zone", "Tempat sampah termiring per zona"),
        *("waste", "tilt", 'max("max")'),
        unit="degree",
        width=12,
        steps=((None, GREEN), (45, RED)),
    ),
)

BOARD = board(
    "waste",
    (
        (Text("Fill", "Keterisian"), FILL),
        (Text("Fire and harm", "Kebakaran dan kerusakan"), HARM),
    ),
    "now-24h",
)
