"""Pages of InfluxDB where many series have something at one time; how it answers: test_observations.py."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from config.settings import InfluxSettings
from pipeline.history.asking import Asking
from pipeline.outward import influx
from pipeline.outward.influx import InfluxPages
from pipeline.outward.page import Names, Query
from telemetry.errors import NadiError

TIME = 1_763_769_600_000


async def test_what_is_of_one_time_is_read_whole_but_not_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(influx, "MOST_AT_ONCE", 10)
    series, read = 10, 0

    def stream(_access: object, question: str, _patience: float) -> Iterator[tuple[str, dict[str, str], None, Any]]:
        def rows() -> Iterator[tuple[Any, ...]]:
            nonlocal read
            for number in range(min(series, 5) if "LIMIT" in question else series):
                read += 1
                yield TIME, "3578", "a", f"d{number:06}", "flow", 1.0, 0

        yield "water", {}, None, rows()

    monkeypatch.setattr(influx, "stream", stream)
    settings = InfluxSettings(url="http://127.0.0.1:1", api="v1", database="city")
    pages, query = InfluxPages(settings, Asking()), Query(Names(domain="water"), TIME, TIME + 1, None, 4)
    page = await pages.page(query)
    assert [identity.device for identity in page.identities] == ["d000000", "d000001", "d000002", "d000003"]
    series, read = 1_000_000, 0
    with pytest.raises(NadiError, match=r"more than 10 series .* name city"):
        await pages.page(query)
    assert read < 20
