"""When the occurrences of an event or fault begin, and how long each lasts."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from simulators.scenarios.schema import Happening, Scenario

DAY = 86_400_000
_LEAST = 1_000


def occurrences(spec: Happening, scenario: Scenario, rng: np.random.Generator) -> Iterator[tuple[int, int]]:
    """(start, end) of each, ms UTC, in the order in which they are written down. Random ones draw from `rng`.

    Lasting past the scenario's end is allowed; beginning there is not, and is left out of a repeat.
    """
    for start in _starts(spec, scenario, rng):
        shortest, longest = spec.duration
        lasts = shortest if shortest == longest else int(rng.integers(shortest, longest + 1))
        if start < scenario.end:
            yield start, start + max(lasts, _LEAST)


def _starts(spec: Happening, scenario: Scenario, rng: np.random.Generator) -> Iterator[int]:
    if spec.random is not None:
        first, last = window(spec, scenario)
        count = max(1, round(spec.random.per_day * (last - first) / DAY))
        edges = np.linspace(first, last, count + 1)
        drawn = edges[:-1] + rng.random(count) * np.diff(edges)
        yield from (scenario.start + (drawn // 1000).astype(np.int64) * 1000).tolist()
        return
    for moment in spec.at or ():
        begin = scenario.start + moment.after(scenario.start)
        times, every = (spec.repeat.times, spec.repeat.every) if spec.repeat else (1, 0)
        yield from (begin + number * every for number in range(times))


def window(spec: Happening, scenario: Scenario) -> tuple[int, int]:
    """ms after the start between which random ones begin."""
    assert spec.random is not None
    until = spec.random.until
    return spec.random.after, scenario.duration - spec.duration[1] if until is None else until


def between(bounds: tuple[float, float], rng: np.random.Generator) -> float:
    """A number of a range, to three decimals; none is drawn for a range without width."""
    least, most = bounds
    return least if least == most else round(float(rng.uniform(least, most)), 3)
