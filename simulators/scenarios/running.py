"""A scenario that runs: its city, its truth, and its steps.

    running = open_scenario("scenarios/burst-main.yaml", seed=1)
    for step in running:
        step.samples, step.states, step.raw
    running.truth()

Each is run once; open it again to run it again. The same scenario and seed give the same bytes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import Path

from simulators.base import Fleet
from simulators.build import Layout, build, plan, regions
from simulators.city import City, CityClock
from simulators.faults.apply import Faults
from simulators.faults.base import Case
from simulators.faults.table import truth_of_fault
from simulators.feed import Step
from simulators.incidents import Event
from simulators.scenarios.befall import expand_faults
from simulators.scenarios.happen import expand_events
from simulators.scenarios.held import Held, merge
from simulators.scenarios.loader import find_scenario, load_scenario
from simulators.scenarios.sampling import Sampler
from simulators.scenarios.schema import Scenario
from simulators.truth import Truth, truth_of
from simulators.weather import DRY, WET, Weather
from telemetry.sensors import Sensor

_CLIMATES = {"wet": WET, "dry": DRY}


def layout_of(scenario: Scenario, seed: int) -> Layout:
    """Which devices the scenario's city has with this seed."""
    city = scenario.city
    return plan(city.devices, seed, city.mix, city.zones, city.per_gateway, city.code)


class Running:
    """A scenario with one of its seeds. Times are the city's clock, ms UTC, in truth and samples alike."""

    def __init__(self, scenario: Scenario, seed: int) -> None:
        self.scenario = scenario
        self.seed = seed
        self.layout = layout_of(scenario, seed)
        weather = Weather(seed, regions(self.layout), climate=_CLIMATES[scenario.weather.season])
        self.city: City = build(self.layout, weather, seed, scenario.interval_of)
        self.events: list[Event] = expand_events(scenario, self.layout, self.city, seed)
        self.city.inject(*self.events)
        faults = expand_faults(scenario, self.layout, seed)
        self.faults: list[Case] = [case for case, _ in faults]
        self._faults = Faults(faults, self.city.fleets)
        self._begun = False

    @property
    def steps(self) -> int:
        """How many steps measure; what is still under way after the last comes in further ones."""
        return -(-self.scenario.duration // self.scenario.interval)

    def catalogue(self, speed: float = 1.0) -> Iterator[Sensor]:
        """A sensor for each device and quantity. speed: at which the readings are played."""
        for sensor in self.city.catalogue():
            yield sensor if speed == 1.0 else replace(sensor, interval=max(1, round(sensor.interval / speed)))

    def truth(self) -> list[Truth]:
        """What happens, in the city and to its sensors, by its start."""
        clock = CityClock(0, 0)
        records = [truth_of(event, clock) for event in self.events]
        records += [truth_of_fault(case) for case in self.faults]
        return sorted(records, key=lambda record: record.start)

    def __iter__(self) -> Iterator[Step]:
        return self.only(self.city.fleets)

    def only(self, fleets: Collection[Fleet]) -> Iterator[Step]:
        """The steps with the messages of some fleets: the same bytes as in a run of all."""
        if self._begun:
            raise RuntimeError("a running scenario is run once; open it again")
        self._begun = True
        return self._run(fleets)

    def _run(self, fleets: Collection[Fleet]) -> Iterator[Step]:
        scenario = self.scenario
        samplers = [
            (number, Sampler(fleet, fleet.interval, scenario.start, (self.seed, 7, number)))
            for number, fleet in enumerate(self.city.fleets)
            if fleet in fleets
        ]
        held, faults = Held(), self._faults
        number = 0
        while number < self.steps or held or faults.waiting:
            number += 1
            now = scenario.start + number * scenario.interval
            waiting = held.release(now) if held else {}
            arrived = []
            for index, sampler in samplers:
                fresh = sampler.until(min(now, scenario.end))
                if fresh is not None:
                    faulty = faults.apply(index, fresh)
                    if (
                        faulty is not fresh or not len(fresh) or fresh.arrival[-1] > now
                    ):  # else it is whole and in order
                        fresh = held.pass_through(index, faulty, now)
                released = waiting.get(index)
                if released:
                    arrived.append(merge(released, fresh))
                elif fresh is not None:
                    arrived.append(fresh)
            yield Step(now, arrived, faults.states_until(now), faults.raw_until(now))


def open_scenario(source: Path | str | Scenario, seed: int | None = None) -> Running:
    """A scenario by file, by the name of a shipped one, or itself. seed: none means its first.

    Raises SettingsError, which names everything that is wrong with it.
    """
    scenario = source if isinstance(source, Scenario) else load_scenario(find_scenario(source))
    return Running(scenario, scenario.seeds[0] if seed is None else seed)
