"""Who may stay connected: 500 idle connections must not shut out who has something to ask.

connected ─┬─ a whole request within FIRST_SECONDS ─▶ served ─▶ rests, KEEP_SECONDS at most ─▶ served …
           └─ none ─▶ closed
all places taken ─▶ the address with most connections loses its quietest one that is not being served
"""

from __future__ import annotations

import asyncio
import ipaddress
from collections import Counter
from collections.abc import Callable
from typing import Any, Final

from aiohttp import web

FIRST_SECONDS: Final = 10.0
"""From connecting to a whole request; what of it is the body, `body_of` looks after."""
KEEP_SECONDS: Final = 75.0
"""For which a connection may rest after an answer."""


class Door(asyncio.Protocol):
    """One connection, in front of the protocol that speaks HTTP on it, which is made when it is let in."""

    def __init__(self, doors: Doors, make: Callable[[], asyncio.Protocol]) -> None:
        self.doors = doors
        self.make = make
        self.address = ""
        self.serving = False
        self._speaker: asyncio.Protocol | None = None
        self._transport: asyncio.Transport | None = None
        self._first: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self.address = _network(transport.get_extra_info("peername"))
        if not self.doors.enter(self):
            transport.close()
            return
        self._speaker = self.make()
        self._first = asyncio.get_running_loop().call_later(FIRST_SECONDS, self.close)
        self._speaker.connection_made(transport)

    def serve(self) -> None:
        """A whole request has come."""
        self.serving = True
        if self._first is not None:
            self._first.cancel()
            self._first = None

    def rest(self) -> None:
        """It has its answer. Whoever was quiet for longest stands first."""
        self.serving = False
        self.doors.move_to_end(self)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def connection_lost(self, error: Exception | None) -> None:
        self.doors.leave(self)
        if self._first is not None:
            self._first.cancel()
        if self._speaker is not None:
            self._speaker.connection_lost(error)

    def data_received(self, data: bytes) -> None:
        if self._speaker is not None:
            self._speaker.data_received(data)

    def eof_received(self) -> bool | None:
        return self._speaker.eof_received() if self._speaker is not None else None

    def pause_writing(self) -> None:
        if self._speaker is not None:
            self._speaker.pause_writing()

    def resume_writing(self) -> None:
        if self._speaker is not None:
            self._speaker.resume_writing()


class Doors:
    """Those that are open, `most` of them, by address."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._open: dict[Door, None] = {}
        self._by_address: Counter[str] = Counter()

    def enter(self, door: Door) -> bool:
        """Whether there is a place for it, or one is made."""
        if len(self._open) >= self.most and not self._make_room(door.address):
            return False
        self._open[door] = None
        self._by_address[door.address] += 1
        return True

    def leave(self, door: Door) -> None:
        if door in self._open:
            del self._open[door]
            self._by_address -= Counter((door.address,))

    def move_to_end(self, door: Door) -> None:
        if door in self._open:
            del self._open[door]
            self._open[door] = None

    def _make_room(self, newcomer: str) -> bool:
        """From who has most to who has less by two or more: so nobody takes a place back and forth."""
        for address, number in self._by_address.most_common():
            if number < self._by_address[newcomer] + 2:
                return False
            quiet = next((door for door in self._open if door.address == address and not door.serving), None)
            if quiet is not None:
                self.leave(quiet)
                quiet.close()
                return True
        return False


@web.middleware
async def watch(request: web.Request, handler: Any) -> web.StreamResponse:
    """Goes first into an application, so that its connection's door knows when it is served."""
    door = request.transport.get_protocol() if request.transport is not None else None
    if not isinstance(door, Door):
        return await handler(request)  # type: ignore[no-any-return]
    door.serve()
    try:
        return await handler(request)  # type: ignore[no-any-return]
    finally:
        door.rest()


def _network(peer: Any) -> str:
    return network_of(peer[0]) if isinstance(peer, tuple) and peer and isinstance(peer[0], str) else ""


def network_of(host: str) -> str:
    """Of an address what one person has: all of IPv4, of IPv6 the network. Empty for what is no address."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return ""
    if address.version == 4:
        return str(address)
    return str(address.ipv4_mapped or ipaddress.ip_network((int(address) >> 64 << 64, 64)))
