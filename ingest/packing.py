"""Payloads that came packed: gzip, zstd and base64, recognised by their first bytes, and unpacked within bounds."""

from __future__ import annotations

import binascii
import re
import sys
import zlib
from collections.abc import Callable
from typing import Final, Protocol

if sys.version_info >= (3, 14):
    from compression.zstd import ZstdDecompressor, ZstdError
else:
    from backports.zstd import ZstdDecompressor, ZstdError

GZIP: Final = b"\x1f\x8b"
ZSTD: Final = b"\x28\xb5\x2f\xfd"
LAYERS: Final = 3
"""base64 of gzip is two."""
MEMBERS: Final = 64
"""Of one gzip or zstd; each costs a copy of all that follow it, and a payload could hold 100,000 empty ones."""
BINARY: Final = frozenset(("senml-cbor", "sparkplug"))
"""Formats that are no text."""
_BASE64: Final = re.compile(rb"[A-Za-z0-9+/]+={0,2}\s*")
_SHORTEST: Final = 8
_TEXT: Final = (b"{", b"[")
"""How a document begins that was put into base64 for the journey."""


class PackingFault(ValueError):
    """A packed payload that can't be unpacked; `reason` is the contract's word."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


def unpack(payload: bytes, limit: int, form: str = "") -> bytes:
    """What was packed, or `payload` itself where it is not. limit: bytes of what comes out. Raises PackingFault.

    base64 is only believed where a document or packed bytes come of it: many a word could be some ("sleeping").
    In a format that is no text, it is believed where no text comes of it."""
    for _ in range(LAYERS):
        if payload.startswith(GZIP):
            payload = _gunzip(payload, limit)
        elif payload.startswith(ZSTD):
            payload = _unzstd(payload, limit)
        elif (found := _plain_of(payload, form)) is not None:
            payload = found
        else:
            break
    return payload


def _gunzip(payload: bytes, limit: int) -> bytes:
    try:
        return _members(payload, limit, "gzip", lambda: zlib.decompressobj(wbits=31))
    except zlib.error as error:
        raise PackingFault("schema", f"not gzip after its first bytes: {error}") from None


def _unzstd(payload: bytes, limit: int) -> bytes:
    try:
        return _members(payload, limit, "zstd", ZstdDecompressor)
    except (ZstdError, EOFError) as error:
        raise PackingFault("schema", f"not zstd after its first bytes: {error}") from None


class _Worker(Protocol):
    """Unpacks one member: zlib's or zstd's."""

    @property
    def eof(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes, limit: int, /) -> bytes: ...


def _members(payload: bytes, limit: int, form: str, make: Callable[[], _Worker]) -> bytes:
    """What the members that follow one another hold. Raises PackingFault, and what the workers raise."""
    unpacked = b""
    for _ in range(MEMBERS):
        worker = make()
        unpacked += worker.decompress(payload, limit - len(unpacked) + 1)
        if len(unpacked) > limit:
            raise PackingFault("too_large", f"{form} of more than {limit} bytes unpacked")
        if not worker.eof:
            raise PackingFault("schema", f"{form} that is cut off")
        payload = worker.unused_data
        if not payload:
            return unpacked
    raise PackingFault("too_large", f"{form} of more than {MEMBERS} members")


def _plain_of(payload: bytes, form: str) -> bytes | None:
    """What `payload` is the base64 of; None if it is no base64, or may well be text."""
    if len(payload) < _SHORTEST or _BASE64.fullmatch(payload) is None:
        return None
    try:
        plain = binascii.a2b_base64(payload.strip(), strict_mode=True)
    except binascii.Error:
        return None
    if plain.startswith((GZIP, ZSTD, *_TEXT)):
        return plain
    return plain if form in BINARY and not plain.isascii() else None
