"""Each indicator comes from what a rule, a window or an incident knows."""

from __future__ import annotations

import numpy as np
import pytest

from journal.entries import TickEntry
from processors.base import Outputs
from processors.incidents import IncidentsProcessor
from processors.indicators import IndicatorsProcessor
from telemetry.batch import IncidentEvents
from tests.processors.domains.disaster import kit as disaster
from tests.processors.domains.energy import kit as energy
from tests.processors.domains.water import kit as water
from tests.processors.indicators.kit import HOUR, MINUTE, NOON, Watched, sensed, windows


def test_water_that_does_not_come_costs_household_hours() -> None:
    dry = water.step(300.0, 0.0, HOUR, 2 * HOUR)
    courses = {"A/point-1/pressure": dry, "A/point-2/pressure": dry, "B/point-3/pressure": water.constant(300.0)}
    city = water.Water(courses, ["water.supply.households=100"])
    watched = Watched(city.table, [city.analytics])
    for minute in range(180):
        city.run(minute * MINUTE, (minute + 1) * MINUTE)
        watched.tick(water.MIDNIGHT + minute * MINUTE + 2_000)
    [(hours, households)] = watched.days("interruption", "A")
    assert hours == pytest.approx(100, rel=0.05)
    assert households == 100
    assert watched.days("interruption") == [(hours, 200)]
    [(good, readings)] = watched.days("pressure-compliance", "A")
    assert (good, readings) == (240, 360)


def test_a_rule_that_begins_anew_takes_back_nothing() -> None:
    city = water.Water({"A/point-3/pressure": water.constant(300.0)})
    watched = Watched(city.table, [city.analytics])
    for minute in range(30):
        city.run(minute * MINUTE, (minute + 1) * MINUTE)
        watched.tick(water.MIDNIGHT + minute * MINUTE + 2_000)
    anew = water.Water({"A/point-3/pressure": water.constant(300.0)})
    other = Watched(anew.table, [anew.analytics])
    other.processor.restore(watched.processor.snapshot())
    for minute in range(30, 40):
        anew.run(minute * MINUTE, (minute + 1) * MINUTE)
        other.tick(water.MIDNIGHT + minute * MINUTE + 2_000)
    assert other.days("pressure-compliance", "A") == [(40, 40)]


def test_a_zone_whose_dry_sensor_dies_is_not_without_water_for_ever() -> None:
    dry = water.step(300.0, 0.0, HOUR, 30 * HOUR)
    city = water.Water({"A/point-1/pressure": lambda since: dry(since) if since < 2 * HOUR else np.nan})
    watched = Watched(city.table, [city.analytics])
    for minute in range(8 * 60):
        city.run(minute * MINUTE, (minute + 1) * MINUTE)
        watched.tick(water.MIDNIGHT + minute * MINUTE + 2_000)
    [(hours, _)] = watched.days("interruption", "A")
    assert hours == pytest.approx(1, abs=0.5)


def test_an_outage_over_midnight_has_its_minutes_on_both_days() -> None:
    grid = energy.Grid(["a/voltage", "b/voltage"])
    watched = Watched(grid.table, [grid.domain])
    begin = 16 * HOUR  # 23:00 in Jakarta
    for minute in range(120):
        time = begin + minute * MINUTE
        dark = 30 <= minute < 90
        grid.hear([(f"{name}/voltage", time, 0.0 if dark else 220.0) for name in "ab"], tick=time + 1_000)
        watched.tick(energy.T0 + time + 1_000)
    (first, customers), (second, _) = watched.days("saidi")
    assert customers == 2
    assert first + second == pytest.approx(2 * 60)
    assert first == pytest.approx(2 * 30, abs=4)
    assert [times for times, _ in watched.days("saifi")] == [2, 0]
    assert sum(num for num, _ in watched.told["month", "z", "saidi"].values()) == pytest.approx(2 * 60)


def test_voltages_that_the_rule_has_forgotten_stay_counted() -> None:
    def day(grid: energy.Grid, watched: Watched, begin: int) -> None:
        for minute in range(begin * 60, (begin + 2) * 60):
            grid.close(minute * MINUTE, {"a/voltage": 220.0})
            watched.tick(energy.T0 + (minute + 2) * MINUTE)

    grid, anew = energy.Grid(["a/voltage"]), energy.Grid(["a/voltage"])
    watched, other = Watched(grid.table, [grid.domain]), Watched(anew.table, [anew.domain])
    day(grid, watched, 0)
    [(good, means)] = watched.days("voltage-compliance")
    assert good == means >= 10
    other.processor.restore(watched.processor.snapshot())
    day(anew, other, 24)
    [(month, _)] = other.told["month", "z", "voltage-compliance"].values()
    assert month > means


def test_a_meter_that_dies_in_an_outage_is_not_interrupted_for_ever() -> None:
    grid = energy.Grid(["a/voltage", "b/voltage"])
    watched = Watched(grid.table, [grid.domain])
    for minute in range(0, 4 * 24 * 60, 5):
        time = minute * MINUTE
        heard = [("b/voltage", time, 220.0)]
        if minute <= 120:
            heard.append(("a/voltage", time, 0.0 if minute >= 60 else 220.0))
        if minute >= 3 * 24 * 60:
            heard.append(("a/voltage", time, 220.0))
        grid.hear(heard, tick=time + 1_000)
        watched.tick(energy.T0 + time + 1_000)
        if minute == 3 * 24 * 60 - 5:
            so_far = sum(minutes for minutes, _ in watched.days("saidi"))
    assert so_far == pytest.approx(60 + 24 * 60, abs=10)
    assert sum(minutes for minutes, _ in watched.days("saidi")) == pytest.approx(3 * 24 * 60 - 60, abs=10)


def test_a_stage_that_was_warned_of_has_a_lead_and_hours() -> None:
    city = disaster.City(["Depok/river_level"])
    watched = Watched(city.domain.roster.table, [city.domain])
    warned = reached = 0
    for minute in range(200):
        level = 120.0 + max(0, minute - 60)
        told = city.hear([("Depok/river_level", minute * MINUTE, level)], tick=minute * MINUTE + 1_000)
        warned = warned or (minute if told else 0)
        reached = reached or (minute if level >= 200 else 0)
        watched.tick(disaster.T0 + minute * MINUTE + 1_000)
    [(lead, stages)] = watched.days("warning-lead-time")
    assert lead == pytest.approx(reached - warned, abs=2)
    assert stages == 1
    [(hours, seen)] = watched.days("siaga-3-hours", "z")
    assert hours == pytest.approx((200 - reached) / 60, abs=0.05)
    assert seen == pytest.approx(200 / 60, abs=0.05)


def test_a_stage_at_which_a_gauge_is_first_seen_was_reached_nobody_knows_when() -> None:
    city = disaster.City(["Depok/river_level"])
    city.hear([("Depok/river_level", 0, 270.0)], tick=1_000)
    watched = Watched(city.domain.roster.table, [city.domain])
    for minute in (1, 2):
        city.hear([("Depok/river_level", minute * MINUTE, 270.0)], tick=minute * MINUTE + 1_000)
        watched.tick(disaster.T0 + minute * MINUTE + 1_000)
    assert watched.days("siaga-2-hours", "z")
    assert not watched.days("warning-lead-time")


def test_alarms_are_counted_in_intervals_of_ten_minutes() -> None:
    table, _ = sensed(MINUTE)
    watched = Watched(table)
    watched.tick(NOON)
    out = Outputs()
    size = 14
    out.incident_events.append(
        IncidentEvents(
            time=np.full(size, NOON),
            severity=np.array([2] * 3 + [1] * 11),
            incident=("i",) * size,
            city=("3578",) * 11 + ("*", "3578", "9999"),
            domain=("water",) * size,
            zone=("A",) * size,
            kind=("burst",) * size,
            event=("opened",) * 12 + ("closed", "opened"),
            state=("unacknowledged",) * size,
            by=("nadi",) * size,
            reason=("",) * size,
        )
    )
    watched.tick(NOON + MINUTE, out)
    for minute in (10, 20):
        watched.tick(NOON + minute * MINUTE)
    assert watched.days("alarm-rate") == [(12, 2)]
    assert watched.days("alarm-peak") == [(12, 1)]
    assert watched.days("alarm-flood") == [(1, 2)]
    assert watched.days("alarm-critical") == [(3, 12)]


def test_they_are_told_each_minute_at_first_and_then_each_quarter_of_an_hour() -> None:
    table, sensors = sensed(MINUTE)
    watched = IndicatorsProcessor(table, sensors, [], IncidentsProcessor(table), MINUTE)
    told = []
    for minute in range(50):
        out = Outputs()
        out.windows.append(windows(0, NOON, 1))
        watched.tick(TickEntry(NOON + minute * MINUTE, 0), out)
        told += [minute] if out.indicators else []
    assert told == [*range(16), 30, 45]
