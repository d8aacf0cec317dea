"""Disaster. Air: Permen LHK 14/2020 (bounds of ISPU's classes, ug/m3 in 24 hours); felt shaking: BMKG's SIG scale."""

from __future__ import annotations

from boards import queries as q
from boards.domains import BY_DEVICE, board, of_zones
from boards.panels import GREEN, ORANGE, RED, YELLOW, Ask, bars_over_time, device_link, timeseries
from boards.words import Text

WATERS = (
    timeseries(
        Text("River level", "Muka air sungai"),
        Ask(q.each("disaster", "river_level", 'max("max")', q.DEVICE), BY_DEVICE),
        unit="suffix:cm",
        width=12,
        height=10,
        links=(device_link("disaster", "river_level"),),
        note=Text(
            "Each gauge has its own stages (Siaga): the incidents above say which one is reached.",
            "Tiap pos punya Siaga sendiri: insiden di atas menyebut Siaga yang tercapai.",
        ),
    ),
    bars_over_time(
        Text("Rainfall, by gauge", "Curah hujan, per pos"),
        Ask(q.amount("disaster", "rainfall", q.DEVICE), BY_DEVICE),
        unit="suffix:mm",
        decimals=1,
        width=12,
        height=10,
        links=(device_link("disaster", "rainfall"),),
    ),
    timeseries(
        Text("Tide", "Pasang surut"),
        Ask(q.each("disaster", "tide", 'max("max")', q.DEVICE), BY_DEVICE),
        unit="suffix:cm",
        width=12,
        links=(device_link("disaster", "tide"),),
    ),
    timeseries(
        Text("Rise of rivers", "Laju naik sungai"),
        Ask(
            'SELECT derivative(mean("mean"), 1h) AS "rise" '  # noqa: S608
            f"FROM {q.windows('disaster')} WHERE \"quantity\" = 'river_level' AND {q.OF_DEVICE} AND {q.IN_TIME} "
            f"GROUP BY {q.BY_TIME}, {q.DEVICE} fill(none)",
            BY_DEVICE,
        ),
        unit="suffix:cm/h",
        width=12,
        steps=((None, GREEN), (30, ORANGE)),
        links=(device_link("disaster", "river_level"),),
    ),
)

GROUND = (
    timeseries(
        Text("Strongest shaking", "Guncangan terkuat"),
        Ask(q.each("disaster", "pga", 'max("max")', q.DEVICE), BY_DEVICE),
        unit="suffix:cm/s²",
        low=0,
        steps=((None, GREEN), (2.9, YELLOW), (89, ORANGE), (168, RED)),
        links=(device_link("disaster", "pga"),),
        note=Text(
            "From 2.9 cm/s² it is felt by many, from 89 it harms a little, from 168 more.",
            "Mulai 2,9 cm/s² dirasakan banyak orang, mulai 89 kerusakan ringan, mulai 168 sedang.",
        ),
    ),
    timeseries(
        Text("Displacement of slopes", "Pergeseran lereng"),
        Ask(q.each("disaster", "displacement", 'max("max")', q.DEVICE), BY_DEVICE),
        unit="suffix:mm",
        links=(device_link("disaster", "displacement"),),
    ),
    timeseries(
        Text("Soil moisture and tilt", "Kelembapan tanah dan kemiringan"),
        [
            Ask(
                q.each("disaster", "soil_moisture", 'mean("mean")', q.DEVICE),
                Text(f"{BY_DEVICE} moisture", f"{BY_DEVICE} kelembapan"),
            ),
            Ask(
                q.each("disaster", "tilt", 'max("max")', q.DEVICE),
                Text(f"{BY_DEVICE} tilt", f"{BY_DEVICE} kemiringan"),
            ),
        ],
        unit="percent",
        decimals=1,
        overrides=[
            {
                "matcher": {"id": "byFrameRefID", "options": "B"},
                "properties": [{"id": "unit", "value": "degree"}, {"id": "custom.axisPlacement", "value": "right"}],
            }
        ],
    ),
)

AIR = (
    of_zones(
        Text("PM2.5, mean by zone", "PM2,5, rerata per zona"),
        *("disaster", "pm25", 'mean("mean")'),
        unit="conμgm3",
        low=0,
        width=12,
        steps=((None, GREEN), (15.5, YELLOW), (55.4, ORANGE), (150.4, RED)),
    ),
    of_zones(
        Text("PM10, mean by zone", "PM10, rerata per zona"),
        *("disaster", "pm10", 'mean("mean")'),
        unit="conμgm3",
        low=0,
        width=12,
        steps=((None, GREEN), (50, YELLOW), (150, ORANGE), (350, RED)),
    ),
)

BOARD = board(
    "disaster",
    (
        (Text("Rain and water", "Hujan dan air"), WATERS),
        (Text("Ground", "Tanah"), GROUND),
        (Text("Air", "Udara"), AIR),
    ),
)
