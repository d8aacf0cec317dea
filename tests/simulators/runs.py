"""Small scenarios, and what a whole run of one yields."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from simulators.feed import GatewayState, RawMessage, Samples, join
from simulators.scenarios import Scenario, open_scenario
from simulators.scenarios.loader import read_scenario

START = 1_763_398_800_000  # 2025-11-18T00:00:00+07:00
MINUTE = 60_000
HOUR = 60 * MINUTE


def scenario(
    text: str = "",
    city: str = "{devices: 40, zones: 3, per_gateway: 8, mix: {Meters: 2, Bins: 2, AirStations: 1, Rivers: 1}}",
    duration: str = "3h",
) -> Scenario:
    """A quiet one, with more keys in `text`."""
    head = f"name: small\nstart: 2025-11-18T00:00:00+07:00\nduration: {duration}\ninterval: 60s\ncity: {city}\n"
    return read_scenario((head + text).encode(), "small.yaml")


@dataclass
class Run:
    """fleets: all messages of each by class name, in their order of arrival."""

    fleets: dict[str, Samples] = field(default_factory=dict)
    states: list[GatewayState] = field(default_factory=list)
    raw: list[RawMessage] = field(default_factory=list)
    steps: int = 0


def run(source: Scenario, seed: int = 1, steps: int | None = None) -> Run:
    """All of a scenario, or its first steps. Checks what holds for every step."""
    whole, before = Run(), source.start
    parts: dict[str, list[Samples]] = {}
    for step in open_scenario(source, seed):
        whole.steps += 1
        assert step.now == source.start + whole.steps * source.interval
        for samples in step.samples:
            assert len(samples) > 0
            assert samples.arrival.min() > before - 1
            assert samples.arrival.max() <= step.now
            assert (np.diff(samples.arrival) >= 0).all()
            parts.setdefault(type(samples.fleet).__name__, []).append(samples)
        whole.states += step.states
        whole.raw += step.raw
        before = step.now
        if whole.steps == steps:
            break
    whole.fleets = {name: join(some) for name, some in parts.items()}
    return whole


def same(one: Samples, other: Samples) -> bool:
    """Bit for bit."""
    return all(
        getattr(one, name).tobytes() == getattr(other, name).tobytes()
        for name in ("device", "time", "arrival", "values")
    )


def of(samples: Samples, devices: Any) -> Samples:
    """The messages of some devices, by name; in order."""
    names = np.array([place.device for place in samples.fleet.places])[samples.device]
    rows = np.isin(names, list(devices))
    return Samples(samples.fleet, samples.device[rows], samples.time[rows], samples.arrival[rows], samples.values[rows])
