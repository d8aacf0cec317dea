"""Every kind of fault in one table."""

from __future__ import annotations

FAULTS: dict[str, object] = {}
