"""What channels of alerts need, by their means."""

from __future__ import annotations

import re
from email.errors import InvalidHeaderDefect, MessageError
from email.headerregistry import HeaderRegistry
from typing import Any, Final
from urllib.parse import urlsplit

from config.problems import Key, shown
from config.settings import AlertSettings, Settings
from config.values import Contradiction, Found, check_authorities, check_readable, check_writable
from telemetry.durations import parse_hours

CAP_KINDS: Final = frozenset(
    {"river-stage", "flood-warning", "heavy-rain", "tide", "quake", "landslide", "air-quality"}
)
"""Incidents that are published as warnings: disasters, not the faults of the sensors that watch for them."""
_HERE: Final = frozenset({"localhost", "127.0.0.1", "::1"})


def alerts(settings: Settings) -> Found:
    names: set[str] = set()
    for number, channel in enumerate(settings.alerts):
        key = ("alerts", number)
        if channel.name in names:
            yield Contradiction((*key, "name"), f"{shown(channel.name)} is given twice")
        names.add(channel.name)
        for needed in _NEEDED_BY.get(channel.type, ()):
            if not getattr(channel, needed):
                yield Contradiction((*key, needed), f"is required by {channel.type}")
        if channel.url is not None:
            yield from _url((*key, "url"), channel.url)
        if channel.hours is not None:
            try:
                parse_hours(channel.hours)
            except ValueError as error:
                yield Contradiction((*key, "hours"), f"{shown(channel.hours)}: {error}")
        if channel.ca_file is not None:
            yield from check_readable((*key, "ca_file"), channel.ca_file)
            yield from check_authorities((*key, "ca_file"), channel.ca_file)
        if channel.type in ("webhook", "alertmanager") and ":" in (channel.username or ""):
            text = f"{shown(channel.username)}: no colon may stand in a user name over HTTP; take another"
            yield Contradiction((*key, "username"), text)
        yield from _email(key, channel) if channel.type == "email" else ()
        yield from _cap(key, channel) if channel.type == "cap" else ()


def _url(key: Key, url: str) -> Found:
    """A webhook's address may have a query."""
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        good = False
    if not good or re.search(r"\s", url):
        yield Contradiction(key, f"{shown(url)} is not an address; allowed: http://host:port/path or https://…")
    elif parts.username is not None or parts.password is not None:
        yield Contradiction(key, "must not hold a password, for it is shown in logs; use username and password_file")


def _email(key: Key, channel: AlertSettings) -> Found:
    if channel.tls == "none" and channel.host not in _HERE:
        yield Contradiction((*key, "tls"), "none is for a mail server on this machine; write starttls or tls")
    if channel.sender and not _is_address(channel.sender):
        yield Contradiction((*key, "sender"), f"{shown(channel.sender)} {_ADDRESS}")
    for number, each in enumerate(channel.to):
        if not _is_address(each):
            yield Contradiction((*key, "to", number), f"{shown(each)} {_ADDRESS}")


_ADDRESS: Final = "is not one e-mail address; write name@example.org, or Name <name@example.org>"


def _is_address(text: str) -> bool:
    """By the parser that the message is made with."""
    try:
        header: Any = HeaderRegistry()("To", text)
    except (MessageError, ValueError, IndexError, AttributeError):  # of the parser, at what it did not expect
        return False
    whole = text.isprintable() and not any(isinstance(each, InvalidHeaderDefect) for each in header.defects)
    found = [each for group in header.groups if group.display_name is None for each in group.addresses]
    return whole and len(found) == len(header.groups) == 1 and bool(found[0].username and found[0].domain)


def _cap(key: Key, channel: AlertSettings) -> Found:
    for number, kind in enumerate(channel.kinds):
        if kind not in CAP_KINDS:
            text = f"{shown(kind)} is not published by cap; allowed: {', '.join(sorted(CAP_KINDS))}"
            yield Contradiction((*key, "kinds", number), text)
    if channel.status == "Actual" and channel.authorised_by is None:
        text = "is required for status Actual: the person who answers for what everybody will take for real"
        yield Contradiction((*key, "authorised_by"), text)
    if channel.folder is not None:
        if channel.folder.exists() and not channel.folder.is_dir():
            yield Contradiction((*key, "folder"), f"{shown(str(channel.folder))} is a file; name a folder")
        else:
            yield from check_writable((*key, "folder"), channel.folder)
    if channel.sender and re.search(r"[\s,<&]", channel.sender):
        yield Contradiction((*key, "sender"), f"{shown(channel.sender)}: CAP allows no spaces, commas, < or & here")


_NEEDED_BY = {
    "webhook": ("url",),
    "alertmanager": ("url",),
    "email": ("sender", "to"),
    "telegram": ("token", "chat"),
    "cap": ("folder", "sender"),
}
"""What each kind of channel can't do without."""
