"""`webhook`: each notice as JSON, signed.

    X-Nadi-Id: the notice's id, the same when it is sent again
    X-Nadi-Timestamp: seconds since 1970, when it was sent
    X-Nadi-Signature: sha256=HMAC-SHA256(secret, timestamp "." body), in hexadecimal

The timestamp is signed too, so that a receiver can leave out what is older than it allows.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Callable

import msgspec

from sinks.alerts.channel import DAY, Told
from sinks.alerts.notice import Notice
from sinks.alerts.posting import Poster


def signature(secret: str, timestamp: str, body: bytes) -> str:
    return "sha256=" + hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


class WebhookChannel:
    refresh = 0
    age = DAY

    def __init__(
        self,
        url: str,
        secret: str | None,
        poster: Poster,
        words: Callable[[Notice], str],
        clock: Callable[[], float] = time.time,
    ) -> None:
        """words: the notice for people. clock: s."""
        self.url = url
        self.secret = secret
        self.poster = poster
        self.words = words
        self.clock = clock

    async def open(self) -> None:
        await self.poster.open()

    async def close(self) -> None:
        await self.poster.close()

    async def send(self, notice: Notice) -> Told:
        body = msgspec.json.encode({**msgspec.to_builtins(notice), "text": self.words(notice)})
        headers = {"Content-Type": "application/json", "X-Nadi-Id": notice.id}
        headers["X-Nadi-Timestamp"] = str(int(self.clock()))
        if self.secret is not None:
            headers["X-Nadi-Signature"] = signature(self.secret, headers["X-Nadi-Timestamp"], body)
        return await self.poster.post(self.url, body, headers)
