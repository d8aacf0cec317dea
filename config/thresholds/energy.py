"""Thresholds of the energy analytics, in canonical units."""

from __future__ import annotations

from config.settings import Section


class EnergyThresholds(Section):
    """What is watched in energy, and from where on an operator should know."""
