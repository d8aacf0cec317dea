"""Interruptions, pressure and quality on drawn time lines."""

from __future__ import annotations

import pytest

from telemetry.sensors import Sensor
from telemetry.series import Identity
from tests.processors.domains.water.kit import HOUR, MIDNIGHT, MINUTE, Course, Water, constant, step

NOON = 12 * HOUR
DAY = 24 * HOUR
CUT: dict[str, Course] = {
    "A/p1/pressure": step(250, 0, NOON, NOON + 2 * HOUR),
    "A/p2/pressure": step(240, 1, NOON, NOON + 2 * HOUR),
    "A/p3/pressure": constant(260.0),
}


def test_an_interruption_begins_and_ends_and_counts_households() -> None:
    """Two hours dry for 500 households: 1,000 household hours (ISO 37120)."""
    water = Water(CUT, ["water.supply.households=500"])
    water.run(11 * HOUR, NOON + HOUR)
    assert water.holds("supply-interrupted") == {"A/p1/pressure", "A/p2/pressure"}
    assert water.first("supply-interrupted") == NOON
    water.run(NOON + HOUR, NOON + 3 * HOUR)
    assert water.holds("supply-interrupted") == set()
    told = water.indicator("interruption")
    assert told["value"] == pytest.approx(2.0, abs=0.05)
    assert told["household_hours"] == pytest.approx(1000, abs=25)


def test_without_households_each_sensor_is_one() -> None:
    water = Water(CUT)
    water.run(11 * HOUR, NOON + 3 * HOUR)
    assert water.indicator("interruption")["households"] == 3


def test_one_dry_sensor_among_others_is_a_sensor() -> None:
    water = Water({"A/p1/pressure": step(250, 0, NOON), "A/p2/pressure": constant(240.0)})
    water.run(11 * HOUR, NOON + HOUR)
    assert water.signals == []


def test_one_dry_sensor_and_an_inlet_that_stands_still_agree() -> None:
    water = Water(
        {
            "A/p1/pressure": step(250, 0, NOON),
            "A/p2/pressure": constant(240.0),
            "A/m1/flow": step(20, 0, NOON),
        }
    )
    water.run(11 * HOUR, NOON + HOUR)
    assert water.holds("supply-interrupted") == {"A/p1/pressure", "A/m1/flow"}


def test_pressure_below_the_least_is_told_where_two_agree() -> None:
    """50 kPa: 0.5 atm at the farthest point."""
    low = {"A/p1/pressure": step(120, 45, NOON), "A/p2/pressure": step(110, 40, NOON)}
    water = Water(low)
    water.run(11 * HOUR, NOON + HOUR)
    assert water.holds("water-pressure") == {"A/p1/pressure", "A/p2/pressure"}
    alone = Water({**low, "A/p2/pressure": constant(110.0)})
    alone.run(11 * HOUR, NOON + HOUR)
    assert alone.begun("water-pressure") == []


def test_a_valve_that_sticks_takes_most_of_the_pressure() -> None:
    """To 40 % of what it was, though above the least."""
    water = Water({"A/p1/pressure": step(250, 100, NOON), "A/p2/pressure": step(240, 96, NOON)})
    water.run(11 * HOUR, NOON + HOUR)
    assert water.holds("water-pressure") == {"A/p1/pressure", "A/p2/pressure"}


def test_too_much_pressure_is_the_catalogues_to_say() -> None:
    rated = [Sensor(Identity("3578", "water", "A", each, "pressure"), high=400.0) for each in ("p1", "p2")]
    rising = {f"A/{each}/pressure": step(300, 450, NOON, NOON + HOUR) for each in ("p1", "p2")}
    water = Water(rising, sensors=rated)
    water.run(11 * HOUR, NOON + 10 * MINUTE)
    assert water.holds("water-pressure") == {"A/p1/pressure", "A/p2/pressure"}
    water.run(NOON + 10 * MINUTE, 14 * HOUR)
    assert water.holds("water-pressure") == set()


def test_compliance_is_a_share_of_a_days_readings() -> None:
    """Six hours of a day at 40 kPa: 75 %."""
    water = Water({"A/p1/pressure": step(120, 40, NOON, NOON + 6 * HOUR)})
    water.run(0, 24 * HOUR + MINUTE)
    told = water.indicator("pressure-compliance")
    assert (told["numerator"], told["denominator"], told["low"]) == (1080, 1440, 360)
    assert told["value"] == 75.0
    assert told["day"] == "2025-11-22"


STATION = {"A/q1/turbidity": constant(0.8), "A/q1/ph": constant(7.3), "A/q1/chlorine": constant(0.35)}


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"A/q1/turbidity": 9.0}, set()),
        ({"A/q1/turbidity": 9.0, "A/q1/ph": 6.2}, {"A/q1/turbidity", "A/q1/ph"}),
        ({"A/q1/turbidity": 9.0, "A/q1/chlorine": 0.05}, {"A/q1/turbidity", "A/q1/chlorine"}),
        ({"A/q1/turbidity": 9.0, "A/q1/chlorine": 0.7}, set()),
        ({"A/q1/turbidity": 9.0, "A/q1/ph": 0.0}, set()),
        ({"A/q1/turbidity": 9.0, "A/q2/turbidity": 8.0}, {"A/q1/turbidity", "A/q2/turbidity"}),
        ({"A/q1/turbidity": 9.0, "B/q3/turbidity": 8.0}, set()),
    ],
    ids=["murk", "murk and acid", "murk, no chlorine", "much chlorine", "dead probe", "two stations", "two zones"],
)
def test_contamination_is_several_together(wrong: dict[str, float], told: set[str]) -> None:
    other = {"A/q2/turbidity": constant(0.8), "B/q3/turbidity": constant(0.8)}
    courses = (
        STATION
        | other
        | {name: step(other.get(name, STATION.get(name, constant(1)))(0), value, NOON) for name, value in wrong.items()}
    )
    water = Water(courses)
    water.run(11 * HOUR, NOON + 10 * MINUTE)
    assert water.holds("water-quality") == told
    assert len(water.anomalies) == len(wrong)


def test_quality_at_its_limits_complies() -> None:
    """Permenkes 2/2023: below 3 NTU, pH 6.5 to 8.5, chlorine 0.2 to 0.5 mg/L."""
    limits = {"A/q1/turbidity": 3.0, "A/q1/ph": 6.5, "A/q1/chlorine": 0.5, "A/q2/chlorine": 0.2, "A/q2/ph": 8.5}
    water = Water({name: constant(value) for name, value in limits.items()})
    water.run(0, HOUR)
    assert water.anomalies == []
    assert water.signals == []


def test_a_sensor_that_fell_silent_in_a_burst_does_not_hide_what_comes_later() -> None:
    """The inlet's meter dies while it bursts; two days later the zone has no water."""
    courses: dict[str, Course] = {
        "A/m1/flow": lambda since: float("nan") if since > NOON + HOUR else 44.0 if since >= NOON else 20.0,
        "A/p1/pressure": lambda since: 0.0 if since >= 3 * DAY else 180.0 if NOON <= since < NOON + HOUR else 280.0,
        "A/p2/pressure": step(250, 0, 3 * DAY),
    }
    water = Water(courses)
    water.run(10 * HOUR, 3 * DAY + HOUR, 2 * MINUTE)
    assert water.begun("burst") == ["A/m1/flow", "A/p1/pressure"]
    assert water.holds("burst") == set()
    assert set(water.begun("supply-interrupted")) == {"A/p1/pressure", "A/p2/pressure"}


def test_hours_without_water_are_not_counted_on_when_nobody_tells() -> None:
    def dies(since: int) -> float:
        return 250.0 if since < NOON else 0.0 if since < NOON + HOUR else float("nan")

    water = Water({"A/p1/pressure": dies})
    water.run(11 * HOUR, 5 * DAY, 5 * MINUTE)
    assert water.indicator("interruption")["value"] == pytest.approx(25.0, abs=0.5)


def test_a_sensor_that_is_back_and_well_can_tell_of_a_new_interruption() -> None:
    def course(since: int) -> float:
        if NOON + HOUR <= since < 2 * DAY:
            return float("nan")
        return 0.0 if NOON <= since < NOON + HOUR or since >= 3 * DAY else 250.0

    water = Water({"A/p1/pressure": course})
    water.run(11 * HOUR, 3 * DAY + HOUR, 5 * MINUTE)
    told = [
        (signal.active, (signal.time - MIDNIGHT) // HOUR)
        for signal in water.signals
        if signal.kind == "supply-interrupted"
    ]
    assert told == [(True, 12), (False, 48), (True, 72)]


def test_sensors_that_died_in_an_interruption_never_say_that_water_is_back() -> None:
    """Both sensors of the zone die dry and are replaced by others; three days later a main bursts, which is told."""

    def dies(before: float) -> Course:
        return lambda since: before if since < NOON else 0.0 if since < NOON + HOUR else float("nan")

    def mounted(before: float, after: float) -> Course:
        return lambda since: float("nan") if since < DAY else before if since < 4 * DAY + NOON else after

    courses = {
        **{f"A/p{number}/pressure": dies(250.0 - number) for number in (1, 2)},
        **{f"A/p{number}/pressure": mounted(250.0 + number, 170.0) for number in (3, 4)},
        "A/m1/flow": step(20.0, 44.0, 4 * DAY + NOON),
    }
    water = Water(courses)
    water.run(10 * HOUR, 4 * DAY + NOON + HOUR, 5 * MINUTE)
    assert set(water.begun("burst")) == {"A/m1/flow", "A/p3/pressure", "A/p4/pressure"}
    supplied = [signal for signal in water.signals if signal.kind == "supply-interrupted" and not signal.active]
    assert supplied == []


@pytest.mark.parametrize(
    ("quantity", "good", "bad", "kind"),
    [("turbidity", 0.8, 9.0, "water-quality"), ("pressure", 120.0, 40.0, "water-pressure")],
)
def test_what_sensors_that_died_long_ago_showed_vouches_for_nobody(
    quantity: str, good: float, bad: float, kind: str
) -> None:
    """Two see it and die; three days later a third one is bad, and a fourth is not: one sensor alone."""

    def dies(since: int) -> float:
        return good if since < NOON else bad if since < NOON + HOUR else float("nan")

    courses: dict[str, Course] = {
        f"A/q1/{quantity}": dies,
        f"A/q2/{quantity}": dies,
        f"A/q3/{quantity}": step(good, bad, 3 * DAY),
        f"A/q4/{quantity}": constant(good),
    }
    water = Water(courses)
    water.run(10 * HOUR, 3 * DAY + HOUR, 5 * MINUTE)
    assert water.begun(kind) == [f"A/q1/{quantity}", f"A/q2/{quantity}"]
    assert water.holds(kind) == {f"A/q1/{quantity}", f"A/q2/{quantity}"}, "the incidents know what silence means"


@pytest.mark.parametrize(
    ("quantity", "good", "bad", "kind"),
    [
        ("pressure", 250.0, 0.0, "supply-interrupted"),
        ("pressure", 120.0, 40.0, "water-pressure"),
        ("turbidity", 0.8, 9.0, "water-quality"),
    ],
)
def test_loggers_that_report_each_hour_agree_though_half_an_hour_lies_between(
    quantity: str, good: float, bad: float, kind: str
) -> None:
    """By the catalogue they are heard until three hours have gone by without a word; by default a quarter of one."""

    def hourly(minute: int) -> Course:
        return lambda since: (bad if since >= NOON else good) if since % HOUR == minute * MINUTE else float("nan")

    sensors = [Sensor(Identity("3578", "water", "A", each, quantity), interval=HOUR) for each in ("q1", "q2")]
    courses = {f"A/q1/{quantity}": hourly(0), f"A/q2/{quantity}": hourly(30), f"A/q3/{quantity}": constant(good)}
    water = Water(courses, sensors=sensors)
    water.run(8 * HOUR, NOON + 2 * HOUR, 10 * MINUTE)
    assert set(water.begun(kind)) == {f"A/q1/{quantity}", f"A/q2/{quantity}"}
