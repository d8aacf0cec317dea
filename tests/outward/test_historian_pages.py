"""Pages of the historian where readings stand dense, far apart, and were replaced."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.settings import HistorianSettings
from pipeline.outward.historian import HistorianPages
from pipeline.outward.page import Names, Query
from sinks.base import Delivery
from sinks.historian import Historian
from telemetry.errors import StoreError
from tests.sinks.conformance import write_all
from tests.sinks.samples import TIME, plain_table, readings_of, windows_of

DAY = 86_400_000


async def test_a_page_that_takes_too_long_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the historian's one thread nothing is stored meanwhile."""
    store = Historian(HistorianSettings(path=tmp_path / "city.duckdb"), plain_table(), lambda: TIME)
    await store.open()
    await write_all(store, Delivery(readings_of([(0, TIME, 1.0, 0)])))
    asked = Query(Names(device="d0"), TIME, TIME + DAY, None, 10)
    with monkeypatch.context() as patch:
        patch.setattr("pipeline.outward.historian.SECONDS", 0.0)
        with pytest.raises(StoreError, match="ask for less"):
            await HistorianPages(store).page(asked)
    assert len(await HistorianPages(store).page(asked)) == 1, "and answers what comes then"
    await store.close()


@pytest.mark.parametrize("limit", [1, 2, 3, 50, 1000])
@pytest.mark.parametrize("length", [None, 60_000])
async def test_gaps_of_days_and_dense_hours_alike(tmp_path: Path, limit: int, length: int | None) -> None:
    store = Historian(HistorianSettings(path=tmp_path / "city.duckdb"), plain_table(), lambda: TIME)
    await store.open()
    times = [0, 60_000, 10 * DAY, *(20 * DAY + 60_000 * each for each in range(30)), 30 * DAY]
    for value in (1.0, 2.0):
        raw = [(series, TIME + time, value, 0) for time in times for series in (0, 2)]
        rows = [{"series": s, "start": t, "count": 1, "mean": v, "revision": int(v)} for s, t, v, _ in raw]
        await write_all(store, Delivery(readings_of(raw), (windows_of(rows),)))
    pages, after, found = HistorianPages(store), None, []
    while True:
        page = await pages.page(Query(Names(), TIME, TIME + 30 * DAY, length, limit, after))
        assert len(page) == limit or page.last is None
        assert set(page.fields["value" if length is None else "mean"].tolist()) <= {2.0}, "the newest alone"
        found += [(time - TIME, identity.device) for time, identity in zip(page.time, page.identities, strict=True)]
        if (after := page.last) is None:
            break
    assert found == [(time, device) for time in times[:-1] for device in ("d0", "d2")]
    await store.close()
