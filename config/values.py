"""Checks of single values that need more than their model: addresses, files, folders."""

from __future__ import annotations

import ipaddress
import os
import re
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from config.problems import Key, shown


@dataclass(frozen=True, slots=True)
class Contradiction:
    key: Key
    text: str
    about: tuple[str, ...] = ()
    """Dotted keys that, if one of them is wrong by itself already, make this a mere consequence."""


Found = Iterator[Contradiction]


def _split_address(listen: str) -> tuple[str, int] | None:
    match = re.fullmatch(r"(\[[0-9A-Fa-f:.]+\]|[^:\[\]/\s]*):(\d{1,5})", listen)
    return (match[1].strip("[]"), int(match[2])) if match and int(match[2]) < 65_536 else None


def check_address(key: Key, listen: str) -> Found:
    if _split_address(listen) is None:
        yield Contradiction(
            key, f"{shown(listen)} is not an address and port; allowed: as in 127.0.0.1:8080 or [::1]:8080"
        )


def is_loopback(listen: str) -> bool:
    """Whether only this machine can reach it; what can't be read is refused elsewhere."""
    address = _split_address(listen)
    if address is None or address[0] == "localhost":
        return True
    try:
        return ipaddress.ip_address(address[0]).is_loopback
    except ValueError:
        return False


def check_url(key: Key, url: str, schemes: tuple[str, str]) -> Found:
    allowed = f"allowed: {schemes[0]}://host:port or {schemes[1]}://host:port"
    try:
        parts = urlsplit(url)
        has_port = parts.port is None or parts.port > 0
    except ValueError:
        parts, has_port = urlsplit(""), False
    if "@" in url:
        yield Contradiction(key, "must not hold a password, for it is shown in logs; use username and password_file")
    elif parts.scheme not in schemes or not parts.hostname or not has_port or re.search(r"\s", url):
        yield Contradiction(key, f"{shown(url)} is not an address; {allowed}")
    elif parts.query or parts.fragment or (schemes[0] == "mqtt" and parts.path not in {"", "/"}):
        yield Contradiction(key, f"{shown(url)} has more to it than an address; {allowed}")


def check_readable(key: Key, path: Path | None) -> Found:
    if path is None:
        return
    try:
        with path.open("rb"):
            pass
    except OSError as error:
        yield Contradiction(key, f"{shown(str(path))} can't be read: {error.strerror} (looked for {path.absolute()})")


def check_authorities(key: Key, path: Path | None) -> Found:
    """What OpenSSL would only say when the connection is made; for a file that can be read."""
    if path is None or not os.access(path, os.R_OK):
        return
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
    except (ssl.SSLError, OSError):
        yield Contradiction(key, f"{shown(str(path))} holds no certificates in PEM")


def check_writable(key: Key, path: Path) -> Found:
    """Whether `path` could be made or written: decided by the nearest folder that exists."""
    there = path.absolute()
    while not there.exists() and there != there.parent:
        there = there.parent
    if there != path.absolute() and not there.is_dir():
        yield Contradiction(key, f"{shown(str(path))} can't be made: {there} is a file")
    elif not os.access(there, os.W_OK):
        yield Contradiction(key, f"{shown(str(path))} can't be written by this user: {there} is read-only")
