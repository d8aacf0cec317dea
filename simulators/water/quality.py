"""Water quality in the network: chlorine that decays with age and warmth, and contamination on its way."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date

import numpy as np

from simulators.base import Float64, Place, Quantity, Wander, columns, within
from simulators.incidents import Event
from simulators.water.demand import WaterFleet
from simulators.weather import Weather
from simulators.zonal import uniforms

SPEED = 0.3
"""m/s at which a plume moves along the mains."""
_THINNED = 2.5
"""km in which a plume is thinned to a third."""
_DECAY = 0.12
"""Of free chlorine in the bulk at 20 degC, a day (Powell et al. 2000: 0.05 to 0.5 for treated water)."""
MURK, ACID = 9.0, 1.1
"""NTU and pH that a contamination of strength 1 adds and takes."""


class QualityStations(WaterFleet):
    """Turbidity, pH, free chlorine and temperature at points of the network. A contamination moves from the first
    station that its event names to the others of the zone, and is thinned on its way."""

    spreads = frozenset({"contamination"})

    def __init__(
        self,
        places: Sequence[Place],
        weather: Weather,
        seed: int,
        interval: int = 1000,
        holidays: Collection[date] = (),
    ) -> None:
        super().__init__(places, weather, seed, interval, holidays)
        size = len(self)
        self.age = 5.0 + 9.0 * uniforms(self.device_keys, 21)
        """Hours that the water is under way at the mean flow."""
        self._quality = np.clip(self.rng.normal(0.0, 1.0, (3, size)), -2.0, 2.0)
        self._drift = [Wander(self.rng, size, 1.0, 3 * 3600.0) for _ in range(3)]
        self._away: dict[Event, Float64] = {}
        self.quantities = (
            Quantity("turbidity", "NTU", 2, 0.0, 100.0, high=3.0),  # Permenkes 2/2023, as are the next two
            Quantity("ph", "", 2, 0.0, 14.0, low=6.5, high=8.5),
            Quantity("chlorine", "mg/L", 3, 0.0, 5.0, low=0.2, high=0.5),
            Quantity("temperature", "degC", 2, 0.0, 60.0, low=20.0, high=36.0),
        )

    def plume(self, now: int) -> Float64:
        """float64[devices]: how strong a contamination is where it has come to."""
        total = np.zeros(len(self))
        for event, here in self._events:
            if event.kind == "contamination" and now >= event.start:
                if event not in self._away:
                    self._away[event] = self.distance(event)
                away = self._away[event]
                times = now - 1e6 * away / SPEED
                level = [event.level(int(time)) if time >= event.start else 0.0 for time in times.tolist()]
                total = np.maximum(total, here * level * np.exp(-away / _THINNED))
        return total

    def physics(self, now: int, elapsed: float) -> Float64:
        size = len(self)
        murk, acid, dose = (within(drift.step(elapsed), -2.5, 2.5) for drift in self._drift)
        wet, plume = np.minimum(self.rain(now) / 20.0, 1.0), self.plume(now)
        warm = 27.0 + 0.25 * (self.weather.temperature(now) - 27.0)
        age = self.age / within(0.5 + 0.5 * self.share(now), 0.6, 2.0) / 24.0
        left = np.exp(-_DECAY * 1.1 ** (warm - 20.0) * age)
        turbidity = 0.75 + 0.08 * self._quality[0] + 0.10 * murk + 0.6 * wet + MURK * plume
        ph = 7.3 + 0.05 * self._quality[1] + 0.05 * acid - ACID * np.minimum(plume, 2.0)
        chlorine = (0.42 + 0.008 * self._quality[2] + 0.008 * dose) * left * np.exp(-3.0 * plume)
        turbidity *= 1.0 + self.rng.normal(0.0, 0.02, size)
        ph += self.rng.normal(0.0, 0.01, size)
        chlorine += self.rng.normal(0.0, 0.003, size)
        temperature = warm + 0.3 * self._quality[1] + self.rng.normal(0.0, 0.03, size)
        return columns(turbidity, ph, np.maximum(chlorine, 0.0), temperature)
