"""What is drawn from a feeder through a day, in the heat, and what roofs give back."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from simulators.base import Bound, Float64, bell, within

_AIR = 1.2
"""A low sun comes through more air: the exponent of its height in what reaches a panel."""


@lru_cache(maxsize=16)
def household_now(hour: float) -> Float64:
    """`household` at one hour, for the fleets that ask for the same one."""
    return household(hour)


def household(hour: Bound) -> Float64:
    """Load of homes as a share of its evening peak."""
    return 0.40 + 0.16 * bell(hour, 5.8, 1.3) + 0.12 * bell(hour, 13.0, 3.0) + 0.62 * bell(hour, 19.2, 2.0)


@lru_cache(maxsize=16)
def commerce_now(hour: float, rest: bool) -> Float64:
    """`commerce` at one hour, for the fleets that ask for the same one."""
    return commerce(hour, rest)


def commerce(hour: Bound, rest: bool = False) -> Float64:
    """Load of offices and shops as a share of their noon peak, roughly. rest: a weekend or holiday."""
    return 0.28 + (0.34 if rest else 0.62) * bell(hour, 12.7, 3.2)


def cooling(temperature: Bound) -> Float64:
    """How much more is drawn in the heat: air conditioning, from 28 degC in the shade."""
    return np.asarray(1.0 + 0.03 * np.maximum(np.asarray(temperature) - 28.0, 0.0))


def shine(sun: float, rain: Float64, haze: Bound) -> Float64:
    """Share of the installed power that panels give. sun: behind the clouds of the hour; haze: how much clearer (above
    0) or cloudier than that it is here."""
    overcast = np.minimum(rain / 4.0, 0.75)
    return np.asarray(sun**_AIR * within(0.9 - overcast + haze, 0.05, 1.0))
