"""Energy: a low-voltage grid from the feeder to the meter, on one frequency.

load.py        the shapes of homes and shops, air conditioning, sun on roofs
grid.py        frequency, sags, outages and what comes back after them
feeders.py     Feeders, Transformers
customers.py   Households, Solar
"""

from simulators.energy.customers import Households, Solar
from simulators.energy.feeders import Feeders, Transformers
from simulators.energy.load import commerce, household

__all__ = ["Feeders", "Households", "Solar", "Transformers", "commerce", "household"]
