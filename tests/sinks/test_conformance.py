"""Both sinks against real stores."""

from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np
import pytest

from config.settings import HistorianSettings, InfluxSettings
from sinks.historian import Historian
from sinks.influx import InfluxSink
from tests.servers import Influx
from tests.sinks.conformance import Held, SinkBench, SinkConformance
from tests.sinks.samples import TIME, plain_table


class TestInflux(SinkConformance):
    @pytest.fixture
    def bench(self, influx: Influx, influx_database: str) -> SinkBench:
        async def held() -> Held:
            raw = await asyncio.to_thread(influx.query, "SELECT * FROM water", influx_database)
            windows = await asyncio.to_thread(influx.query, "SELECT * FROM water_1m", influx_database)
            found = await asyncio.to_thread(influx.query, "SELECT * FROM anomalies", influx_database)
            told = await asyncio.to_thread(influx.query, "SELECT * FROM incidents", influx_database)
            events = await asyncio.to_thread(influx.query, "SELECT * FROM incident_events", influx_database)
            numbers = await asyncio.to_thread(influx.query, "SELECT * FROM indicators", influx_database)
            return Held(
                {(row["device"], row["time"], row["value"], row["flags"]) for row in raw},
                {(row["device"], row["time"], row["count"], row.get("mean"), row["revision"]) for row in windows},
                {(row["device"], row["time"], row["detector"], row["severity"], row["reason"]) for row in found},
                {(row["incident"], row["time"], row["state"], row.get("ended"), row.get("value")) for row in told},
                {(row["incident"], row["time"], row["event"], row["by"]) for row in events},
                {
                    (row["zone"], row["indicator"], row["period"], row["time"], row["denominator"], row.get("value"))
                    for row in numbers
                },
            )

        table = plain_table()
        settings = InfluxSettings(url=influx.url, api="v1", database=influx_database)
        return SinkBench(InfluxSink(settings, table), table, held)


class TestHistorian(SinkConformance):
    @pytest.fixture
    def bench(self, tmp_path: Path) -> SinkBench:
        table = plain_table()
        store = Historian(HistorianSettings(path=tmp_path / "city.duckdb"), table, lambda: TIME)

        async def held() -> Held:
            held = Held(set(), set(), set(), set(), set(), set())
            for series in await store.series():
                number, device = series["id"], series["device"]
                raw = await store.range(number, 0, 2 * TIME, 10**6)
                for time, value, bits in zip(raw["time"], raw["mean"], raw["flags"], strict=True):
                    held.readings.add((device, int(time), float(value), int(bits)))
                rows = await store.windows(number, 60_000, 0, 2 * TIME)
                for start, count, mean, revision in zip(
                    *(rows[name] for name in ("start", "count", "mean", "revision")), strict=True
                ):
                    held.windows.add(
                        (device, int(start), int(count), None if np.isnan(mean) else float(mean), int(revision))
                    )
            for row in await store.anomalies():
                held.anomalies.add((row["device"], row["time"], row["detector"], row["severity"], row["reason"]))
            for row in await store.incidents():
                held.incidents.add((row["incident"], row["time"], row["state"], row["ended"], row["value"]))
            for row in await store.incident_events():
                held.events.add((row["incident"], row["time"], row["event"], row["by"]))
            for period in ("day", "month"):
                for row in await store.indicators(period, 0, 2 * TIME):
                    names = ("zone", "indicator", "period", "time", "denominator", "value")
                    held.indicators.add(tuple(row[name] for name in names))
            return held

        return SinkBench(store, table, held)
