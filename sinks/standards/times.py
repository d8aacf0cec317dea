"""Times as the standards write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def instant(time: int) -> str:
    """ms since the epoch as RFC 3339, UTC."""
    text = (_EPOCH + timedelta(milliseconds=time)).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")
