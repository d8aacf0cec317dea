"""Pressure against flow, leaks and supply at low pressure, for many inlets at once.

Flows are multiples of each inlet's mean flow, pressures kPa.
"""

from __future__ import annotations

import numpy as np

from simulators.base import Bound, Float64, within

EXPONENT = 1.852
"""Of flow in the headloss of Hazen and Williams."""
REFERENCE = 300.0
"""kPa at which a leak's size is given."""
_REQUIRED = 100.0
"""kPa from which customers draw all that they ask for."""
_HALVINGS = 12


def headloss(friction: Bound, flow: Float64) -> Float64:
    """kPa lost, where `friction` is lost at the mean flow."""
    return np.asarray(friction * np.maximum(flow, 0.0) ** EXPONENT)


def drawn(pressure: Float64) -> Float64:
    """Share of the demand that is met (Wagner et al. 1988): a square root below the required pressure."""
    return np.asarray(np.sqrt(within(pressure / _REQUIRED, 0.0, 1.0)))


def leakage(size: Float64, pressure: Float64, exponent: float) -> Float64:
    """Flow through a leak that lets `size` go at the reference: N1 0.5 for a burst, up to 1.5 for seeping (FAVAD)."""
    return np.asarray(size * (np.maximum(pressure, 0.0) / REFERENCE) ** exponent)


def settle(
    head: Float64, friction: Float64, demand: Float64, burst: Float64, seep: Float64
) -> tuple[Float64, Float64, Float64]:
    """(flow, pressure, leak) at inlets where demand and leaks lower the pressure that drives them.

    head: kPa without flow; burst, seep: the leaks' sizes at the reference, with exponents 0.5 and 1. Found by
    halving: the pressure that flow leaves falls as the pressure that is assumed rises.
    """
    low, high = np.zeros_like(head), head.copy()
    for _ in range(_HALVINGS):
        pressure = 0.5 * (low + high)
        leak = leakage(burst, pressure, 0.5) + leakage(seep, pressure, 1.0)
        left = head - headloss(friction, demand * drawn(pressure) + leak)
        low, high = np.where(left > pressure, pressure, low), np.where(left > pressure, high, pressure)
    pressure = 0.5 * (low + high)
    leak = leakage(burst, pressure, 0.5) + leakage(seep, pressure, 1.0)
    return demand * drawn(pressure) + leak, pressure, leak
