"""Scores that can be worked out by hand."""

from __future__ import annotations

import pytest

from simulators.scoring.figures import figures, flood_time
from simulators.scoring.matching import Span
from tests.simulators.scoring.kit import DAY, T0, event, fault, matched, report, scored


def test_all_found_and_nothing_else() -> None:
    score = scored([event(zone="A"), event(zone="B")], [report(zone="A", opened=62), report(zone="B", opened=64)])
    assert (score.events, score.recalled, score.recall) == (2, 2, 1.0)
    assert (score.precision, score.wrong, score.incidents_per_event) == (1.0, 0, 1.0)
    assert score.delay_p50 == 180.0
    assert score.delay_p90 == pytest.approx(228.0)


def test_nothing_happens_and_nothing_is_told() -> None:
    score = scored([], [])
    assert (score.recall, score.precision, score.delay_p50, score.incidents_per_event) == (None, None, None, None)
    assert (score.wrong_per_day, score.flood_share) == (0.0, 0.0)


def test_silence_recalls_nothing_and_is_wrong_nowhere() -> None:
    score = scored([event()], [])
    assert (score.recall, score.precision, score.wrong) == (0.0, None, 0)


def test_false_ones_a_day_and_for_a_thousand_devices() -> None:
    two_days = Span(T0, T0 + 2 * 86_400_000, 500)
    score = scored([], [report(opened=minute) for minute in (10, 200, 1500)], two_days)
    assert (score.wrong, score.wrong_per_day, score.wrong_per_day_per_1000) == (3, 1.5, 3.0)
    assert score.precision == 0.0


def test_a_burst_seen_by_four_sensors() -> None:
    score = scored([event()], [report(opened=61 + n) for n in range(4)])
    assert (score.incidents_per_event, score.precision, score.recall) == (4.0, 1.0, 1.0)


def test_consequences_count_as_incidents_of_the_event() -> None:
    score = scored([event()], [report("burst"), report("water-pressure")])
    assert (score.incidents_per_event, score.precision) == (2.0, 1.0)


def test_a_consequence_alone_is_no_recall() -> None:
    score = scored([event()], [report("water-pressure")])
    assert (score.recall, score.precision, score.incidents_per_event) == (0.0, 1.0, None)


def test_what_nobody_need_be_told_is_not_recalled_but_not_false_either() -> None:
    score = scored([event(tell=False)], [report()])
    assert (score.events, score.recall, score.precision) == (0, None, 1.0)


def test_what_does_not_page_is_no_recall_and_not_wrong() -> None:
    score = scored([event()], [report(told=False), report("outage", told=False)])
    assert (score.recall, score.incidents, score.wrong) == (0.0, 0, 0)


def test_late_ones_are_recalled_and_counted() -> None:
    score = scored([event(zone="A"), event(zone="B")], [report(zone="A", opened=76), report(zone="B", opened=75)])
    assert (score.recall, score.late) == (1.0, 1)


def test_life_safety_apart() -> None:
    truth = [event("bin-fire", zone="A", life_safety=True), event("bin-fire", zone="B", life_safety=True), event()]
    score = scored(truth, [report("bin-fire", zone="A", domain="waste"), report("burst")])
    assert (score.life_events, score.life_recall) == (2, 0.5)
    assert score.recall == pytest.approx(2 / 3)


def test_by_kind() -> None:
    truth = [event(zone="A"), event(zone="B"), event("supply-cut", zone="C")]
    score = scored(truth, [report(zone="A", opened=61), report(zone="A", opened=63), report("overload", zone="B")])
    burst, cut = score.by_event["burst-main"], score.by_event["supply-cut"]
    assert (burst.events, burst.recalled, burst.recall, burst.incidents_per_event) == (2, 1, 0.5, 2.0)
    assert (cut.recall, cut.delay_p50) == (0.0, None)
    assert (score.by_incident["burst"].right, score.by_incident["burst"].precision) == (2, 1.0)
    assert (score.by_incident["overload"].wrong, score.by_incident["overload"].precision) == (1, 0.0)
    assert score.precision == pytest.approx(2 / 3)


def test_one_flood_along_a_river_is_one_event_of_incidents() -> None:
    gauges = [event("flash-flood", city=city, zone=city, life_safety=True) for city in ("3271", "3276", "3174")]
    score = scored(gauges, [report("river-stage", city="3271", zone="3271", domain="disaster")])
    assert (score.recalled, score.life_recall, score.incidents_per_event) == (3, 1.0, 1.0)


def test_faults_called_faults() -> None:
    """Of four faults one is called a fault, one an event, one both, and one is not noticed."""
    truth = [fault(zone=zone) for zone in "ABCD"]
    told = [report("sensor-fault", fault=True, zone=zone) for zone in "AC"] + [report(zone=zone) for zone in "BC"]
    score = scored(truth, told)
    assert (score.faults, score.fault_recall) == (4, 0.5)
    assert score.faults_noticed == 3
    assert score.faults_as_faults == pytest.approx(1 / 3)
    assert (score.incidents, score.wrong, score.precision) == (4, 2, 0.5)


def test_runs_are_pooled() -> None:
    found = matched([event()], [report(opened=62)])
    missed = matched([event()], [report("outage")], Span(T0, T0 + 3 * 86_400_000, 1000))
    score = figures([found, missed])
    assert (score.days, score.recall, score.precision, score.wrong_per_day) == (4.0, 0.5, 0.5, 0.25)


@pytest.mark.parametrize(
    ("minutes", "flooded"),
    [
        ([100.0] * 10, 0),
        ([100.0] * 11, 10),
        ([float(minute) for minute in range(100, 111)], 0),  # the eleventh opens as the first is ten minutes old
        ([100 + 0.5 * number for number in range(11)], 5),
        ([0.0] * 11, 10),
        ([1435.0] * 11, 5),  # the day ends
    ],
)
def test_time_in_a_flood_of_alarms(minutes: list[float], flooded: int) -> None:
    assert flood_time(matched([], [report(opened=minute) for minute in minutes], DAY)) == flooded * 60_000
