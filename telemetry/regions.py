"""Which province a city is in, by the codes of Indonesia's Ministry of Home Affairs (Kemendagri)."""

from __future__ import annotations

import re
from typing import Final

_REGENCY: Final = re.compile(r"(\d{2})\.?\d{2}")


def province_of(city: str) -> str | None:
    """The first two digits of a regency's or city's code ("3578" or "35.78": "35"); None for any other name."""
    found = _REGENCY.fullmatch(city)
    return found[1] if found else None
