"""Every fault does exactly what its table says, to whom it is meant to, and to nobody else."""

from collections.abc import Callable

import msgspec
import numpy as np
import pytest

from simulators.build import Layout
from simulators.faults.base import Case, span
from simulators.faults.delivery import WILL_AFTER
from simulators.faults.table import FAULTS, truth_of_fault
from simulators.feed import Samples
from simulators.scenarios import open_scenario
from tests.simulators.runs import HOUR, MINUTE, START, Run, of, run, same, scenario

FROM, TO = START + HOUR + 30_000, START + 2 * HOUR + 30_000
"""Amid a step."""
METER = "where: {fleet: Meters}"
GATEWAY = "where: {gateways: gw-genteng-1}"


@pytest.fixture(scope="module")
def calm() -> Run:
    return run(scenario())


def during(samples: Samples) -> np.ndarray:
    return (samples.arrival >= FROM) & (samples.arrival < TO)


def with_fault(kind: str, rest: str = METER, strength: float = 1.0) -> tuple[Case, Run]:
    source = scenario(f"faults: [{{kind: {kind}, at: 01:00:30, duration: 1h, strength: {strength}, {rest}}}]")
    return open_scenario(source, 1).faults[0], run(source)


def suffering(kind: str, calm: Run, rest: str = METER, strength: float = 1.0) -> tuple[Samples, Samples]:
    """The meter's messages before and with the fault; all others are found to be as they were."""
    case, faulty = with_fault(kind, rest, strength)
    assert len(case.devices) == 1
    untouched(calm, faulty, case)
    return of(calm.fleets["Meters"], case.devices), of(faulty.fleets["Meters"], case.devices)


def untouched(calm: Run, faulty: Run, case: Case) -> None:
    for name, samples in calm.fleets.items():
        others = {place.device for place in samples.fleet.places} - set(case.devices)
        assert same(of(samples, others), of(faulty.fleets[name], others))


def only_values_differ(before: Samples, after: Samples, column: int = 0) -> None:
    for name in ("device", "time", "arrival"):
        assert np.array_equal(getattr(before, name), getattr(after, name))
    outside = ~during(before)
    assert np.array_equal(before.values[outside], after.values[outside])
    others = [number for number in range(before.values.shape[1]) if number != column]
    assert np.array_equal(before.values[:, others], after.values[:, others])


def usual(samples: Samples) -> float:
    return float(span(samples.fleet, samples.fleet.quantities[0])[samples.device[0]])


def test_a_drift_grows_by_a_fifth_of_the_span_a_day(calm: Run) -> None:
    before, after = suffering("drift", calm, strength=10)
    only_values_differ(before, after)
    off = (after.values - before.values)[during(before), 0]
    expected = 10 * 0.2 * usual(before) * (before.arrival[during(before)] - FROM) / (24 * HOUR)
    assert off == pytest.approx(expected, abs=0.01)
    assert off[-1] > off[0]
    assert np.array_equal(after.values[:, 0], np.round(after.values[:, 0], after.fleet.quantities[0].decimals))


def test_a_bias_is_the_same_amount_each_time_and_may_be_below_zero(calm: Run) -> None:
    before, after = suffering("bias", calm, strength=-0.1)
    only_values_differ(before, after)
    off = (after.values - before.values)[during(before), 0]
    assert off == pytest.approx(-0.02 * usual(before), abs=0.01)


def test_a_stuck_sensor_says_its_first_value_again(calm: Run) -> None:
    before, after = suffering("stuck", calm)
    only_values_differ(before, after)
    assert set(after.values[during(after), 0].tolist()) == {before.values[during(before), 0][0]}


def test_noise_is_an_eighth_of_the_span(calm: Run) -> None:
    before, after = suffering("noise", calm, rest="where: {fleet: Meters}, quantity: pressure", strength=0.5)
    only_values_differ(before, after, column=1)
    off = (after.values - before.values)[during(before), 1]
    width = float(span(before.fleet, before.fleet.quantities[1])[before.device[0]])
    assert off.std() == pytest.approx(0.5 * 0.125 * width, rel=0.3)
    assert abs(off.mean()) < 0.05 * width


def test_spikes_are_few_and_far(calm: Run) -> None:
    before, after = suffering("spikes", calm)
    only_values_differ(before, after)
    off = np.abs(after.values - before.values)[during(before), 0]
    assert 0 < (off > 0).sum() < 15
    assert off.max() > 0.3 * usual(before)


@pytest.mark.parametrize(
    ("quantity", "column", "factor", "offset"), [("flow", 0, 3.6, 0.0), ("pressure", 1, 0.01, 0.0)]
)
def test_a_mistaken_unit(calm: Run, quantity: str, column: int, factor: float, offset: float) -> None:
    before, after = suffering("unit-mistake", calm, rest=f"where: {{fleet: Meters}}, quantity: {quantity}")
    only_values_differ(before, after, column)
    rows = during(before)
    assert after.values[rows, column] == pytest.approx(before.values[rows, column] * factor + offset, abs=1e-5)


def test_values_stay_within_what_the_sensor_can_say(calm: Run) -> None:
    _, after = suffering("bias", calm, strength=-100)
    assert after.values[during(after), 0].max() == 0.0


def test_a_dropout_only_loses_messages(calm: Run) -> None:
    before, after = suffering("dropout", calm)
    lost = ~np.isin(before.time, after.time)
    assert during(before)[lost].all()
    assert 20 < lost.sum() < 50
    assert same(Samples(before.fleet, *(column[~lost] for column in columns(before))), after)


def columns(samples: Samples) -> tuple[np.ndarray, ...]:
    return samples.device, samples.time, samples.arrival, samples.values


CLOCKS: list[tuple[str, float, Callable[[np.ndarray], np.ndarray]]] = [
    ("clock-skew", 2.0, lambda arrival: np.round(0.004 * (arrival - FROM))),
    ("clock-jump", 0.5, lambda arrival: np.full(len(arrival), -30 * MINUTE)),
    ("clock-jump", -1.0, lambda arrival: np.full(len(arrival), 60 * MINUTE)),
]


@pytest.mark.parametrize(("kind", "strength", "ahead"), CLOCKS)
def test_a_wrong_clock_changes_only_time(
    calm: Run, kind: str, strength: float, ahead: Callable[[np.ndarray], np.ndarray]
) -> None:
    before, after = suffering(kind, calm, strength=strength)
    assert np.array_equal(before.arrival, after.arrival)
    assert np.array_equal(before.values, after.values)
    rows = during(before)
    assert np.array_equal(before.time[~rows], after.time[~rows])
    assert np.array_equal((after.time - before.time)[rows], ahead(before.arrival[rows]))


def by_identity(samples: Samples) -> list[tuple[int, int, bytes]]:
    """Without arrival, in an order of its own."""
    keys = zip(samples.device.tolist(), samples.time.tolist(), samples.values, strict=True)
    return sorted((device, time, values.tobytes()) for device, time, values in keys)


def test_duplicates_are_identical_but_for_their_arrival(calm: Run) -> None:
    case, faulty = with_fault("duplicates", GATEWAY)
    untouched(calm, faulty, case)
    repeated = 0
    for name, samples in calm.fleets.items():
        before, after = by_identity(samples), by_identity(faulty.fleets[name])
        assert sorted(set(after)) == before
        repeated += len(after) - len(before)
    assert 100 < repeated < 220


def test_out_of_order_loses_nothing_and_delays_up_to_two_minutes(calm: Run) -> None:
    case, faulty = with_fault("out-of-order", GATEWAY)
    untouched(calm, faulty, case)
    overtaken = 0
    for name, samples in calm.fleets.items():
        assert by_identity(samples) == by_identity(faulty.fleets[name])
        late = faulty.fleets[name]
        assert (late.arrival - late.time).max() < 2 * MINUTE + 3000
        for device in set(late.device.tolist()):
            overtaken += int((np.diff(late.time[late.device == device]) < 0).sum())
    assert overtaken > 50


def states(faulty: Run) -> list[tuple[str, bool, int, bool]]:
    return [(state.gateway, state.online, state.arrival, state.clean) for state in faulty.states]


def test_a_lost_gateways_readings_are_lost_and_its_last_will_speaks(calm: Run) -> None:
    case, faulty = with_fault("gateway-lost", GATEWAY)
    untouched(calm, faulty, case)
    for name, samples in calm.fleets.items():
        before = of(samples, case.devices)
        kept = Samples(before.fleet, *(column[~during(before)] for column in columns(before)))
        assert same(kept, of(faulty.fleets[name], case.devices))
    assert states(faulty) == [("gw-genteng-1", False, FROM + WILL_AFTER, False), ("gw-genteng-1", True, TO, False)]


def test_a_backfill_loses_nothing_and_comes_after_the_outage(calm: Run) -> None:
    case, faulty = with_fault("backfill", GATEWAY)
    untouched(calm, faulty, case)
    for name, samples in calm.fleets.items():
        assert by_identity(samples) == by_identity(faulty.fleets[name])
        after = of(faulty.fleets[name], case.devices)
        assert not during(after).any()
        held = (after.time >= FROM) & (after.time < TO - 3000)
        assert (after.arrival[held] > TO).all()
        assert (after.arrival[held] < TO + 3 * MINUTE).all()
    assert [online for _, online, _, _ in states(faulty)] == [False, True]


def test_flapping_delays_and_keeps_the_order(calm: Run) -> None:
    case, faulty = with_fault("flapping", GATEWAY)
    untouched(calm, faulty, case)
    delayed = 0
    for name, samples in calm.fleets.items():
        before, after = of(samples, case.devices), of(faulty.fleets[name], case.devices)
        assert by_identity(before) == by_identity(after)
        delayed += int((after.arrival - after.time > 3000).sum())
        for device in set(after.device.tolist()):
            assert (np.diff(after.time[after.device == device]) > 0).all()
    assert delayed > 20
    seen = [online for _, online, _, _ in states(faulty)]
    assert len(seen) > 20
    assert seen == [False, True] * (len(seen) // 2)
    assert all(FROM <= arrival < TO for _, _, arrival, _ in states(faulty))


def test_in_a_storm_all_gateways_go_at_once_and_come_back(calm: Run) -> None:
    source = scenario("faults: [{kind: reconnect-storm, at: 01:00:30, duration: 6m}]")
    faulty = run(source)
    (case,) = open_scenario(source, 1).faults
    gateways = {place.gateway for samples in calm.fleets.values() for place in samples.fleet.places}
    assert set(case.gateways) == gateways - {"gw-ciliwung"}
    first = [state for state in faulty.states if state.arrival == FROM]
    assert {state.gateway for state in first if not state.online} == set(case.gateways)
    for gateway in case.gateways:
        seen = [state.online for state in faulty.states if state.gateway == gateway]
        assert seen[-1]
        assert seen == [False, True] * (len(seen) // 2)
    assert len(faulty.states) > 4 * len(gateways)
    for name, samples in calm.fleets.items():
        assert by_identity(samples) == by_identity(faulty.fleets[name])
        arrived = dict(zip(identities(faulty.fleets[name]), faulty.fleets[name].arrival.tolist(), strict=True))
        for key, when in zip(identities(samples), samples.arrival.tolist(), strict=True):
            assert arrived[key] == back_after(faulty, samples.fleet.places[key[0]].gateway, when)


def identities(samples: Samples) -> list[tuple[int, int]]:
    return list(zip(samples.device.tolist(), samples.time.tolist(), strict=True))


def back_after(faulty: Run, gateway: str, when: int) -> int:
    """When a gateway can send what it has at `when`: at once, or when it is back."""
    seen = [state for state in faulty.states if state.gateway == gateway]
    for gone, back in zip(seen[::2], seen[1::2], strict=True):
        if gone.arrival <= when < back.arrival:
            return back.arrival
    return when


def test_malformed_payloads_take_the_place_of_readings(calm: Run) -> None:
    case, faulty = with_fault("malformed", GATEWAY, strength=4)
    untouched(calm, faulty, case)
    missing = sum(len(calm.fleets[name]) - len(faulty.fleets[name]) for name in calm.fleets)
    assert missing == len(faulty.raw) > 100
    assert {message.gateway for message in faulty.raw} == {"gw-genteng-1"}
    assert all(FROM <= message.arrival < TO for message in faulty.raw)
    assert all(message.topic.startswith("nadi/v1/3578/") for message in faulty.raw)
    assert len({message.payload for message in faulty.raw}) > 20
    assert all(not is_reading(message.payload) for message in faulty.raw)


class Payload(msgspec.Struct):
    ts: int
    values: dict[str, float]


def is_reading(payload: bytes) -> bool:
    try:
        return bool(msgspec.json.decode(payload, type=Payload).values)
    except msgspec.DecodeError:
        return False


def test_leftovers_are_retained_and_old_until_they_are_cleared(calm: Run) -> None:
    case, faulty = with_fault("leftovers", GATEWAY)
    assert all(same(calm.fleets[name], faulty.fleets[name]) for name in calm.fleets)
    assert all(message.retain for message in faulty.raw)
    old = [message for message in faulty.raw if message.arrival == FROM]
    assert len(old) == len(case.devices) == len({message.topic for message in old})
    for message in old:
        payload = msgspec.json.decode(message.payload, type=Payload)
        assert payload.values
        assert START - 31 * 24 * HOUR < payload.ts < FROM - 23 * HOUR
    cleared = [message for message in faulty.raw if message.payload == b""]
    assert {message.topic for message in cleared} == {message.topic for message in old}
    assert {message.arrival for message in cleared} == {TO}


def test_faults_add_up() -> None:
    """A stuck sensor behind a line that is down: stuck values, and late."""
    source = scenario(
        "faults:\n"
        "  - {kind: backfill, at: 01:00:30, duration: 1h, where: {zone: Genteng, fleet: Meters}}\n"
        "  - {kind: stuck, at: 01:00:30, duration: 1h, where: {zone: Genteng, fleet: Meters}}\n"
    )
    stuck = next(case for case in open_scenario(source, 1).faults if case.kind == "stuck")
    meter = of(run(source).fleets["Meters"], stuck.devices)
    held = (meter.time > FROM) & (meter.time < TO - 3000)
    assert held.sum() > 55
    assert len(set(meter.values[held, 0].tolist())) == 1
    assert (meter.arrival[held] > TO).all()


@pytest.mark.parametrize("kind", FAULTS)
def test_each_fault_is_told_as_a_fault(kind: str) -> None:
    case, _ = with_fault(kind, rest="where: {}")
    (record,) = open_scenario(scenario(f"faults: [{{kind: {kind}, at: 01:00:30, duration: 1h}}]"), 1).truth()
    assert record == truth_of_fault(case)
    assert (record.category, record.start, record.end) == ("fault", FROM, TO)
    assert record.tell == (kind in {"gateway-lost", "backfill"})
    assert bool(record.gateways) == (FAULTS[kind].scope != "sensor")


def test_a_layout_names_all_devices_of_a_gateway() -> None:
    layout: Layout = open_scenario(scenario(), 1).layout
    places = [place for devices in layout.gateways().values() for _, place in devices]
    assert len(places) == len({(place.city, place.device) for place in places}) == 40
    assert max(len(devices) for devices in layout.gateways().values()) <= 8
