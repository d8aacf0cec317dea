"""Bursts on drawn time lines: two sensors that agree are a burst, one alone is a sensor."""

from __future__ import annotations

import math

import pytest

from tests.processors.domains.water.kit import HOUR, MINUTE, Course, Water, constant, step

NOON = 12 * HOUR


def noisy(course: Course, amount: float) -> Course:
    """With a ripple that has no luck in it."""
    return lambda since: course(since) + amount * math.sin(1.7 * since / MINUTE)


def zone(**courses: Course) -> dict[str, Course]:
    usual = {
        "A/m1/flow": constant(20.0),
        "A/m1/pressure": constant(300.0),
        "A/p1/pressure": constant(280.0),
    }
    return usual | {f"A/{name.replace('_', '/')}": course for name, course in courses.items()}


def test_flow_up_and_pressure_down_at_another_sensor_is_a_burst_within_five_minutes() -> None:
    """
    flow       20 ────┐ 44      4 sigma of 20 L/s: 4 x 0.075 (ramp 0.3/h x 0.25 h) x 20 = 6 L/s
    pressure  280 ────┘ 220     4 x 0.015 x 280 = 16.8 kPa
    """
    water = Water(
        zone(
            m1_flow=noisy(step(20, 44, NOON), 0.1),
            m1_pressure=noisy(step(300, 290, NOON), 0.5),
            p1_pressure=noisy(step(280, 220, NOON), 0.5),
        )
    )
    water.run(10 * HOUR, NOON)
    assert water.signals == []
    water.run(NOON, NOON + 5 * MINUTE)
    assert water.begun("burst") == ["A/m1/flow", "A/p1/pressure"]
    assert water.first("burst") == NOON
    assert "rose by 24.07 L/s from 20.01 L/s" in water.signals[0].reason


@pytest.mark.parametrize(
    "courses",
    [
        {"m1_flow": step(20, 72, NOON)},
        {"p1_pressure": step(280, 2.8, NOON)},
        {"m1_flow": step(20, 72, NOON), "m1_pressure": step(300, 200, NOON)},
        {"m1_flow": step(20, 72, NOON), "p1_pressure": step(280, 350, NOON)},
        {"m1_flow": step(20, 72, NOON, NOON + 2 * MINUTE), "p1_pressure": step(280, 200, NOON, NOON + 2 * MINUTE)},
        {"m1_flow": step(20, 72, NOON), "p1_pressure": step(280, 200, NOON + HOUR)},
    ],
    ids=["unit of flow", "unit of pressure", "one device alone", "pressure rises", "two samples", "an hour apart"],
)
def test_what_is_no_burst(courses: dict[str, Course]) -> None:
    water = Water(zone(**courses))
    water.run(10 * HOUR, NOON + 2 * HOUR)
    assert water.begun("burst") == []


def test_a_zone_with_one_device_is_judged_by_that() -> None:
    water = Water({"A/m1/flow": step(20, 60, NOON), "A/m1/pressure": step(300, 200, NOON)})
    water.run(10 * HOUR, NOON + 10 * MINUTE)
    assert water.begun("burst") == ["A/m1/flow", "A/m1/pressure"]


def test_a_burst_works_on_the_first_day_and_ends_with_the_repair() -> None:
    water = Water(zone(m1_flow=step(20, 50, HOUR, 3 * HOUR), p1_pressure=step(280, 200, HOUR, 3 * HOUR)))
    water.run(0, 3 * HOUR - MINUTE)
    assert water.holds("burst") == {"A/m1/flow", "A/p1/pressure"}
    water.run(3 * HOUR - MINUTE, 3 * HOUR + 10 * MINUTE)
    assert water.holds("burst") == set()


def test_a_morning_that_rises_fast_is_no_burst() -> None:
    """Demand that doubles in two hours, and the pressure that it takes."""

    def rise(since: int) -> float:
        return min(max((since - 4 * HOUR) / (2 * HOUR), 0.0), 1.0)

    water = Water(zone(m1_flow=lambda since: 10 + 10 * rise(since), p1_pressure=lambda since: 300 - 60 * rise(since)))
    water.run(0, 8 * HOUR)
    assert water.signals == []


def test_a_step_that_comes_each_day_at_this_hour_is_usual() -> None:
    """A tank that is filled from 12:00: three days of the kind teach it, a greater step is a burst all the same."""

    def daily(low: float, high: float) -> Course:
        return lambda since: high if NOON <= since % (24 * HOUR) < NOON + 3 * HOUR else low

    weekday = 2 * 24 * HOUR
    water = Water(zone(m1_flow=daily(20, 40), p1_pressure=daily(280, 230)))
    water.run(weekday, weekday + 3 * 24 * HOUR, 5 * MINUTE)
    assert len(water.begun("burst")) == 2 * 3
    water.signals.clear()
    water.run(weekday + 3 * 24 * HOUR, weekday + 3 * 24 * HOUR + 14 * HOUR, 5 * MINUTE)
    assert water.begun("burst") == []


def test_tanks_that_fill_after_an_interruption_are_no_burst() -> None:
    """
    pressure 280 ┐    ┌ 250 ┐ 180        flow 20 ┐   ┌ 20 ┐ 40
                 └ 0 ─┘                          └ 0 ┘
    """

    def course(usual: float, back: float, filling: float) -> Course:
        def value(since: int) -> float:
            if since < NOON:
                return usual
            if since < NOON + HOUR:
                return 0.0
            return back if since < NOON + HOUR + 30 * MINUTE else filling

        return value

    water = Water(
        zone(m1_flow=course(20, 20, 40), p1_pressure=course(280, 250, 180), m1_pressure=course(300, 270, 200))
    )
    water.run(10 * HOUR, NOON + 3 * HOUR)
    assert set(water.begun("supply-interrupted")) >= {"A/p1/pressure", "A/m1/pressure"}
    assert water.begun("burst") == []


def test_thresholds_of_a_site_hold_there() -> None:
    courses = {
        f"{zone}/{name}": course
        for zone in ("A", "B")
        for name, course in (
            ("m1/flow", step(20, 44, NOON)),
            ("m1/pressure", constant(300.0)),
            ("p1/pressure", step(280, 220, NOON)),
        )
    }
    water = Water(courses, ["sites.3578/B.water.burst.z=30"])
    water.run(10 * HOUR, NOON + 10 * MINUTE)
    assert water.begun("burst") == ["A/m1/flow", "A/p1/pressure"]
