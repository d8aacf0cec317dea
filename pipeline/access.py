"""Who may see the page: `http.users_file`, a line a user, asked for by HTTP Basic authentication.

    name:role:hash          operator:operator:$scrypt$ln=14,r=8,p=5$c2FsdA$aGFzaA

role is viewer or operator; hash is in PHC string format. `/healthz` and `/readyz` stay open to whoever
watches the process. Once a password was found right, its requests cost one HMAC and not a scrypt.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import re
import secrets
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import web

from telemetry.errors import SettingsError

ROLES = ("viewer", "operator")
OPEN_PATHS = frozenset({"/healthz", "/readyz"})
MOST_FAILURES = 5
"""Wrong passwords from one address in FAILURE_SECONDS; then it waits."""
FAILURE_SECONDS = 60.0
_REMEMBERED_ADDRESSES = 1024
_REMEMBERED_LOGINS = 1024
_MOST_MEMORY = 256 * 2**20
_PHC = re.compile(r"\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]{8,})\$([A-Za-z0-9+/]{22,})")

USER = web.RequestKey("user", str)
ROLE = web.RequestKey("role", str)


@dataclass(frozen=True, slots=True)
class User:
    """name, role, and how to check a password: scrypt's numbers, salt and key."""

    name: str
    role: str
    cost: tuple[int, int, int]
    salt: bytes
    key: bytes

    def accepts(self, password: str) -> bool:
        n, r, p = self.cost
        made = hashlib.scrypt(
            password.encode(), salt=self.salt, n=n, r=r, p=p, dklen=len(self.key), maxmem=_MOST_MEMORY
        )
        return hmac.compare_digest(made, self.key)


def load_users(path: Path) -> dict[str, User]:
    """The users of a users_file by name. Raises SettingsError, which names the line."""
    users: dict[str, User] = {}
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"http.users_file {path}: can't be read: {error}") from error
    for number, line in enumerate(lines, 1):
        if line.strip() and not line.startswith("#"):
            user = _user(line.strip(), f"http.users_file {path}, line {number}")
            users[user.name] = user
    if not users:
        raise SettingsError(f"http.users_file {path}: names no user, so nobody could sign in")
    return users


def _user(line: str, where: str) -> User:
    name, _, rest = line.partition(":")
    role, _, text = rest.partition(":")
    if not name or role not in ROLES:
        raise SettingsError(f"{where}: write name:role:hash, role being one of {', '.join(ROLES)}")
    found = _PHC.fullmatch(text)
    if not found:
        raise SettingsError(f"{where}: the hash of {name} is not scrypt in PHC format ($scrypt$ln=14,r=8,p=5$salt$key)")
    ln, r, p = int(found[1]), int(found[2]), int(found[3])
    if not (ln >= 10 and r and p and 128 * 2**ln * r <= _MOST_MEMORY // 2):
        raise SettingsError(f"{where}: scrypt's numbers of {name} are out of bounds; ln=14,r=8,p=5 is a good choice")
    return User(name, role, (2**ln, r, p), _decode(found[4]), _decode(found[5]))


def _decode(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4))


class Access:
    """Lets known users pass. `middleware` goes first into an application."""

    def __init__(self, users: dict[str, User], clock: Callable[[], float] = time.monotonic) -> None:
        self.users = users
        self.clock = clock
        self._key = secrets.token_bytes(32)
        self._known: OrderedDict[bytes, User] = OrderedDict()
        self._failures: OrderedDict[str, deque[float]] = OrderedDict()
        # One scrypt at a time: each takes 16 MB and a core.
        self._one_at_a_time = asyncio.Lock()
        self._nobody = next(iter(users.values()))

    @web.middleware
    async def middleware(self, request: web.Request, handler: Any) -> web.StreamResponse:
        if request.path in OPEN_PATHS:
            return await handler(request)  # type: ignore[no-any-return]
        header = request.headers.get("Authorization", "")
        user = self._known.get(self._digest(header))
        if user is None:
            user = await self._sign_in(header, request.remote or "")
        request[USER], request[ROLE] = user.name, user.role
        return await handler(request)  # type: ignore[no-any-return]

    async def _sign_in(self, header: str, address: str) -> User:
        """The user of these credentials; raises what the browser is to be told."""
        named = _credentials(header)
        if named is None:
            raise _ask()
        if self._waits(address):
            raise web.HTTPTooManyRequests(headers={"Retry-After": str(int(FAILURE_SECONDS))})
        name, password = named
        # An unknown name costs as much as a known one, so that the time does not tell which names exist.
        user = self.users.get(name)
        async with self._one_at_a_time:
            right = await asyncio.to_thread((user or self._nobody).accepts, password)
        if user is None or not right:
            self._note_failure(address)
            raise _ask()
        self._known[self._digest(header)] = user
        while len(self._known) > _REMEMBERED_LOGINS:
            self._known.popitem(last=False)
        return user

    def _digest(self, header: str) -> bytes:
        return hmac.digest(self._key, header.encode("utf-8", "surrogateescape"), "sha256")

    def _waits(self, address: str) -> bool:
        failures = self._failures.get(address, ())
        return sum(self.clock() - moment < FAILURE_SECONDS for moment in failures) >= MOST_FAILURES

    def _note_failure(self, address: str) -> None:
        self._failures.setdefault(address, deque(maxlen=MOST_FAILURES)).append(self.clock())
        self._failures.move_to_end(address)
        while len(self._failures) > _REMEMBERED_ADDRESSES:
            self._failures.popitem(last=False)


def _credentials(header: str) -> tuple[str, str] | None:
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, colon, password = base64.b64decode(encoded.strip(), validate=True).decode("utf-8").partition(":")
    except ValueError:
        return None
    return (name, password) if colon else None


def _ask() -> web.HTTPUnauthorized:
    return web.HTTPUnauthorized(headers={"WWW-Authenticate": 'Basic realm="nadi", charset="UTF-8"'})
