"""Night flow, leakage, slow leaks and the balance, against numbers worked by hand."""

from __future__ import annotations

from operator import attrgetter
from types import SimpleNamespace

import numpy as np
import pytest

from config.thresholds.water import LeakThresholds, NightThresholds
from processors.domains.water.leaks import Cusum, background, day_factor, legitimate
from telemetry.sensors import Sensor
from telemetry.series import Identity
from tests.processors.domains.water.kit import HOUR, MIDNIGHT, MINUTE, Course, Water, constant

DAY = 24 * HOUR
NAN = float("nan")


def test_legitimate_use_is_sanflows() -> None:
    """6 % of 10,000 people at 10 L/h: 6,000; 20 shops at 50: 1,000; 7,000 L/h = 1.944 L/s."""
    assert legitimate(NightThresholds(population=10_000, nondomestic=20)) == pytest.approx(7000 / 3600)


def test_background_follows_pressure_by_one_and_a_half() -> None:
    """30 km at 40 L/km h: 1,200 L/h at 50 m of head; at a quarter of that, an eighth."""
    rules = NightThresholds(mains_km=30)
    assert background(rules, 490.3) == pytest.approx(1200 / 3600)
    assert background(rules, 490.3 / 4) == pytest.approx(1200 / 3600 / 8)


def test_a_day_leaks_as_its_pressure_allows() -> None:
    """12 h at the night's 300 kPa, 12 h at 150: 12 + 12 x 0.5^N1."""
    pressures = np.array([300.0] * 12 + [150.0] * 12)
    assert day_factor(pressures, 300.0, 1.0) == pytest.approx(18.0)
    assert day_factor(pressures, 300.0, 0.5) == pytest.approx(12 + 12 * 0.5**0.5)
    assert day_factor(np.full(24, NAN), 300.0, 1.0) == 24.0


def test_cusum_adds_up_what_lies_above_the_slack() -> None:
    """Reference 10, deviation 5 % of it = 0.5: 10.75 is 1.5 deviations, so 1.0 a night; 16 is 12, of which 4 count."""
    rules = SimpleNamespace(leak=LeakThresholds())
    cusum = Cusum(lambda key: np.array([attrgetter(key)(rules)]))
    cusum.columns.grow(1)
    row, sums = np.array([0]), []
    for night in (10.0, 10.0, 10.0, 10.75, 12.0, 16.0, 10.0):
        cusum.take(row, np.array([night]))
        sums.append(float(cusum.columns["sum"][0]))
    assert sums == pytest.approx([0, 0, 0, 1.0, 4.5, 8.0, 7.5])


def test_places_without_a_night_count_for_nothing() -> None:
    """Snapshots of earlier versions have NaN there."""
    rules = SimpleNamespace(leak=LeakThresholds())
    told = []
    for nothing in (0.0, NAN, 1e9):
        cusum = Cusum(lambda key: np.array([attrgetter(key)(rules)]))
        cusum.columns.grow(1)
        cusum.columns["nights"][:] = nothing
        for night in (10.0, 11.0, 10.5, 10.75, 12.0):
            cusum.take(np.array([0]), np.array([night]))
        told.append([float(cusum.columns[name][0]) for name in ("usual", "dev", "sum")])
    assert np.isfinite(told[0]).all()
    assert told[0] == told[1] == told[2]


def growing(base: float, begin: int, per_day: float) -> Course:
    return lambda since: base + per_day * max(since - begin, 0) / DAY


def counter(flow: Course, every: int, start: float = 0.0, modulus: float = 1e9) -> Course:
    """m3 of a flow in L/s, asked for in order of time."""
    total = [start]

    def value(since: int) -> float:
        total[0] = (total[0] + flow(since) * every / 1e6) % modulus
        return total[0]

    return value


def test_night_flow_and_leakage_of_a_zone() -> None:
    """8 + 4 L/s at two inlets, 10,000 people (1.667 L/s): 10.333 L/s leak, 24 h of it are 892.8 m3."""
    water = Water(
        {"A/m1/flow": constant(8.0), "A/m2/flow": constant(4.0), "A/p1/pressure": constant(300.0)},
        ["water.night.population=10000"],
    )
    water.run(0, 5 * HOUR, 5 * MINUTE)
    assert water.indicator("night-flow")["value"] == pytest.approx(12.0)
    assert water.indicator("night-leakage")["value"] == pytest.approx(12 - 6000 / 3600)
    assert water.indicator("daily-leakage")["value"] == pytest.approx((12 - 6000 / 3600) * 86.4)


def test_a_night_without_pressure_or_half_heard_does_not_count() -> None:
    dry = Water({"A/m1/flow": constant(8.0), "A/p1/pressure": constant(5.0), "A/p2/pressure": constant(5.0)})
    dry.run(0, 5 * HOUR, 5 * MINUTE)
    half = Water({"A/m1/flow": lambda since: 8.0 if since < 3 * HOUR else NAN})
    half.run(0, 5 * HOUR, 5 * MINUTE)
    assert [row for each in (dry, half) for row in each.analytics.indicators() if "night" in row["indicator"]] == []


def test_a_leak_that_two_inlets_feed_is_told_in_its_third_night() -> None:
    """Night flow 14, of 10 + 4; it grows by a tenth a day from the fifth night on."""
    courses = {"A/m1/flow": growing(10, 4 * DAY, 1.0), "A/m2/flow": growing(4, 4 * DAY, 0.4)}
    water = Water(courses)
    water.run(0, 8 * DAY, 10 * MINUTE)
    assert set(water.begun("slow-leak")) == {"A/m1/flow", "A/m2/flow"}
    assert water.first("slow-leak") < 7 * DAY


def test_one_meter_that_drifts_is_no_leak() -> None:
    water = Water({"A/m1/flow": growing(10, 4 * DAY, 2.0), "A/m2/flow": constant(4.0)})
    water.run(0, 9 * DAY, 10 * MINUTE)
    assert water.begun("slow-leak") == []


def test_a_flow_that_its_own_counter_contradicts_is_a_fault() -> None:
    true = constant(10.0)
    courses = {"A/meter-1/flow": growing(10, 4 * DAY, 2.0), "A/meter-1/volume": counter(true, 10 * MINUTE)}
    water = Water(courses)
    water.run(0, 9 * DAY, 10 * MINUTE)
    assert water.begun("slow-leak") == []
    assert water.holds("sensor-fault") == {"A/meter-1/flow"}
    assert water.indicator("night-flow")["value"] == pytest.approx(10.0)


def test_the_balance_of_a_day_through_a_rollover() -> None:
    """10 L/s in is 864 m3; two customers of 3 and 4 L/s: 604.8 m3 billed, so 30 % is lost."""
    sensors = [Sensor(Identity("3578", "water", "A", "meter-1", "volume"), modulus=1000.0)]
    courses = {
        "A/meter-1/volume": counter(constant(10.0), 5 * MINUTE, 700.0, 1000.0),
        "A/customer-1/volume": counter(constant(3.0), 5 * MINUTE),
        "A/customer-2/volume": counter(constant(4.0), 5 * MINUTE),
    }
    water = Water(courses, ["water.balance.connections=2"], sensors)
    water.run(-HOUR, DAY + 3 * HOUR, 5 * MINUTE)
    told = water.indicator("non-revenue-water")
    assert told["denominator"] == pytest.approx(864)
    assert told["billed"] == pytest.approx(604.8)
    assert told["value"] == pytest.approx(30.0)
    assert (told["customers_told"], told["inlets_told"], told["day"]) == (2, 1, "2025-11-22")
    assert len(water.begun("water-balance")) == 1


def test_a_balance_of_some_customers_is_not_judged() -> None:
    courses = {
        "A/meter-1/volume": counter(constant(10.0), 5 * MINUTE),
        "A/customer-1/volume": counter(constant(3.0), 5 * MINUTE),
    }
    for settings in ([], ["water.balance.connections=10"]):
        water = Water(courses, settings)
        water.run(-HOUR, DAY + 3 * HOUR, 5 * MINUTE)
        assert water.begun("water-balance") == []


def test_a_counter_that_was_reset_adds_nothing() -> None:
    """It falls by less than half of its modulus: a new meter, not a rollover."""
    flow = counter(constant(10.0), 5 * MINUTE, 400.0)
    water = Water(
        {"A/meter-1/volume": lambda since: flow(since) - (400.0 if since >= 12 * HOUR else 0.0)},
        sensors=[Sensor(Identity("3578", "water", "A", "meter-1", "volume"), modulus=1e6)],
    )
    water.run(-HOUR, DAY + 3 * HOUR, 5 * MINUTE)
    assert water.indicator("non-revenue-water")["denominator"] == pytest.approx(861)


def test_a_meter_that_is_exchanged_late_in_its_count_is_no_rollover() -> None:
    """A home at 60,000 of 100,000 m3; for six hours it is out, and the new meter begins at 0. A rollover
    would mean that 40,000 m3 went through it meanwhile; it is not seen to count a thousandth of that."""

    def exchanged(since: int) -> float:
        if 8 * HOUR <= since < 14 * HOUR:
            return float("nan")
        return (since + HOUR) / HOUR * 0.05 + (60_000.0 if since < 14 * HOUR else -0.75)

    water = Water(
        {"A/meter-1/volume": counter(constant(10.0), 5 * MINUTE), "A/customer-1/volume": exchanged},
        sensors=[Sensor(Identity("3578", "water", "A", "customer-1", "volume"), modulus=1e5)],
    )
    water.run(-HOUR, DAY + 3 * HOUR, 5 * MINUTE)
    assert water.indicator("non-revenue-water")["billed"] == pytest.approx(0.05 * 18, abs=0.01)


def test_a_home_that_has_counted_nothing_yet_still_rolls_over() -> None:
    """99,999.9 m3 until noon, then on by 0.05 m3 an hour through 0."""

    def course(since: int) -> float:
        return (99_999.9 + max(0, since - 12 * HOUR) / HOUR * 0.05) % 1e5

    water = Water(
        {"A/meter-1/volume": counter(constant(10.0), 5 * MINUTE), "A/customer-1/volume": course},
        sensors=[Sensor(Identity("3578", "water", "A", "customer-1", "volume"), modulus=1e5)],
    )
    water.run(-HOUR, DAY + 3 * HOUR, 5 * MINUTE)
    assert water.indicator("non-revenue-water")["billed"] == pytest.approx(0.6, abs=0.01)


def lossy(silent_from: int) -> Water:
    """10 L/s in, 7 L/s billed, each day until the zone is heard no more."""

    def heard(course: Course) -> Course:
        return lambda since: course(since) if since < silent_from else float("nan")

    flows = {"meter-1": 10.0, "customer-1": 3.0, "customer-2": 4.0}
    courses = {f"A/{name}/volume": heard(counter(constant(flow), HOUR)) for name, flow in flows.items()}
    return Water(courses, ["water.balance.connections=2"])


def balances(water: Water) -> list[tuple[int, bool]]:
    """Day and edge of what was told."""
    told = [signal for signal in water.signals if signal.kind == "water-balance"]
    return [((signal.time - MIDNIGHT) // DAY, signal.active) for signal in told]


def test_what_was_lost_yesterday_is_told_anew_each_day() -> None:
    """An incident of three weeks must not tell of the first day's water as of yesterday's."""
    water = lossy(10 * DAY)
    water.run(-HOUR, 4 * DAY, HOUR)
    assert balances(water) == [(1, True), (2, True), (3, True)]


def test_a_zone_whose_balance_nobody_can_strike_any_more_is_not_lossy_for_ever() -> None:
    water = lossy(2 * DAY)
    water.run(-HOUR, 9 * DAY, HOUR)
    assert balances(water) == [(1, True), (5, False)]


def test_a_leak_that_grows_on_is_told_as_great_as_it_is() -> None:
    """From the fourth night on it grows by 2 L/s a day; each night is told once it leaks."""
    courses = {f"A/m{number}/flow": growing(10.0, 3 * DAY, 2.0) for number in (1, 2)}
    water = Water(courses)
    water.run(0, 12 * DAY, 10 * MINUTE)
    told = [signal for signal in water.signals if signal.kind == "slow-leak" and signal.member == 0]
    nights = [(signal.time - MIDNIGHT) // DAY for signal in told]
    assert len(nights) > 3
    assert nights == list(range(nights[0], 12))
    assert told[-1].reason == "A: night flow has grown to 52.5 L/s, usually 20 L/s; a leak is likely growing."
