"""Names of cities, zones, devices, quantities and gateways: what the contract allows."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

MAX_NAME = 128
"""Bytes of UTF-8."""
MAX_TOPIC: Final = 65_535
"""Bytes of UTF-8 that MQTT has room for."""
UNSENDABLE: Final = "\x00-\x1f\x7f-\x9f\ufdd0-\ufdef" + "".join(
    chr(plane << 16 | last) for plane in range(17) for last in (0xFFFE, 0xFFFF)
)
"""Control characters and Unicode's non-characters, to stand in a class of a pattern: MQTT lets a broker close the
connection over one of them (1.5.4), and Mosquitto does."""
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What a spreadsheet may take for the beginning of a formula (OWASP, CSV injection): the last four are full-width."""
_UNSENDABLE: Final = re.compile(f"[{UNSENDABLE}]")


def publishable(topic: str) -> bool:
    """Whether a broker takes a message on `topic`, whatever somebody chose of it."""
    if not topic or "+" in topic or "#" in topic or _UNSENDABLE.search(topic):
        return False
    try:
        return len(topic.encode()) <= MAX_TOPIC
    except UnicodeEncodeError:
        return False


def name_fault(name: str) -> str | None:
    """Why `name` can't be that of a city, zone, device, quantity or gateway; None if it can."""
    if name.isascii() and name.isprintable() and 0 < len(name) <= MAX_NAME:
        return None if name[-1] != "\\" and not name.isspace() else f"{name!r} is blank or ends with a backslash"
    try:
        size = len(name.encode())
    except UnicodeEncodeError:
        return "not valid UTF-8"
    if not name or name.isspace():
        return "a blank name"
    if size > MAX_NAME:
        return f"a name of {size} bytes; at most {MAX_NAME} are allowed"
    if name[-1] == "\\":
        return f"{name!r} ends with a backslash"
    if found := _UNSENDABLE.search(name):
        kind = "control character" if unicodedata.category(found[0]) == "Cc" else "non-character of Unicode"
        return f"{name!r} has a {kind}"
    if not unicodedata.is_normalized("NFC", name):
        return f"{name!r} is not in Unicode's normal form NFC"
    return None


def cell(name: str) -> str:
    """A name as a cell of CSV. With an apostrophe before it where a spreadsheet would take it for a formula, and where
    it begins with one itself: so a program that takes one apostrophe off has the name again."""
    return f"'{name}" if name.startswith((*FORMULA, "'")) else name
