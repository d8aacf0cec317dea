"""Indicators: what a city reports of a day and of a month, to be added over zones, cities and time.

places.py        which zones and cities there are
cells.py         numerators and denominators of the open days, and of the months they belong to
completeness.py  from closed windows
water.py, energy.py, waste.py, disaster.py    from what the domains' rules know
alarms.py        from the incidents: EEMUA 191
"""

from processors.indicators.processor import IndicatorsProcessor

__all__ = ["IndicatorsProcessor"]
