"""Signing in and out of the page.

POST /api/v1/session      {"name": …, "password": …} ─▶ a cookie, or 401, or 429 for who guesses
GET  /api/v1/session      who one is, and whether there are users at all
POST /api/v1/session/end  the cookie is worth nothing any more
"""

from __future__ import annotations

import logging
from typing import Any, Final

from aiohttp import web

from pipeline.web.access import ROLE, USER, Access, WrongPassword
from pipeline.web.answers import body_of, refused, told
from pipeline.web.audit import COMING, GOING, Audit, AuditFault
from pipeline.web.sessions import COOKIE, give, take_back

log = logging.getLogger("nadi.http")

SIGN_IN: Final = "/api/v1/session"
SIGN_OUT: Final = "/api/v1/session/end"
MOST_CHARACTERS: Final = 1_024
"""Of a name or password."""


class SignIn:
    """access: None where there are no users, and everybody on this machine may do all."""

    def __init__(self, access: Access | None, audit: Audit | None) -> None:
        self.access = access
        self.audit = audit

    def routes(self) -> list[Any]:
        made: list[Any] = [web.get(SIGN_IN, self.session)]
        if self.access is not None:
            made += [web.post(SIGN_IN, self.begin), web.post(SIGN_OUT, self.end)]
        return made

    async def session(self, request: web.Request) -> web.Response:
        if self.access is None:
            return told({"users": False, "user": None, "role": "operator"})
        return told({"users": True, "user": request.get(USER), "role": request.get(ROLE)})

    async def begin(self, request: web.Request) -> web.Response:
        assert self.access is not None
        name, password = _named(await body_of(request))
        address = request.remote or ""
        try:
            user = await self.access.verify(name, password, address)
        except WrongPassword:
            # Not into the audit: who guesses long enough would push out of it what others have changed.
            log.warning("a sign-in was refused", extra={"address": address})
            raise refused(web.HTTPUnauthorized, "wrong name or password") from None
        await self._note(user.name, user.role, address, COMING)
        self.access.sessions.end(request.cookies.get(COOKIE, ""))
        answer = told({"user": user.name, "role": user.role})
        give(answer, self.access.sessions.begin(user.name), request)
        return answer

    async def end(self, request: web.Request) -> web.Response:
        assert self.access is not None
        # A program that ends what it has not would write an entry with each request.
        if self.access.sessions.end(request.cookies.get(COOKIE, "")):
            await self._note(request.get(USER, ""), request.get(ROLE, ""), request.remote or "", GOING)
        answer = told({"user": None})
        take_back(answer)
        return answer

    async def _note(self, who: str, role: str, address: str, action: str) -> None:
        """Where the audit can't be written one comes and goes all the same: it is then that somebody has to look."""
        if self.audit is None:
            return
        try:
            await self.audit.end(await self.audit.begin(who, role, address, action), "done")
        except AuditFault as fault:
            log.error(
                "a sign-in or sign-out is missing in the audit",
                extra={"who": who, "address": address, "action": action, "why": str(fault)},
            )


def _named(body: object) -> tuple[str, str]:
    if isinstance(body, dict):
        name, password = body.get("name"), body.get("password")
        if isinstance(name, str) and isinstance(password, str) and len(name) + len(password) <= MOST_CHARACTERS:
            return name, password
    raise refused(web.HTTPBadRequest, 'write {"name": "…", "password": "…"}')
