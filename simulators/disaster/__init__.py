"""Disaster: rivers, rain gauges, slopes, the air, the sea and the ground."""

from simulators.disaster.air import AirStations
from simulators.disaster.rain import RainGauges
from simulators.disaster.rivers import CILIWUNG, Reach, Rivers
from simulators.disaster.seismometers import Seismometers
from simulators.disaster.slopes import Slopes
from simulators.disaster.tides import Tides

__all__ = ["CILIWUNG", "AirStations", "RainGauges", "Reach", "Rivers", "Seismometers", "Slopes", "Tides"]
