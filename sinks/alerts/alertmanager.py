"""`alertmanager`: Prometheus' Alertmanager, API version 2 (POST /api/v2/alerts).

Labels are what an alert is known by, so they never change while an incident lasts; what changes
are annotations. Alertmanager takes an alert for resolved when it hears no more of it: so what goes on
is told every ten minutes, with an end an hour away.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

import msgspec

from sinks.alerts.channel import DAY, Told
from sinks.alerts.notice import OVER, Notice
from sinks.alerts.posting import Poster

_HOUR: Final = 3_600_000


class AlertmanagerChannel:
    refresh = _HOUR // 6
    age = DAY

    def __init__(
        self,
        url: str,
        poster: Poster,
        title: Callable[[Notice], str],
        clock: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
    ) -> None:
        """clock: ms."""
        self.url = url.rstrip("/") + "/api/v2/alerts"
        self.poster = poster
        self.title = title
        self.clock = clock

    async def open(self) -> None:
        await self.poster.open()

    async def close(self) -> None:
        await self.poster.close()

    async def send(self, notice: Notice) -> Told:
        body = msgspec.json.encode([self.alert(notice)])
        return await self.poster.post(self.url, body, {"Content-Type": "application/json"})

    def alert(self, notice: Notice) -> dict[str, object]:
        now = self.clock()
        over = notice.event in OVER or notice.state == "returned"
        labels = {
            "alertname": notice.kind,
            "incident": notice.incident,
            **{name: getattr(notice, name) for name in ("city", "domain", "zone", "cause") if getattr(notice, name)},
        }
        return {
            "labels": labels,
            "annotations": {
                "summary": self.title(notice),
                "description": notice.reason,
                "severity": notice.severity,
                "state": notice.state,
            },
            "startsAt": _rfc3339(min(notice.opened, now)),
            "endsAt": _rfc3339(now if over else now + _HOUR),
        }


def _rfc3339(time: int) -> str:
    return datetime.fromtimestamp(time / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
