"""Ten wells of your own: PYTHONPATH=. .venv/bin/python docs/examples/own_device.py mqtt://localhost:1883"""

import sys

from simulators.base import Fleet, Place, Quantity
from simulators.publisher import play
from simulators.weather import Weather


class Wells(Fleet):
    domain = "water"
    quantities = (Quantity("level", "m", decimals=2, min=0, max=40, low=2, high=35),)

    def physics(self, now, elapsed):
        return 20 - 4 * self.weather.sun(now) + self.rng.normal(0, 0.05, (len(self), 1))


places = [Place("3578", "Gubeng", f"well-{n}", -7.26, 112.75, "gw-wells") for n in range(10)]
play(sys.argv[1], Wells(places, Weather(seed=1, regions=((-7.26, 112.75),)), seed=1))
