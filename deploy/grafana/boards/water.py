"""Water. Limits: Permen PU 18/2007 (pressure, 0.5 to 1 atm at the farthest point), Permenkes 2/2023 (quality)."""

from __future__ import annotations

from boards import queries as q
from boards.domains import BY_DEVICE, BY_ZONE, board, of_zones
from boards.overview import INLETS_ONLY
from boards.panels import GREEN, ORANGE, RED, Ask, device_link, timeseries, zone_link
from boards.words import Text

SUPPLY = (
    timeseries(
        Text("Inflow, sum by zone", "Debit masuk, jumlah per zona"),
        Ask(q.total("water", "flow", q.ZONE, f"{q.OF_DEVICE} AND {q.INLETS}"), BY_ZONE),
        unit="suffix:L/s",
        low=0,
        width=12,
        links=(zone_link("water"),),
        note=INLETS_ONLY,
        interval=q.SUMMED,
    ),
    of_zones(
        Text("Lowest pressure by zone", "Tekanan terendah per zona"),
        *("water", "pressure", 'min("min")'),
        unit="suffix:kPa",
        low=0,
        width=12,
        steps=((None, RED), (50, ORANGE), (100, GREEN)),
        note=Text("At least 50 to 100 kPa at the farthest point.", "Minimal 50 sampai 100 kPa di titik terjauh."),
    ),
    timeseries(
        Text("Reservoir level", "Muka air reservoir"),
        Ask(q.each("water", "level", 'mean("mean")', q.DEVICE), BY_DEVICE),
        unit="lengthm",
        low=0,
        width=12,
        links=(device_link("water", "level"),),
    ),
    timeseries(
        Text("Volume let in and volume of customers, by zone", "Volume masuk dan volume pelanggan, per zona"),
        [
            Ask(
                q.each("water", "volume", 'sum("delta")', q.ZONE, f"{q.OF_DEVICE} AND {q.INLETS}"),
                Text(f"{BY_ZONE} in", f"{BY_ZONE} masuk"),
            ),
            Ask(
                q.each("water", "volume", 'sum("delta")', q.ZONE, f"{q.OF_DEVICE} AND {q.CUSTOMERS}"),
                Text(f"{BY_ZONE} customers", f"{BY_ZONE} pelanggan"),
            ),
        ],
        unit="suffix:m3",
        low=0,
        width=12,
        links=(zone_link("water"),),
        note=Text(
            "What the counters advanced in each interval; customers: only those whose meters report.",
            "Kenaikan penghitung tiap selang; pelanggan: hanya yang meternya melapor.",
        ),
    ),
)

QUALITY = (
    of_zones(
        Text("Turbidity, highest by zone", "Kekeruhan, tertinggi per zona"),
        *("water", "turbidity", 'max("max")'),
        unit="suffix:NTU",
        low=0,
        steps=((None, GREEN), (3, RED)),
    ),
    of_zones(
        Text("Free chlorine, lowest by zone", "Sisa klor, terendah per zona"),
        *("water", "chlorine", 'min("min")'),
        unit="suffix:mg/L",
        low=0,
        steps=((None, RED), (0.2, GREEN), (0.5, ORANGE)),
    ),
    timeseries(
        Text("pH, lowest and highest by zone", "pH, terendah dan tertinggi per zona"),
        [
            Ask(q.each("water", "ph", 'min("min")', q.ZONE), Text(f"{BY_ZONE} lowest", f"{BY_ZONE} terendah")),
            Ask(q.each("water", "ph", 'max("max")', q.ZONE), Text(f"{BY_ZONE} highest", f"{BY_ZONE} tertinggi")),
        ],
        unit="suffix:pH",
        steps=((None, RED), (6.5, GREEN), (8.5, RED)),
        links=(zone_link("water"),),
    ),
)

BOARD = board(
    "water",
    (
        (Text("Supply", "Pasokan"), SUPPLY),
        (Text("Quality", "Mutu air"), QUALITY),
    ),
)
