"""Rows of stored indicators, written into a running nadi's store as the pipeline delivers them."""

from __future__ import annotations

from typing import Any

from pipeline.service.lifecycle import Service
from sinks.base import Delivery, Written
from tests.sinks.samples import indicators_of, readings_of

NOVEMBER = 1_793_466_000_000
"""2026-11-01 00:00 in Jakarta."""
DAY = 86_400_000


def row(**more: Any) -> dict[str, Any]:
    """SAIDI of a day; `value` is what the processor would have stored."""
    usual = {"domain": "energy", "zone": "*", "indicator": "saidi", "period": "day", "unit": "min"}
    return {**usual, "time": NOVEMBER, "numerator": 90.0, "denominator": 30.0, "value": 3.0, **more}


async def write(service: Service, *rows: dict[str, Any]) -> None:
    sink = service.parts.runners[0].sink
    for payload in sink.encode(Delivery(readings_of([]), indicators=(indicators_of(rows),))):
        assert await sink.write(payload) == Written()
