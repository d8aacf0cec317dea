"""Energy analytics: what a grid's meters say together.

grid.py         who is who, thresholds, words
tenminutes.py   means of ten minutes (EN 50160), for voltage.py, unbalance.py and overload.py
sags.py         sags, swells, interruptions (IEEE 1159), of fast meters
frequency.py    the grid's frequency
outage.py       loss of supply; reliability.py: SAIDI, SAIFI, CAIDI
overload.py     overload and load factor
meters.py       energy counters, for consumption.py and tamper.py
"""

from __future__ import annotations

from typing import Final

from config.thresholds import Thresholds
from processors import texts
from processors.domains.base import Domain
from processors.domains.energy.consumption import Consumption
from processors.domains.energy.frequency import Frequency
from processors.domains.energy.grid import QUANTITIES, Grid
from processors.domains.energy.meters import Meters
from processors.domains.energy.outage import Outages
from processors.domains.energy.overload import Overload
from processors.domains.energy.sags import Sags
from processors.domains.energy.tamper import Tamper
from processors.domains.energy.tenminutes import TenMinutes, length_of
from processors.domains.energy.unbalance import Unbalance
from processors.domains.energy.voltage import Voltage
from processors.domains.roster import Roster
from telemetry.sensors import SensorTable
from telemetry.series import SeriesTable

INSTEAD: Final = {"limit": tuple(name for name in QUANTITIES if name != "energy"), "unusual": QUANTITIES}
"""Of these the detector's signals are left out: means are judged instead of moments, days and homes beside each other
instead of hours, and the one frequency of the grid instead of one in each zone. A load that is unusual and neither
too much nor gone is no incident: a cloud over the solar roofs of a quarter does that."""

__all__ = ["EnergyAnalytics"]


def EnergyAnalytics(  # noqa: N802  (stands beside the other domains' in the wiring)
    table: SeriesTable,
    sensors: SensorTable,
    thresholds: Thresholds,
    shortest: int = 60_000,
    language: texts.Language = "id",
    timezone: str = "Asia/Jakarta",
) -> Domain:
    """The processor "domains.energy". shortest: of the windows, ms; timezone: the city's."""
    grid = Grid(Roster(table, "energy", QUANTITIES), sensors, thresholds, language, timezone)
    outages = Outages(grid)
    length = length_of(grid, shortest)
    overload = Overload(grid, outages, length)
    voltage, consumption = Voltage(grid, length), Consumption(grid)
    means = TenMinutes(grid, (voltage, overload), shortest)
    meters = Meters(grid, (consumption,))
    rules = (
        *(outages, Sags(grid), Frequency(grid), means, voltage, overload),
        *(Unbalance(grid, means), meters, consumption, Tamper(grid, meters, outages)),
    )
    return Domain(grid.roster, rules, shortest, INSTEAD)
