"""Thresholds of the waste analytics, in canonical units."""

from __future__ import annotations

from config.settings import Section


class WasteThresholds(Section):
    """What is watched in waste, and from where on an operator should know."""
