"""gzip at level 1: isal where it is installed (5 to 7 times faster), zlib otherwise."""

from __future__ import annotations

import gzip
from collections.abc import Callable

Compress = Callable[[bytes], bytes]


def by_zlib(data: bytes) -> bytes:
    return gzip.compress(data, 1, mtime=0)


def best() -> Compress:
    """The fastest compressor on this machine."""
    try:
        from isal import igzip
    except ImportError:
        return by_zlib

    def by_isal(data: bytes) -> bytes:
        return bytes(igzip.compress(data, 1, mtime=0))

    return by_isal
