"""Water: a district network whose meters, pressure points, tanks, pumps, stations and customers agree.

demand.py       what a zone asks for through a day, a week, in heat and rain
hydraulics.py   pressure against flow, leaks through orifices, supply at low pressure
network.py      Meters, PressurePoints, Customers
storage.py      Reservoirs, Pumps
quality.py      QualityStations
"""

from simulators.water.demand import demand
from simulators.water.network import Customers, Meters, PressurePoints
from simulators.water.quality import QualityStations
from simulators.water.storage import Pumps, Reservoirs

__all__ = ["Customers", "Meters", "PressurePoints", "Pumps", "QualityStations", "Reservoirs", "demand"]
