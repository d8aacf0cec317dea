"""Thresholds of one section that can't hold together: refused, for the rule would be silent or come and go."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from config.settings import Section


def below(section: Section, lower: str, upper: str) -> None:
    """Raises ValueError unless the one key lies below the other."""
    if not getattr(section, lower) < getattr(section, upper):
        raise ValueError(f"{lower} must lie below {upper}")


def not_above(section: Section, lower: str, upper: str) -> None:
    """Raises ValueError where the one key lies above the other."""
    if getattr(section, lower) > getattr(section, upper):
        raise ValueError(f"{lower} must not lie above {upper}")


def rising(section: Section, key: str) -> None:
    """Raises ValueError unless a list rises from each value to the next."""
    values: Sequence[float] = getattr(section, key)
    if not all(one < other for one, other in pairwise(values)):
        raise ValueError(f"{key} must rise from each value to the next")
