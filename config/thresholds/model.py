"""The tree of thresholds, and what holds at one site."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from pydantic import Field, PrivateAttr

from config.settings import Section
from config.thresholds.disaster import DisasterThresholds
from config.thresholds.energy import EnergyThresholds
from config.thresholds.waste import WasteThresholds
from config.thresholds.water import WaterThresholds

Tree = Mapping[str, Any]


class SiteThresholds(Section):
    """All four domains, as they hold at one site."""

    water: WaterThresholds = Field(default_factory=WaterThresholds)
    energy: EnergyThresholds = Field(default_factory=EnergyThresholds)
    waste: WasteThresholds = Field(default_factory=WasteThresholds)
    disaster: DisasterThresholds = Field(default_factory=DisasterThresholds)


class Thresholds(SiteThresholds):
    """The city's thresholds; `sites` names what differs, by `city/zone` or `city/zone/device`.

    A site's values lie over its zone's, and these over the city's.
    """

    sites: dict[str, dict[str, Any]] = Field(default_factory=dict)
    _at: Any = PrivateAttr(default=None)

    def at(self, city: str, zone: str, device: str | None = None) -> SiteThresholds:
        """What holds for a zone or a device. Cached: the same object for the same site."""
        if not self.sites:
            return self
        if self._at is None:
            self._at = cache(self._resolve)
        resolved: SiteThresholds = self._at(city, zone, device)
        return resolved

    def _resolve(self, city: str, zone: str, device: str | None) -> SiteThresholds:
        names = [f"{city}/{zone}", *([f"{city}/{zone}/{device}"] if device is not None else [])]
        over = [self.sites[name] for name in names if name in self.sites]
        if not over:
            return self
        tree: dict[str, Any] = self.model_dump(exclude={"sites"})
        for site in over:
            tree = merged(tree, site)
        return SiteThresholds.model_validate(tree)


def merged(below: Tree, above: Tree) -> dict[str, Any]:
    """`below` with the leaves of `above` over it; neither is changed."""
    tree = dict(below)
    for key, value in above.items():
        inner = tree.get(key)
        tree[key] = merged(inner, value) if isinstance(inner, Mapping) and isinstance(value, Mapping) else value
    return tree
