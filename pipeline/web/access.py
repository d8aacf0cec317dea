"""Who may see the page: `http.users_file`, a line a user.

    name:role:hash          operator:operator:$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA

    browser ─ sign-in page ─▶ a session's cookie ┐
    program ─ HTTP Basic authentication ─────────┴▶ middleware ─▶ USER, ROLE, BY of the request

role is viewer or operator. `/healthz` stays open to whoever watches the process, and so does
`/readyz`, which tells its reasons only to users. Once a password was found right, its requests
cost one HMAC, for a while, and not an argon2.
"""

from __future__ import annotations

import asyncio
import base64
import hmac
import secrets
import stat
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from aiohttp import web

from pipeline.web.doors import network_of
from pipeline.web.passwords import HashFault, PasswordHash, parse_hash
from pipeline.web.sessions import COOKIE, Sessions
from telemetry.errors import SettingsError

ROLES: Final = ("viewer", "operator")
OPEN_PATHS: Final = frozenset({"/healthz", "/readyz", "/sign-in", "/api/v1/session"})
"""Answered to whoever asks; a user who is known is taken note of here too."""
OPEN_FOLDER: Final = "/page/"
"""The page's files, which tell nothing of the city."""
MOST_FAILURES: Final = 5
"""Wrong passwords from one address (of IPv6 one network) in FAILURE_SECONDS; then it waits."""
FAILURE_SECONDS: Final = 60.0
SIGNED_IN_SECONDS: Final = 300.0
"""After this a password is hashed again."""
_REMEMBERED_ADDRESSES: Final = 1024
_REMEMBERED_LOGINS: Final = 1024
_WORLD_READABLE: Final = stat.S_IROTH | stat.S_IWOTH

PAGE_HEADER: Final = "X-Nadi-Page"
"""Sent by the page's own requests."""

USER = web.RequestKey("user", str)
ROLE = web.RequestKey("role", str)
BY = web.RequestKey("by", str)
"""How the user is known: `session` or `password`."""


class WrongPassword(Exception):
    """No such user, or not this password; which of both nobody is told."""


@dataclass(frozen=True, slots=True)
class User:
    name: str
    role: str
    hash: PasswordHash


def load_users(path: Path) -> dict[str, User]:
    """The users of a users_file by name. Raises SettingsError, which names the line."""
    users: dict[str, User] = {}
    try:
        mode = path.stat().st_mode
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"http.users_file {path}: can't be read: {error}") from error
    if mode & _WORLD_READABLE:
        raise SettingsError(
            f"http.users_file {path}: every account of this machine can read or write it; run  chmod 640 {path}"
        )
    for number, line in enumerate(lines, 1):
        if line.strip() and not line.startswith("#"):
            where = f"http.users_file {path}, line {number}"
            user = _user(line.strip(), where)
            if user.name in users:
                raise SettingsError(f"{where}: {user.name} is named twice; leave one line")
            users[user.name] = user
    if not users:
        raise SettingsError(f"http.users_file {path}: names no user, so nobody could sign in")
    return users


def _user(line: str, where: str) -> User:
    name, _, rest = line.partition(":")
    role, _, text = rest.partition(":")
    if not name or role not in ROLES:
        raise SettingsError(f"{where}: write name:role:hash, role being one of {', '.join(ROLES)}")
    try:
        return User(name, role, parse_hash(text))
    except HashFault as fault:
        raise SettingsError(f"{where}: the hash of {name} {fault}") from None


class Access:
    """Lets known users pass. `middleware` goes first into an application. clock: s."""

    def __init__(self, users: dict[str, User], clock: Callable[[], float] = time.monotonic) -> None:
        self.users = users
        self.clock = clock
        self.sessions = Sessions(clock)
        self._key = secrets.token_bytes(32)
        self._known: OrderedDict[bytes, tuple[User, float]] = OrderedDict()
        self._failures: OrderedDict[str, deque[float]] = OrderedDict()
        # One hash at a time: each takes 64 MB and a core.
        self._one_at_a_time = asyncio.Lock()
        self._nobody = next(iter(users.values()))

    @web.middleware
    async def middleware(self, request: web.Request, handler: Any) -> web.StreamResponse:
        user = self.user_of_session(request)
        if user is not None:
            request[BY] = "session"
        elif header := request.headers.get("Authorization", ""):
            user = self._signed_in(header) or await self._sign_in(header, request.remote or "")
            request[BY] = "password"
        elif request.path not in OPEN_PATHS and not request.path.startswith(OPEN_FOLDER):
            raise _ask(request)
        if user is not None:
            request[USER], request[ROLE] = user.name, user.role
        return await handler(request)  # type: ignore[no-any-return]

    def user_of_session(self, request: web.Request) -> User | None:
        """Who has a session in this browser; None where there is none, or it has ended."""
        name = self.sessions.user_of(request.cookies.get(COOKIE, ""))
        return self.users.get(name) if name is not None else None

    def may_listen(self, request: web.Request) -> bool:
        """Whether who was let in with this request would be let in still, as far as sessions go."""
        return request.get(BY) != "session" or self.user_of_session(request) is not None

    async def verify(self, name: str, password: str, address: str) -> User:
        """The user with this password. Raises WrongPassword; HTTPTooManyRequests for who guesses."""
        self._refuse_guessers(address)
        async with self._one_at_a_time:
            # While this one waited others of the same guesser had their turn.
            self._refuse_guessers(address)
            return await self._verify(name, password, address)

    async def _verify(self, name: str, password: str, address: str) -> User:
        # An unknown name costs as much as a known one, so that the time does not tell which names exist.
        user = self.users.get(name)
        right = await asyncio.to_thread((user or self._nobody).hash.accepts, password)
        if user is None or not right:
            self._note_failure(address)
            raise WrongPassword
        return user

    def _signed_in(self, header: str) -> User | None:
        user, until = self._known.get(self._digest(header), (None, 0.0))
        return user if self.clock() < until else None

    async def _sign_in(self, header: str, address: str) -> User:
        """The user of these credentials; raises what the program is to be told."""
        named = _credentials(header)
        if named is None:
            raise _challenge()
        self._refuse_guessers(address)
        async with self._one_at_a_time:
            # While this one waited others of the same program, or of the same guesser, had their turn.
            if (known := self._signed_in(header)) is not None:
                return known
            self._refuse_guessers(address)
            try:
                user = await self._verify(*named, address)
            except WrongPassword:
                raise _challenge() from None
        self._known[self._digest(header)] = user, self.clock() + SIGNED_IN_SECONDS
        while len(self._known) > _REMEMBERED_LOGINS:
            self._known.popitem(last=False)
        return user

    def _digest(self, header: str) -> bytes:
        return hmac.digest(self._key, header.encode("utf-8", "surrogateescape"), "sha256")

    def _refuse_guessers(self, address: str) -> None:
        failures = self._failures.get(network_of(address), ())
        if sum(self.clock() - moment < FAILURE_SECONDS for moment in failures) >= MOST_FAILURES:
            raise web.HTTPTooManyRequests(
                headers={"Retry-After": str(int(FAILURE_SECONDS))}, text="too many wrong passwords; wait a minute\n"
            )

    def _note_failure(self, address: str) -> None:
        network = network_of(address)
        self._failures.setdefault(network, deque(maxlen=MOST_FAILURES)).append(self.clock())
        self._failures.move_to_end(network)
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


def _ask(request: web.Request) -> web.HTTPException:
    """A browser is led to the sign-in page; what runs in it is told to go there; a program is challenged."""
    accepts = request.headers.get("Accept", "")
    if request.method == "GET" and "text/html" in accepts:
        return web.HTTPSeeOther("/sign-in")
    if PAGE_HEADER in request.headers or "text/event-stream" in accepts:
        # With a challenge the browser would open a dialogue of its own.
        return web.HTTPUnauthorized(headers={"WWW-Authenticate": 'Session realm="nadi"'}, text="sign in\n")
    return _challenge()


def _challenge() -> web.HTTPUnauthorized:
    return web.HTTPUnauthorized(
        headers={"WWW-Authenticate": 'Basic realm="nadi", charset="UTF-8"'}, text="sign in with a user of nadi\n"
    )
