"""Thresholds of the domain analytics: each a setting with a sourced default, per site where it depends on it."""

from config.thresholds.loader import load_thresholds
from config.thresholds.model import Thresholds

__all__ = ["Thresholds", "load_thresholds"]
