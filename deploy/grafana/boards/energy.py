"""Energy. Limits: SPLN 1 (voltage, 198 to 231 V), EN 50160 (frequency, 49.5 to 50.5 Hz)."""

from __future__ import annotations

from boards import queries as q
from boards.domains import BY_ZONE, board, of_zones
from boards.overview import FEEDERS_ONLY
from boards.panels import GREEN, ORANGE, RED, Ask, timeseries, zone_link
from boards.words import Text

OF_FEEDERS = f"{q.OF_DEVICE} AND {q.FEEDERS}"

LOAD = (
    timeseries(
        Text("Power of feeders, sum by zone", "Daya penyulang, jumlah per zona"),
        Ask(q.total("energy", "power", q.ZONE, OF_FEEDERS), BY_ZONE),
        unit="kwatt",
        interval=q.SUMMED,
        width=12,
        links=(zone_link("energy"),),
        note=FEEDERS_ONLY,
    ),
    timeseries(
        Text("Energy through feeders, by zone", "Energi lewat penyulang, per zona"),
        Ask(q.each("energy", "energy", 'sum("delta")', q.ZONE, OF_FEEDERS), BY_ZONE),
        unit="kwatth",
        low=0,
        width=12,
        links=(zone_link("energy"),),
        note=FEEDERS_ONLY,
    ),
    of_zones(
        Text("Highest current by zone", "Arus tertinggi per zona"),
        *("energy", "current", 'max("max")'),
        unit="amp",
        low=0,
    ),
    of_zones(
        Text("Hottest transformer by zone", "Trafo terpanas per zona"),
        *("energy", "temperature", 'max("max")'),
        unit="celsius",
        steps=((None, GREEN), (85, ORANGE), (95, RED)),
    ),
    timeseries(
        Text("Phase currents, highest by zone", "Arus fasa, tertinggi per zona"),
        [Ask(q.each("energy", f"current_{p}", 'max("max")', q.ZONE), f"{BY_ZONE} {p.upper()}") for p in "abc"],
        unit="amp",
        low=0,
        links=(zone_link("energy"),),
    ),
)

SUPPLY = (
    timeseries(
        Text("Voltage, lowest and highest by zone", "Tegangan, terendah dan tertinggi per zona"),
        [
            Ask(q.each("energy", "voltage", 'min("min")', q.ZONE), Text(f"{BY_ZONE} lowest", f"{BY_ZONE} terendah")),
            Ask(q.each("energy", "voltage", 'max("max")', q.ZONE), Text(f"{BY_ZONE} highest", f"{BY_ZONE} tertinggi")),
        ],
        unit="volt",
        width=12,
        steps=((None, RED), (198, GREEN), (231, RED)),
        links=(zone_link("energy"),),
    ),
    timeseries(
        Text("Frequency", "Frekuensi"),
        [
            Ask(q.each("energy", "frequency", 'min("min")', q.CITY), Text("lowest", "terendah")),
            Ask(q.each("energy", "frequency", 'max("max")', q.CITY), Text("highest", "tertinggi")),
        ],
        unit="hertz",
        decimals=2,
        width=12,
        steps=((None, RED), (49.5, GREEN), (50.5, RED)),
    ),
)

BOARD = board(
    "energy",
    (
        (Text("Load", "Beban"), LOAD),
        (Text("Quality of supply", "Mutu pasokan"), SUPPLY),
    ),
)
