"""What simulated devices say becomes the very readings that ingest would have made of their messages."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np
import pytest

from ingest.build import build_scanner
from ingest.scanner import Scanner
from journal.entries import ReadingsEntry
from pipeline.offline.intake import Intake
from simulators import packets
from simulators.base import Fleet, Place, Quantity
from simulators.feed import GatewayState, RawMessage, Samples, Step
from simulators.weather import Weather
from telemetry.batch import Readings
from telemetry.sensors import Sensor, SensorTable
from telemetry.series import SeriesTable
from tests.pipeline import offline_kit
from tests.pipeline.offline_kit import T0

NOW = T0 + 10_000


class Pumps(Fleet):
    """Flow in m3/h, which nadi keeps in L/s."""

    domain = "water"
    quantities = (Quantity("flow", "m3/h", 2, 0.0, 1e4), Quantity("pressure", "kPa", 1, 0.0, 1e4))

    def physics(self, now: int, elapsed: float) -> np.ndarray:
        return np.full((len(self), 2), 36.0)


def pumps(number: int = 3) -> Pumps:
    places = [Place("3578", "Genteng", f"pump-{n}", -7.2, 112.7, f"gw-{n % 2}") for n in range(number)]
    return Pumps(places, Weather(1, ((-7.2, 112.7),)), seed=1)


def tables(catalogue: Sequence[Sensor]) -> tuple[SeriesTable, SensorTable]:
    table = SeriesTable()
    sensors = SensorTable(table, catalogue)
    return table, sensors


def intake(folder: Path, catalogue: Sequence[Sensor]) -> Intake:
    table, sensors = tables(catalogue)
    return Intake(table, sensors, offline_kit.settings(folder))


def said(fleet: Fleet, rows: Sequence[tuple[int, int, int, list[float]]]) -> Samples:
    """(device, time, arrival, values) a row."""
    device, time, arrival, values = zip(*rows, strict=True)
    return Samples(
        fleet, np.array(device, np.int32), np.array(time, np.int64), np.array(arrival, np.int64), np.array(values)
    )


def over_the_wire(scanner: Scanner, samples: Samples) -> Readings:
    """The same messages as JSON, a scan each at the time of its arrival."""
    batches = []
    for row in range(len(samples)):
        place = samples.fleet.places[int(samples.device[row])]
        topic = f"nadi/v1/{place.city}/{samples.fleet.domain}/{place.zone}/{place.device}"
        names = [quantity.name for quantity in samples.fleet.quantities]
        values = {
            name: value for name, value in zip(names, samples.values[row].tolist(), strict=True) if not np.isnan(value)
        }
        payload = msgspec.json.encode({"ts": int(samples.time[row]), "gw": place.gateway, "values": values})
        packet, _ = packets.publish(topic, payload, 0, "5")
        batches.append(scanner.scan(packet, int(samples.arrival[row])).readings)
    return Readings.concat(batches)


@pytest.mark.parametrize("catalogued", [True, False])
def test_samples_become_what_their_messages_would_have_become(tmp_path: Path, catalogued: bool) -> None:
    fleet, nan = pumps(), float("nan")
    catalogue = tuple(fleet.catalogue())[: None if catalogued else 2]
    samples = said(
        fleet,
        [
            (2, NOW - 500, NOW - 400, [36.0, 300.0]),
            (0, NOW - 500, NOW - 300, [nan, 301.5]),
            (1, NOW - 90_000, NOW - 200, [7.2, nan]),
            (1, NOW - 100, NOW - 100, [nan, nan]),
            (2, NOW, NOW, [1.5, 2.5]),
        ],
    )
    ours = intake(tmp_path, catalogue).take(Step(NOW, [samples]))[0]
    table, sensors = tables(catalogue)
    theirs_intake = Intake(table, sensors, offline_kit.settings(tmp_path))
    theirs_intake.take(Step(NOW, [said(fleet, [(n, NOW, NOW, [1.0, 1.0]) for n in range(3)])]))  # the same ids
    theirs = over_the_wire(build_scanner(table, sensors), samples)
    for column in ("series", "time", "value", "flags", "arrival", "gateway"):
        np.testing.assert_array_equal(getattr(ours.readings, column), getattr(theirs, column), err_msg=column)
    assert ours.messages == 5


def test_values_arrive_in_the_canonical_unit(tmp_path: Path) -> None:
    fleet = pumps()
    entry = intake(tmp_path, tuple(fleet.catalogue())).take(Step(NOW, [said(fleet, [(0, NOW, NOW, [36.0, 300.0])])]))[0]
    assert entry.readings.value.tolist() == [10.0, 300.0]


def test_rows_are_in_the_order_of_arrival_over_all_fleets(tmp_path: Path) -> None:
    first, second = pumps(1), offline_kit.city().fleets[0]
    late = said(first, [(0, NOW, NOW, [1.0, 2.0])])
    values = [1.0] * len(second.quantities)
    early = said(second, [(0, NOW, NOW - 5000, values)])
    entry = intake(tmp_path, ()).take(Step(NOW, [late, early]))[0]
    assert (np.diff(entry.readings.arrival) >= 0).all()
    assert len(entry.readings) == 2 + len(values)


def test_what_ingest_would_refuse_is_refused_and_counted(tmp_path: Path) -> None:
    fleet = pumps()
    rows = [
        (0, NOW + 3_600_000, NOW, [1.0, 2.0]),
        (1, 1000, NOW, [1.0, float("nan")]),
        (2, NOW, NOW, [float("inf"), 5.0]),
    ]
    entry = intake(tmp_path, tuple(fleet.catalogue())).take(Step(NOW, [said(fleet, rows)]))[0]
    assert entry.readings.value.tolist() == [5.0]
    assert refused(entry) == {"future": 2, "time": 1, "not_finite": 1}


def test_series_beyond_the_limit_are_left_out(tmp_path: Path) -> None:
    fleet = pumps()
    table = SeriesTable(max_series=3)
    known = Intake(table, SensorTable(table), offline_kit.settings(tmp_path))
    entry = known.take(Step(NOW, [said(fleet, [(n, NOW, NOW, [1.0, 2.0]) for n in range(3)])]))[0]
    assert len(entry.readings) == 3
    assert len(table) == 3


def test_raw_payloads_go_through_the_real_decoder(tmp_path: Path) -> None:
    topic = "nadi/v1/3578/water/Genteng/pump-0"
    raw = [
        RawMessage("gw-0", topic, b'{"ts": %d, "values": {"flow": 36}}' % NOW, NOW),
        RawMessage("gw-0", topic, b'{"ts": ', NOW),
        RawMessage("gw-0", topic, b'{"ts": %d, "values": {"flow": 7}}' % (NOW - 60_000), NOW, retain=True),
        RawMessage("gw-0", "nadi/v1/3578/gateway/gw-0/status", b"offline", NOW, retain=True),
    ]
    entry = intake(tmp_path, tuple(pumps().catalogue())).take(Step(NOW, raw=raw))[0]
    assert entry.readings.value.tolist() == pytest.approx([10.0, 7 / 3.6])
    assert refused(entry) == {"json": 1}
    assert [(state.gateway, state.online) for state in entry.gateways] == [("gw-0", False)]


def test_gateways_states_are_handed_on(tmp_path: Path) -> None:
    entry = intake(tmp_path, ()).take(Step(NOW, states=[GatewayState("3578", "gw-1", online=True, arrival=NOW)]))[0]
    assert [tuple(state) for state in entry.gateways] == [("3578", "gw-1", True)]


def test_new_names_are_declared_once(tmp_path: Path) -> None:
    fleet = pumps()
    taking = intake(tmp_path, ())
    step = Step(NOW, [said(fleet, [(0, NOW, NOW, [1.0, 2.0])])])
    assert len(taking.take(step)[0].declared) == 6 + 2  # series of all three devices, and two gateways
    assert taking.take(step)[0].declared == ()


def test_a_step_is_cut_by_arrival(tmp_path: Path) -> None:
    """Each piece holds what arrived up to its cut, and states and raw payloads go with it."""
    fleet = pumps()
    rows = [(n, NOW - 30_000, NOW - back, [1.0, 2.0]) for n, back in enumerate((20_000, 10_000, 9_999))]
    states = [GatewayState("3578", name, online=True, arrival=NOW - back) for name, back in (("a", 15_000), ("b", 0))]
    raw = [RawMessage("gw-0", "nadi/v1/3578/water/Genteng/pump-0", b"?", NOW - 5_000)]
    step = Step(NOW, [said(fleet, rows)], states, raw)
    first, second, last = intake(tmp_path, ()).take(step, (NOW - 10_000, NOW - 7_000))
    assert [len(entry.readings) for entry in (first, second, last)] == [4, 2, 0]
    assert [[state.gateway for state in entry.gateways] for entry in (first, second, last)] == [["a"], [], ["b"]]
    assert [refused(entry) for entry in (first, second, last)] == [{}, {}, {"json": 1}]


def refused(entry: ReadingsEntry) -> dict[str, int]:
    counts: dict[str, int] = {}
    for refusal in entry.refusals:
        counts[refusal.reason] = counts.get(refusal.reason, 0) + refusal.readings
    return counts
