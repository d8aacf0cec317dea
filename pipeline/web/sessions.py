"""Sessions of browsers: a random token in a cookie, of which only a digest is kept here, in memory.

After a restart, or when the users change, one signs in again.
"""

from __future__ import annotations

import hashlib
import secrets
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from aiohttp import web

COOKIE: Final = "nadi_session"
IDLE_SECONDS: Final = 8 * 3600.0
"""A shift: a browser that asks for nothing for so long is signed out."""
LONGEST_SECONDS: Final = 7 * 86_400.0
MOST_SESSIONS: Final = 1_000
"""Beyond it the one that was silent for longest ends."""


@dataclass(slots=True)
class Session:
    """Times in s of the clock."""

    user: str
    began: float
    heard: float


class Sessions:
    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock
        self._by_digest: OrderedDict[bytes, Session] = OrderedDict()

    def begin(self, user: str) -> str:
        """A new session; its token."""
        token = secrets.token_urlsafe(32)
        now = self.clock()
        self._by_digest[_digest(token)] = Session(user, now, now)
        while len(self._by_digest) > MOST_SESSIONS:
            self._by_digest.popitem(last=False)
        return token

    def user_of(self, token: str) -> str | None:
        """Whose it is; None where it has ended."""
        key = _digest(token)
        session = self._by_digest.get(key)
        if session is None:
            return None
        now = self.clock()
        if now - session.heard > IDLE_SECONDS or now - session.began > LONGEST_SECONDS:
            del self._by_digest[key]
            return None
        session.heard = now
        self._by_digest.move_to_end(key)
        return session.user

    def end(self, token: str) -> bool:
        """Whether there was such a session."""
        return self._by_digest.pop(_digest(token), None) is not None


def give(response: web.StreamResponse, token: str, request: web.Request) -> None:
    """HttpOnly: no script reads it. Strict: no other site's link or form carries it."""
    secure = request.secure or request.headers.get("X-Forwarded-Proto", "").lower() == "https"
    response.set_cookie(COOKIE, token, httponly=True, samesite="Strict", secure=secure, path="/")


def take_back(response: web.StreamResponse) -> None:
    response.del_cookie(COOKIE, path="/", httponly=True, samesite="Strict")


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()
