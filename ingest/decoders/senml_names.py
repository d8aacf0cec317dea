"""SenML's names: which part of a resolved one is the sensor, and which says what is measured.

SenML knows one name per record and no quantities (RFC 8428, section 4.5.1), so the name is split:

- A device's identifier ends where its own syntax says: `urn:dev:…` (RFC 9039), UUIDs, EUIs and MACs,
  IPv6 addresses, an authority after `://`. What follows, after the last `:` or `/` (else the first
  `_`, by which RFC 9039 adds components), is the quantity.
- Any other name is split at its last `:` or `/`. A part that is all digits is still the sensor's.
- Else where base name and name meet ("pump-7_" and "flow").
- A name without any of these is not globally unique, as it must be, so it is the sender's own: the
  topic is the sensor, the name the quantity. So are LwM2M's paths (`/3303/0/5700`), of the sensor `device` in a
  payload that came without a topic.

`urn:dev:ow:10e2073a01080063:voltage` is sensor `urn:dev:ow:10e2073a01080063`, quantity `voltage`.

A name that is all identifier says nothing about what is measured, and several records at one time may
differ by nothing but the unit (RFC 8428, section 5.1.3): there the quantity is what the unit measures.
"""

from __future__ import annotations

import re
from ipaddress import AddressValueError, IPv6Address
from typing import Final

from ingest.decoders.documents import LONGEST_PATH, shown
from ingest.decoders.recent import LONGEST_REMEMBERED

MAX_NAMES: Final = 50_000
"""Names remembered; beyond that all are forgotten and learned anew."""

UNNAMED: Final = "device"
"""Whose LwM2M's paths are where no topic says it."""

Split = tuple[str, str | None]
"""Sensor and quantity; None where the unit must say it."""


class Names:
    """Resolved names, split once."""

    def __init__(self) -> None:
        self._packs: dict[tuple[str, str], dict[str, Split]] = {}
        self.number = 0

    def under(self, topic: str, base: str) -> dict[str, Split]:
        """The names known so far of one topic and base name; `split` adds to it."""
        found = self._packs.get((topic, base))
        if found is None:
            if len(topic) + len(base) > LONGEST_REMEMBERED:
                return {}  # many of these would fill the memory
            if len(self._packs) >= MAX_NAMES:
                self._forget()
            found = self._packs[topic, base] = {}
        return found

    def split(self, topic: str, base: str, name: str) -> Split:
        """Raises ValueError for a name that RFC 8428 does not allow."""
        found = self.under(topic, base).get(name)
        if found is None:
            found = split(topic, base, name)
            if len(name) > LONGEST_REMEMBERED:
                return found
            if self.number >= MAX_NAMES:
                self._forget()
            self.number += 1
            self.under(topic, base)[name] = found
        return found

    def _forget(self) -> None:
        self._packs.clear()
        self.number = 0


_LEGAL = re.compile(r"[A-Za-z0-9][A-Za-z0-9:./_-]*")
_LWM2M = re.compile(r"(?:/\d+){1,4}")
_IDENTIFIER = re.compile(
    r"urn:dev:[^:/_]+:[^:/_]+"
    r"|(?:urn:uuid:)?[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"
    r"|(?:[0-9a-f]{2}[:-]){5}(?:[0-9a-f]{2}[:-]){0,2}[0-9a-f]{2}(?![0-9a-z])"
    r"|[a-z][a-z0-9.-]*://[^/]+",
    re.IGNORECASE,
)


def split(topic: str, base: str, name: str) -> Split:
    """Sensor and quantity of `base` + `name`; raises ValueError, naming what is wrong with it."""
    whole = base + name
    if _LWM2M.fullmatch(whole):
        return topic or UNNAMED, whole[1:].replace("/", ".")
    if len(whole) > LONGEST_PATH or not _LEGAL.fullmatch(whole):
        raise ValueError(_fault(whole))
    head = _identifier(whole)
    if base and name and base[-1].isalnum() and len(base) == _identifier(base) < head:
        return base, name  # the separator was forgotten: "…01080063" and "voltage"
    last = max(whole.rfind(":", head), whole.rfind("/", head))
    if last < 0 and head:
        last = whole.find("_", head)
    if last >= 0:
        return _parted(whole, last)
    if head or not name:
        return whole, None
    if base:
        return base.rstrip("._-") or base, name
    return (topic, name) if topic else (name, None)


def _parted(whole: str, at: int) -> Split:
    sensor, quantity = whole[:at].rstrip(":/"), whole[at + 1 :]
    if not sensor or not quantity or quantity.isdigit():
        return whole.rstrip(":/_") or whole, None
    return sensor, quantity


def _identifier(name: str) -> int:
    """How many characters of `name` are an identifier of known syntax."""
    found = _IDENTIFIER.match(name)
    if found:
        return found.end()
    address = name.partition("/")[0]
    if address.count(":") > 1 and len(address) < 50:
        try:
            IPv6Address(address)
        except AddressValueError:
            return 0
        return len(address)
    return 0


def _fault(whole: str) -> str:
    if not whole:
        return "a record needs a name (n), or a base name (bn) before it"
    if len(whole) > LONGEST_PATH:
        return f"the name {shown(whole)!r} is of {len(whole)} characters; at most {LONGEST_PATH} are allowed"
    return (
        f"the name {shown(whole)!r} has a character that is not allowed; "
        "a name is of A to Z, a to z, 0 to 9 and - : . / _, and begins with a letter or digit"
    )
