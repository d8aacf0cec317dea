"""nadi's names in places that allow fewer letters.

Names are free text. A letter that a standard does not allow is written as `_` and the two hexadecimal digits of
each of its bytes in UTF-8, and so is a `_` that would read as such. So no two names become one, and they can be
told back.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from telemetry.names import UNSENDABLE
from telemetry.series import Identity

ROOT: Final = "nadi"
_READS_AS_ESCAPE: Final = r"_(?=[0-9A-F]{2})"
_NOT_SENML: Final = re.compile(rf"{_READS_AS_ESCAPE}|[^A-Za-z0-9._-]")
"""RFC 8428, section 4.5.1, but for `:` and `/`, which stand between names."""
_NOT_ATTRIBUTE: Final = re.compile(rf"{_READS_AS_ESCAPE}|[^A-Za-z0-9_]")
"""ETSI GS CIM 009, clause 4.6.2."""
_MEMBERS: Final = frozenset(("id", "type", "scope"))
_PREFIX: Final = "q_"
_NOT_URN: Final = re.compile(rf"{_READS_AS_ESCAPE}|[^A-Za-z0-9._~-]")
_NOT_LEVEL: Final = re.compile(rf"{_READS_AS_ESCAPE}|[+#/${UNSENDABLE}]")
"""MQTT 5, sections 4.7 and 1.5.4: what can't stand in a level of a topic."""
_ESCAPE: Final = re.compile(rb"_([0-9A-F]{2})")


def _escaped(found: re.Match[str]) -> str:
    return "".join(f"_{byte:02X}" for byte in found[0].encode())


def plain(text: str) -> str:
    """A name back from what was made of it."""
    return _ESCAPE.sub(lambda found: bytes.fromhex(found[1].decode()), text.encode()).decode("utf-8", "replace")


@lru_cache(maxsize=65_536)
def senml(identity: Identity, statistic: str = "") -> str:
    """`nadi/3578/water/Genteng/meter-07/flow`, or `…/flow.1m.mean`."""
    path = "/".join(_NOT_SENML.sub(_escaped, name) for name in identity)
    return f"{ROOT}/{path}.{statistic}" if statistic else f"{ROOT}/{path}"


@lru_cache(maxsize=65_536)
def urn(kind: str, *names: str) -> str:
    """`urn:ngsi-ld:Device:3578:water:Genteng:meter-07`."""
    return ":".join(("urn:ngsi-ld", kind, *(_NOT_URN.sub(_escaped, name) for name in names)))


@lru_cache(maxsize=4_096)
def attribute(quantity: str) -> str:
    """A name that begins with a letter and is none of an entity's own members."""
    name = _NOT_ATTRIBUTE.sub(_escaped, quantity)
    plain_enough = name[:1].isalpha() and name not in _MEMBERS and not name.startswith(_PREFIX)
    return name if plain_enough else _PREFIX + name


@lru_cache(maxsize=65_536)
def topic(*levels: str) -> str:
    """Levels of a topic, joined."""
    return "/".join(_NOT_LEVEL.sub(_escaped, level) for level in levels)
