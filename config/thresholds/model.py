"""The tree of thresholds, and what holds at one site."""

from __future__ import annotations

from collections.abc import Mapping
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
    _resolved: dict[tuple[str, ...], SiteThresholds] = PrivateAttr(default_factory=dict)

    def at(self, city: str, zone: str, device: str | None = None) -> SiteThresholds:
        """What holds for a zone or a device: the same object for all for which the same sites hold."""
        if not self.sites:
            return self
        place = f"{city}/{zone}"
        names = (place,) if device is None else (place, f"{place}/{device}")
        over = tuple(name for name in names if name in self.sites)
        if not over:
            return self
        if over not in self._resolved:
            self._resolved[over] = self._resolve(over)
        return self._resolved[over]

    def _resolve(self, names: tuple[str, ...]) -> SiteThresholds:
        tree: dict[str, Any] = self.model_dump(exclude={"sites"})
        for name in names:
            tree = merged(tree, self.sites[name])
        return SiteThresholds.model_validate(tree)


def merged(below: Tree, above: Tree) -> dict[str, Any]:
    """`below` with the leaves of `above` over it; neither is changed."""
    tree = dict(below)
    for key, value in above.items():
        inner = tree.get(key)
        tree[key] = merged(inner, value) if isinstance(inner, Mapping) and isinstance(value, Mapping) else value
    return tree
