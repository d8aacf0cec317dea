"""Thresholds of the water analytics, in canonical units."""

from __future__ import annotations

from config.settings import Section


class WaterThresholds(Section):
    """What is watched in water, and from where on an operator should know."""
