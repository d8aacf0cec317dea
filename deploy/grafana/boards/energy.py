"""Energy. Limits: SPLN 1 (voltage, 198 to 231 V), EN 50160 (frequency, 49.5 to 50.5 Hz)."""

from __future__ import annotations

from boards import queries as q
from boards.domains import BY_DEVICE, BY_ZONE, board, of_zones
from boards.panels import GREEN, ORANGE, RED, Ask, device_link, timeseries, zone_link
from boards.words import Text

LOAD = (
    timeseries(
        Text("Power, sum by zone", "Daya, jumlah per zona"),
        Ask(q.total("energy", "power", q.ZONE), BY_ZONE),
        unit="kwatt",
        width=12,
        links=(zone_link("energy"),),
        note=Text("Feeders, transformers, customers and solar together.", "Penyulang, trafo, pelanggan dan surya."),
    ),
    timeseries(
        Text("Energy used, by zone", "Energi terpakai, per zona"),
        Ask(q.each("energy", "energy", 'sum("delta")', q.ZONE), BY_ZONE),
        unit="kwatth",
        low=0,
        width=12,
        links=(zone_link("energy"),),
    ),
    of_zones(
        Text("Highest current by zone", "Arus tertinggi per zona"),
        *("energy", "current", 'max("max")'),
        unit="amp",
        low=0,
    ),
    timeseries(
        Text("Hottest transformers", "Trafo terpanas"),
        Ask(q.each("energy", "temperature", 'max("max")', q.DEVICE), BY_DEVICE),
        unit="celsius",
        steps=((None, GREEN), (85, ORANGE), (95, RED)),
        links=(device_link("energy", "temperature"),),
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
