"""`telegram`: a bot's message to a chat (Bot API, sendMessage). Plain text: nothing in it can be markup."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec

from sinks.alerts.channel import DAY, Told
from sinks.alerts.notice import Notice
from sinks.alerts.posting import Poster
from sinks.base import Denied, Refused

API: Final = "https://api.telegram.org"
LONGEST: Final = 4096
"""Characters of a message, by the Bot API."""
_LOUD: Final = frozenset({"opened", "raised", "escalated", "reminded", "test"})


class TelegramChannel:
    refresh = 0
    age = DAY

    def __init__(self, url: str | None, token: str, chat: str, poster: Poster, words: Callable[[Notice], str]) -> None:
        self.url = f"{(url or API).rstrip('/')}/bot{token}/sendMessage"
        self.token = token
        self.chat = chat
        self.poster = poster
        self.words = words

    async def open(self) -> None:
        await self.poster.open()

    async def close(self) -> None:
        await self.poster.close()

    async def send(self, notice: Notice) -> Told:
        message = {
            "chat_id": self.chat,
            "text": self.words(notice)[:LONGEST],
            "disable_notification": notice.event not in _LOUD,
        }
        headers = {"Content-Type": "application/json"}
        outcome = await self.poster.post(self.url, msgspec.json.encode(message), headers, self.token)
        # "chat not found", "group chat was upgraded to a supergroup chat": the fault is hardly ever the text's.
        return Denied(outcome.reason) if isinstance(outcome, Refused) else outcome
