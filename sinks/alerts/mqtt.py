"""`mqtt`: every open incident as a retained message, on the connection that readings come by.

nadi-out/v1/{city}/incidents/{incident}        JSON while it is open; an empty message ends it
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

import msgspec

from sinks.alerts.channel import Told
from sinks.alerts.notice import OVER, Notice
from sinks.base import Refused, Unreachable, Written
from telemetry.names import publishable

Deliver = Callable[[str, bytes, bool], Awaitable[str]]
"""topic, payload, retain -> why the broker has not acknowledged it; empty: it has."""
OUT: Final = "nadi-out/v1"


def topic_of(city: str, incident: str) -> str:
    return f"{OUT}/{city}/incidents/{incident}"


def is_level(city: str) -> bool:
    """Whether it can stand in a topic."""
    return "/" not in city and publishable(city)


class MqttChannel:
    refresh = 0
    age = 0

    def __init__(self, deliver: Deliver) -> None:
        self.deliver = deliver

    async def open(self) -> None:
        """The connection is the subscriber's."""

    async def close(self) -> None:
        """As above."""

    async def send(self, notice: Notice) -> Told:
        if not is_level(notice.city):
            return Refused(f"the city's name {notice.city!r} can't be a level of a topic")
        topic = topic_of(notice.city, notice.incident)
        over = notice.event in OVER or notice.event == "test"
        fault = await self.deliver(topic, msgspec.json.encode(notice), not over)
        if over and not fault:
            fault = await self.deliver(topic, b"", True)
        return Unreachable(fault) if fault else Written()
