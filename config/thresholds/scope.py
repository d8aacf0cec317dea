"""How near a threshold may be set: for the city, for a zone, or for one device."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Final, Literal

from config.settings import Section

Scope = Literal["city", "zone", "device"]
REST: Final = "*"
"""All keys of a section that are not named themselves."""
DEPTHS: Final[Mapping[Scope, int]] = {"city": 0, "zone": 2, "device": 3}
"""The most parts that the name of a site (`city/zone/device`) may have for a key of each scope."""


class Scoped(Section):
    """A section whose rule does not judge each device by itself. scopes: by key, or REST; "device" where not named."""

    scopes: ClassVar[Mapping[str, Scope]] = {}


def scope_of(section: type[Section], key: str) -> Scope:
    """The nearest place for which a key of a section can be set."""
    scopes = section.scopes if issubclass(section, Scoped) else {}
    return scopes.get(key, scopes.get(REST, "device"))
