"""A bounded number of records in a decoder's memory, for whoever remembers things by names that come from outside."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final
from zlib import crc32

import msgspec

from ingest.decoders.base import Memory

_SHARDS: Final = 64
"""The list of names is kept in so many parts, for a new name writes its part anew."""


class Shelf:
    """Records by name. Where a new one finds its part of the shelf full, the one that has stood there longest goes.

    on_forgotten: told the name of a record before it goes, so that what hangs on it can go too.
    """

    def __init__(
        self, memory: Memory, prefix: str, limit: int, on_forgotten: Callable[[str], None] | None = None
    ) -> None:
        self._memory = memory
        self._prefix = prefix
        self._per_shard = max(1, -(-limit // _SHARDS))
        self._on_forgotten = on_forgotten
        self._names: dict[int, list[str]] = {}
        """By shard, as they were when last looked at."""

    def get(self, name: str) -> bytes | None:
        return self._memory.get(f"{self._prefix}/{name}")

    def put(self, name: str, record: bytes) -> None:
        if name not in self._names.get(_shard(name), ()):
            self._make_room(name)
        self._memory.put(f"{self._prefix}/{name}", record)

    def drop(self, name: str) -> None:
        shard = _shard(name)
        names = self._read(shard)
        if name in names:
            self._forget(name, names)
            self._write(shard, names)

    def _make_room(self, name: str) -> None:
        """The list is read anew: another decoder of the same format may have written it."""
        shard = _shard(name)
        names = self._read(shard)
        if name in names:
            return
        while len(names) >= self._per_shard:
            self._forget(names[0], names)
        names.append(name)
        self._write(shard, names)

    def _forget(self, name: str, names: list[str]) -> None:
        if self._on_forgotten is not None:
            self._on_forgotten(name)
        names.remove(name)
        self._memory.put(f"{self._prefix}/{name}", None)

    def _read(self, shard: int) -> list[str]:
        record = self._memory.get(f"{self._prefix}#{shard}")
        names = msgspec.msgpack.decode(record, type=list[str]) if record else []
        self._names[shard] = names
        return names

    def _write(self, shard: int, names: list[str]) -> None:
        self._memory.put(f"{self._prefix}#{shard}", msgspec.msgpack.encode(names))


def _shard(name: str) -> int:
    return crc32(name.encode(errors="surrogatepass")) % _SHARDS
