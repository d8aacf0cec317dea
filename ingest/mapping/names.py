"""Other people's names made fit for nadi, so that no two of them become one.

In a name of a level (city, zone, device, gateway) `/` becomes `|`: `plant/line-1` is `plant|line-1`. `+`, `#`,
control characters, non-characters of Unicode, a backslash at the end, and a `|` that was there already, are
written as in URLs (`%2B`), and so is a `%` that could be taken for one of these. Names of more than 128 bytes
keep their beginning and 8 digits of a hash, after a `~`; those of more than 2,048 characters are refused. All are
brought to Unicode's form NFC, in which texts that look the same are the same.
Quantities may hold `/`, `+`, `#` and `|`.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from typing import Final

from ingest.decoders.base import MAX_NAME as MAX_SENT
from telemetry.names import MAX_NAME, UNSENDABLE, name_fault

_IN_LEVELS: Final = re.compile(rf"[{UNSENDABLE}/+#|]|%(?=[0-9A-Fa-f]{{2}})|\\\Z")
_IN_QUANTITIES: Final = re.compile(rf"[{UNSENDABLE}]|%(?=[0-9A-Fa-f]{{2}})|\\\Z")
_HASHED: Final = 9
"""Bytes that `~` and the hash take."""


class NameFault(ValueError):
    """A name that nothing can be made of."""


def level_name(name: str) -> str:
    """`name` as a city, zone, device or gateway. Raises NameFault: blank, or not Unicode."""
    return _safe(name, _IN_LEVELS)


def quantity_name(name: str) -> str:
    """`name` as a quantity. Raises NameFault: blank, or not Unicode."""
    return _safe(name, _IN_QUANTITIES)


def _safe(name: str, unfit: re.Pattern[str]) -> str:
    if len(name) > MAX_SENT:
        raise NameFault(f"a name of {len(name)} characters; at most {MAX_SENT} are read")
    try:
        name.encode()
    except UnicodeEncodeError:
        raise NameFault("a name that is not valid UTF-8") from None
    text = unicodedata.normalize("NFC", name)
    if not text or text.isspace():
        raise NameFault("a blank name")
    text = unfit.sub(_escaped, text)
    if len(text.encode()) > MAX_NAME:
        digest = hashlib.blake2b(text.encode(), digest_size=4).hexdigest()
        text = text.encode()[: MAX_NAME - _HASHED].decode(errors="ignore") + "~" + digest
    if fault := name_fault(text):
        raise NameFault(fault)
    return text


def _escaped(found: re.Match[str]) -> str:
    return "|" if found[0] == "/" else "".join(f"%{byte:02X}" for byte in found[0].encode())
