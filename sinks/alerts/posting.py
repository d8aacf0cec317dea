"""One HTTP POST, and what its answer amounts to; for all channels that speak HTTP."""

from __future__ import annotations

import ssl
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import aiohttp

from sinks import replies
from sinks.alerts.channel import Told
from sinks.base import Denied, Refused, Throttled, Unreachable, Written

_ANSWER: Final = 65_536
"""Bytes of an answer that are read."""


class Poster:
    """timeout: s. user: name and password for basic authentication, or None."""

    def __init__(self, timeout: float, user: tuple[str, str] | None = None, ca_file: Path | None = None) -> None:
        self.timeout = timeout
        self.ca_file = ca_file
        self.user = user
        self._session: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        auth = aiohttp.BasicAuth(*self.user, encoding="utf-8") if self.user else None
        limit = aiohttp.ClientTimeout(total=self.timeout)
        trusted = ssl.create_default_context(cafile=self.ca_file) if self.ca_file else True
        connector = aiohttp.TCPConnector(ssl=trusted)
        self._session = aiohttp.ClientSession(
            connector=connector, timeout=limit, auth=auth, headers={"User-Agent": "nadi"}
        )

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def post(self, url: str, body: bytes, headers: Mapping[str, str], secret: str = "") -> Told:
        """secret: what of the URL must not be told in words."""
        assert self._session is not None
        try:
            # What a redirection leads to has not been chosen by whoever wrote the settings.
            async with self._session.post(url, data=body, headers=headers, allow_redirects=False) as reply:
                said = replies.words(await reply.content.read(_ANSWER))
                return _outcome(reply.status, said, reply.headers.get("Retry-After"))
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            return Unreachable(_why(error, secret))
        except ValueError as error:  # of what the address is made from
            return Denied(_why(error, secret))


def _why(error: Exception, secret: str) -> str:
    why = str(error) or type(error).__name__
    return why.replace(secret, "…") if secret else why


def _outcome(status: int, said: str, after: str | None) -> Told:
    words = f"{status} {said}".strip()
    if 200 <= status < 300:
        return Written()
    if status in (429, 503):
        return Throttled(replies.retry_after(after, time.time()))
    if status in (400, 413, 422):
        return Refused(words)
    if 300 <= status < 500 and status != 408:
        return Denied(words)
    return Unreachable(words)
