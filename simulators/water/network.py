"""A zone's inlets, its far ends and its customers: one demand, one pressure, one burst for all of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from simulators.base import Float64, Place, Quantity, Wander, columns, within
from simulators.incidents import Event
from simulators.water.demand import WaterFleet
from simulators.water.hydraulics import drawn, headloss, settle
from simulators.weather import Weather
from simulators.zonal import Slots, normals, uniforms

ROLLOVER = 10_000_000.0
"""m3: a district meter of seven digits."""
CUSTOMER_ROLLOVER = 10_000.0
"""m3: a household meter of four digits."""
BURST = 4.0
"""A burst of strength 1 lets four times the mean flow go at the reference pressure."""
SEEP = 0.5
"""A slow leak of strength 1, full grown: half the mean flow."""
_REFILL = 2400.0
"""s in which the surge after a cut falls to a third: customers fill their tanks."""
_FROZEN = 0.32
"""Flow that a stuck valve lets through."""
_REACH = 0.7
"""km: how far away what a burst takes has fallen to a third."""
_RUN = 300_000
"""ms that a household's tank or tap runs at a time."""


@dataclass(frozen=True, slots=True)
class Inlet:
    """The state of each device's inlet. flow, leak: multiples of the mean; pressure: kPa.

    open: share of the pressure that a stuck valve and a cut leave to what is behind them.
    """

    demand: Float64
    flow: Float64
    leak: Float64
    pressure: Float64
    open: Float64


class NetworkFleet(WaterFleet):
    """Devices whose reading follows from the state of their zone's inlet."""

    spreads = frozenset({"burst-main", "slow-leak", "stuck-valve", "supply-cut"})

    def __init__(
        self,
        places: Sequence[Place],
        weather: Weather,
        seed: int,
        interval: int = 1000,
        holidays: Collection[date] = (),
    ) -> None:
        super().__init__(places, weather, seed, interval, holidays)
        self._near: dict[Event, Float64] = {}

    def near(self, event: Event) -> Float64:
        """float64[devices]: how much of an event is felt, 1 where it is, less farther away."""
        if event not in self._near:
            self._near[event] = 0.25 + 0.75 * np.exp(-self.distance(event) / _REACH)
        return self._near[event]

    def felt(self, kind: str, now: int) -> Float64:
        """float64[devices]: the strength of leaks of a kind at the inlet."""
        return self.strength(kind, now)

    def inlet(self, now: int, demand: Float64) -> Inlet:
        """Pressure and flow at the inlet for a `demand`, with the events of the zone."""
        cut, valve = (np.minimum(self.strength(kind, now), 1.0) for kind in ("supply-cut", "stuck-valve"))
        demand = demand * (1.0 + self.refill(now))
        burst, seep = BURST * self.felt("burst-main", now), SEEP * self.felt("slow-leak", now)
        head = self.head(now)
        flow, leak = demand, np.zeros(len(self))
        pressure = head - headloss(self.friction, demand)
        hit = np.flatnonzero((burst > 0) | (seep > 0) | (pressure < 150.0))
        if len(hit):
            found = settle(head[hit], self.friction[hit], demand[hit], burst[hit], seep[hit])
            flow = demand.copy()
            flow[hit], pressure[hit], leak[hit] = found
        throttled = flow + valve * (np.minimum(flow, _FROZEN) - flow)
        opened = (1.0 - cut) * (1.0 - 0.6 * valve)
        return Inlet(demand, throttled * (1.0 - cut), leak, pressure * opened, opened)

    def drop(self, now: int, inlet: Inlet) -> Float64:
        """kPa that leaks take on the way beyond what they take at the inlet."""
        total = np.zeros(len(self))
        for event, here in self._events:
            if event.kind in ("burst-main", "slow-leak") and event.level(now) > 0 and now >= event.start:
                total = np.maximum(total, here * self.near(event))
        return np.asarray(32.0 * total * inlet.leak)

    def refill(self, now: int) -> Float64:
        """float64[devices]: how much more is drawn after a cut, as a share of the demand."""
        surge = np.zeros(len(self))
        for event, here in self._events:
            if event.kind == "supply-cut" and now > event.end:
                after = (now - event.end) / 1000.0
                rise = min(after / 600.0, 1.0)
                surge = np.maximum(surge, here * min(event.strength, 1.0) * 0.8 * rise * np.exp(-after / _REFILL))
        return surge


class Meters(NetworkFleet):
    """Inlets of district metered areas. A burst adds a leak to the flow and takes pressure.

    Of a zone's inlets those feel a burst, a leak, a valve that an event names; all of them if it names none.
    """

    spreads = frozenset()

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
        self.base = self.rng.lognormal(np.log(18.0), 0.35, size)
        """Mean flow, L/s."""
        self._height = self.rng.normal(0.0, 4.0, size)
        self._own_mood = Wander(self.rng, size, 0.02, 2400.0)
        self.volume = self.rng.uniform(1e5, 9e6, size)
        near = np.arange(size) % 12 == 5  # some are about to pass their last digit
        self.volume[near] = ROLLOVER - self.rng.uniform(50.0, 1500.0, int(near.sum()))
        self.quantities = (
            Quantity("flow", "L/s", 2, 0.0, 500.0, high=2.9 * self.base),
            Quantity("pressure", "kPa", 1, 0.0, 1000.0, low=100.0, high=420.0),
            Quantity("volume", "m3", 3, 0.0, ROLLOVER, counter=True, modulus=ROLLOVER),
        )

    def felt(self, kind: str, now: int) -> Float64:
        """A leak is fed by the nearest inlet most."""
        total = np.zeros(len(self))
        for event, here in self._events:
            if event.kind == kind and now >= event.start and (level := event.level(now)) > 0:
                total = np.maximum(total, here * level * self.near(event))
        return total

    def physics(self, now: int, elapsed: float) -> Float64:
        size = len(self)
        share = np.maximum(self.share(now) * (1.0 + within(self._own_mood.step(elapsed), -0.06, 0.06)), 0.05)
        inlet = self.inlet(now, share)
        flow = self.base * inlet.flow
        self.volume = (self.volume + flow * elapsed / 1000.0) % ROLLOVER
        seen = flow * (1.0 + self.rng.normal(0.0, 0.008, size))
        pressure = inlet.pressure + self._height * inlet.open + self.rng.normal(0.0, 0.8, size)
        return columns(seen, pressure, np.floor(self.volume * 1000.0) / 1000.0)


class PressurePoints(NetworkFleet):
    """Loggers at the far ends: the inlet's pressure, less what the way there takes.

    A burst lowers all of a zone's points, the nearest most (see `distance`).
    """

    def __init__(
        self,
        places: Sequence[Place],
        weather: Weather,
        seed: int,
        interval: int = 1000,
        holidays: Collection[date] = (),
    ) -> None:
        super().__init__(places, weather, seed, interval, holidays)
        self.way = 14.0 + 14.0 * uniforms(self.device_keys, 11)
        """kPa lost from the inlet to here at the mean flow."""
        self._height = 8.0 * np.clip(normals(self.device_keys, 12), -2.0, 2.0)
        self.quantities = (Quantity("pressure", "kPa", 1, 0.0, 1000.0, low=80.0, high=420.0),)

    def physics(self, now: int, elapsed: float) -> Float64:
        inlet = self.inlet(now, self.share(now))
        inside = np.maximum(inlet.demand * inlet.open, 0.0)
        pressure = inlet.pressure - headloss(self.way, inside) + self._height * inlet.open - self.drop(now, inlet)
        pressure = np.maximum(pressure, 0.0) * (inlet.open > 0)
        return (pressure + self.rng.normal(0.0, 0.8, len(self)))[:, np.newaxis]


class Customers(NetworkFleet):
    """Household meters: taps and tanks that run for minutes, more often when the zone asks for more; less water when
    the pressure is low."""

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
        self.daily = np.clip(self.rng.lognormal(np.log(650.0), 0.45, size), 150.0, 2500.0)
        """L a day."""
        self._way = 14.0 + 14.0 * uniforms(self.device_keys, 11)
        self.volume = self.rng.uniform(10.0, 9000.0, size)
        near = np.arange(size) % 12 == 5
        self.volume[near] = CUSTOMER_ROLLOVER - self.rng.uniform(0.1, 3.0, int(near.sum()))
        self.rate = self.rng.uniform(0.09, 0.22, size)
        """L/s while it runs."""
        self._runs = Slots(self.device_keys, 13, _RUN)
        self.quantities = (
            Quantity("volume", "m3", 3, 0.0, CUSTOMER_ROLLOVER, counter=True, modulus=CUSTOMER_ROLLOVER),
            Quantity("flow", "L/s", 3, 0.0, 5.0, high=0.5),
        )

    def physics(self, now: int, elapsed: float) -> Float64:
        share = self.share(now)
        inlet = self.inlet(now, share)
        way = headloss(self._way, inlet.demand * inlet.open) + self.drop(now, inlet)
        supply = drawn(np.maximum(inlet.pressure - way, 0.0))
        running = within(self.daily / 86_400.0 * inlet.demand / self.rate, 0.0, 0.95)
        seconds, drawn_lots = self._runs.over(now - int(elapsed * 1000.0), now)
        litres = seconds @ (drawn_lots < running) * self.rate * supply
        self.volume = (self.volume + litres / 1000.0) % CUSTOMER_ROLLOVER
        flow = np.where(self._runs.at(now) < running, self.rate * supply, 0.0)
        flow = flow * (1.0 + self.rng.normal(0.0, 0.02, len(self)))
        return columns(np.floor(self.volume * 1000.0) / 1000.0, flow)
