"""Thresholds of the disaster analytics, in canonical units."""

from __future__ import annotations

from config.settings import Section


class DisasterThresholds(Section):
    """What is watched in disaster, and from where on an operator should know."""
