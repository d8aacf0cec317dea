"""What every sink must do, whatever it writes to.

A sink's tests inherit SinkConformance and give the fixture `bench`: a sink (not yet open), the
series table that it was made with (three series of `water`), and an async function that
tells what its store holds.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import pytest

from sinks.base import Delivery, Payload, Sink, Written
from telemetry import flags
from telemetry.batch import Readings
from telemetry.series import Identity, SeriesTable
from tests.sinks.samples import TIME, anomalies_of, events_of, incidents_of, indicators_of, readings_of, windows_of

RawRow = tuple[str, int, float, int]
"""Device, time (ms), value, flags."""


@dataclass
class Held:
    """What a store holds, each key once: raw readings, windows as (device, start, count, mean,
    revision), anomalies as (device, time, detector, severity, reason), incidents as (incident, time,
    state, ended, value), what happened to them as (incident, time, event, by), indicators as (zone, indicator,
    period, time, denominator, value)."""

    readings: set[RawRow]
    windows: set[tuple[str, int, int, float | None, int]]
    anomalies: set[tuple[str, int, str, str, str]]
    incidents: set[tuple[str, int, str, int | None, float | None]]
    events: set[tuple[str, int, str, str]]
    indicators: set[tuple[str, str, str, int, float, float | None]]


@dataclass
class SinkBench:
    sink: Sink
    table: SeriesTable
    held: Callable[[], Awaitable[Held]]


def everything() -> Delivery:
    return Delivery(
        readings_of(
            [(number % 3, TIME + number, number / 3, flags.DUPLICATE | number % 2 * 8) for number in range(99)]
        ),
        (windows_of([{"count": 2, "mean": 1.5, "series": 1}, {"count": 0, "expected": 6, "series": 2}]),),
        (anomalies_of([{"value": 9.0, "reason": 'too "high"', "severity": 2, "detector": "limits"}]),),
        (incidents_of([{"value": 2.5}, {"incident": "burst-2", "time": TIME + 1, "ended": TIME + 9}]),),
        (events_of([{}, {"time": TIME + 5, "event": "acknowledged", "by": "siti"}]),),
        (indicators_of([{}, {"zone": "*", "period": "month", "denominator": 0.0, "value": float("nan")}]),),
    )


async def write_all(sink: Sink, delivery: Delivery) -> list[Payload]:
    pieces = list(sink.encode(delivery))
    for piece in pieces:
        assert await sink.write(piece) == Written()
    return pieces


class SinkConformance:
    """Inherit, and define the fixture `bench`."""

    async def test_what_is_written_is_held(self, bench: SinkBench) -> None:
        await bench.sink.open()
        await write_all(bench.sink, everything())
        held = await bench.held()
        assert held.readings == {(f"d{number % 3}", TIME + number, number / 3, number % 2 * 8) for number in range(99)}
        assert held.windows == {("d1", TIME, 2, 1.5, 0), ("d2", TIME, 0, None, 0)}
        assert held.anomalies == {("d0", TIME, "limits", "critical", 'too "high"')}
        assert held.incidents == {
            ("burst-1", TIME, "unacknowledged", None, 2.5),
            ("burst-2", TIME + 1, "unacknowledged", TIME + 9, None),
        }
        assert held.indicators == {
            ("Genteng", "completeness", "day", TIME, 10.0, 95.0),
            ("*", "completeness", "month", TIME, 0.0, None),
        }
        assert held.events == {("burst-1", TIME, "opened", "nadi"), ("burst-1", TIME + 5, "acknowledged", "siti")}
        await bench.sink.close()

    async def test_writing_again_changes_nothing(self, bench: SinkBench) -> None:
        await bench.sink.open()
        await write_all(bench.sink, everything())
        before = await bench.held()
        await write_all(bench.sink, everything())
        assert await bench.held() == before
        await bench.sink.close()

    async def test_the_newest_value_and_revision_hold(self, bench: SinkBench) -> None:
        await bench.sink.open()
        for revision, value in enumerate((1.0, 2.0)):
            window: dict[str, float] = {"count": 1 + revision, "mean": value, "revision": revision}
            await write_all(bench.sink, Delivery(readings_of([(0, TIME, value, 0)]), (windows_of([window]),)))
        held = await bench.held()
        assert held.readings == {("d0", TIME, 2.0, 0)}
        assert held.windows == {("d0", TIME, 2, 2.0, 1)}
        await bench.sink.close()

    async def test_an_incident_is_as_it_was_told_last(self, bench: SinkBench) -> None:
        await bench.sink.open()
        nothing = readings_of([])
        for state, ended in (("unacknowledged", -1), ("returned", TIME + 7)):
            await write_all(
                bench.sink, Delivery(nothing, incidents=(incidents_of([{"state": state, "ended": ended}]),))
            )
        assert (await bench.held()).incidents == {("burst-1", TIME, "returned", TIME + 7, None)}
        await bench.sink.close()

    async def test_an_indicator_is_as_it_was_told_last(self, bench: SinkBench) -> None:
        await bench.sink.open()
        for count in (10.0, 20.0):
            told = indicators_of([{"denominator": count, "value": 100 * 9.5 / count}])
            await write_all(bench.sink, Delivery(readings_of([]), indicators=(told,)))
        assert (await bench.held()).indicators == {("Genteng", "completeness", "day", TIME, 20.0, 47.5)}
        await bench.sink.close()

    async def test_of_repeats_in_one_delivery_the_last_holds(self, bench: SinkBench) -> None:
        await bench.sink.open()
        rows = [{"count": 1, "mean": 1.0, "revision": 0}, {"count": 2, "mean": 2.0, "revision": 1}]
        raw = readings_of([(0, TIME, 1.0, 0), (0, TIME, 2.0, 0)])
        await write_all(bench.sink, Delivery(raw, (windows_of(rows),)))
        held = await bench.held()
        assert held.readings == {("d0", TIME, 2.0, 0)}
        assert held.windows == {("d0", TIME, 2, 2.0, 1)}
        await bench.sink.close()

    async def test_halves_together_are_the_whole(self, bench: SinkBench) -> None:
        await bench.sink.open()
        [whole] = bench.sink.encode(everything())
        assert (whole.points, whole.readings) == (108, 99)
        pieces = [whole]
        while any(piece.points > 1 for piece in pieces):
            pieces = [half for piece in pieces for half in (piece.split() if piece.points > 1 else (piece,))]
        assert (len(pieces), sum(piece.readings for piece in pieces)) == (108, 99)
        assert "\n".join(piece.text() for piece in pieces) == whole.text()
        for piece in pieces:
            assert await bench.sink.write(piece) == Written()
        assert len((await bench.held()).readings) == 99
        await bench.sink.close()

    async def test_nothing_is_encoded_as_nothing(self, bench: SinkBench) -> None:
        await bench.sink.open()
        assert list(bench.sink.encode(Delivery(Readings.empty(), (windows_of([]),), (anomalies_of([]),)))) == []
        await bench.sink.close()

    async def test_series_may_come_later(self, bench: SinkBench) -> None:
        await bench.sink.open()
        await write_all(bench.sink, everything())
        late = bench.table.intern(Identity("3578", "water", "z1", "late", "flow"))
        await write_all(bench.sink, Delivery(readings_of([(late, TIME, 7.0, 0)])))
        assert ("late", TIME, 7.0, 0) in (await bench.held()).readings
        await bench.sink.close()

    async def test_it_may_be_closed_twice_and_opened_again(self, bench: SinkBench) -> None:
        await bench.sink.open()
        await bench.sink.close()
        await bench.sink.close()
        await bench.sink.open()
        await write_all(bench.sink, everything())
        assert len((await bench.held()).readings) == 99
        await bench.sink.close()

    async def test_the_delivery_is_not_changed(self, bench: SinkBench) -> None:
        await bench.sink.open()
        delivery = everything()
        before = delivery.readings.flags.copy(), delivery.readings.series.copy()
        await write_all(bench.sink, delivery)
        assert (delivery.readings.flags == before[0]).all()
        assert (delivery.readings.series == before[1]).all()
        await bench.sink.close()

    async def test_writing_before_open_is_a_mistake_in_words(self, bench: SinkBench) -> None:
        [piece] = bench.sink.encode(everything())
        with pytest.raises(Exception, match="open"):
            await bench.sink.write(piece)
