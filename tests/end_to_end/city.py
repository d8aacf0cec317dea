"""A city's traffic with everything that goes wrong in it, and the truth of what must come out."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np

QUANTITIES = {
    "water": ("flow", "pressure"),
    "energy": ("power", "energy"),
    "waste": ("fill",),
    "disaster": ("river_level",),
}


@dataclass(slots=True)
class Message:
    topic: str
    payload: bytes


@dataclass(slots=True)
class City:
    """Messages in sending order; `truth` maps (domain, device, quantity) to {time: value}."""

    messages: list[Message] = field(default_factory=list)
    truth: dict[tuple[str, str, str], dict[int, float]] = field(default_factory=lambda: defaultdict(dict))
    garbage: int = 0
    repeats: int = 0

    @property
    def distinct(self) -> int:
        return sum(map(len, self.truth.values()))


def city(devices: int, steps: int, start: int, step_ms: int = 500, seed: int = 1, name: str = "3578") -> City:
    """Each of `devices` sends every `step_ms` from `start` (ms) on: 2 % late by 8 to 20 s, 2 %
    sent twice, 1 % garbage."""
    rng = np.random.default_rng(seed)
    made = City()
    due: list[tuple[float, int, Message]] = []
    domains = list(QUANTITIES)
    for step in range(steps):
        for device in range(devices):
            domain = domains[device % len(domains)]
            when = start + step * step_ms + device % step_ms
            values = {
                quantity: round(
                    1e4 * (quantity == "energy") + step * (quantity == "energy") + float(rng.normal(50, 9)), 3
                )
                for quantity in QUANTITIES[domain]
            }
            topic = f"nadi/v1/{name}/{domain}/zone {device % 3}/dev={device},x"
            for quantity, value in values.items():
                made.truth[domain, f"dev={device},x", quantity][when] = value
            message = Message(topic, json.dumps({"ts": when, "values": values}).encode())
            luck = rng.random()
            delay = float(rng.uniform(8_000, 20_000)) if luck < 0.02 else 0.0
            due.append((when + delay, len(due), message))
            if 0.02 <= luck < 0.04:
                due.append((when + float(rng.uniform(0, 5_000)), len(due), message))
                made.repeats += len(values)
            if 0.04 <= luck < 0.05:
                due.append((float(when), len(due), Message(topic, b'{"ts": 1, "values": {"flow":')))
                made.garbage += 1
    made.messages = [message for _, _, message in sorted(due, key=lambda item: item[:2])]
    return made


def expected_windows(made: City, length: int) -> dict[tuple[str, str, str, int], dict[str, float]]:
    """numpy's statistics of every window of `length` (ms), by (domain, device, quantity, start)."""
    windows = {}
    for key, readings in made.truth.items():
        times = np.array(sorted(readings))
        values = np.array([readings[time] for time in times.tolist()])
        for start in np.unique(times // length * length).tolist():
            inside = values[(times >= start) & (times < start + length)]
            p50, p95 = np.percentile(inside, [50, 95])
            windows[*key, start] = {
                "count": len(inside),
                "mean": inside.mean(),
                "min": inside.min(),
                "max": inside.max(),
                "std": inside.std(),
                "first": inside[0],
                "last": inside[-1],
                "p50": p50,
                "p95": p95,
            }
    return windows
