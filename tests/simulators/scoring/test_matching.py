"""The rules, one case each: made-up reports whose judgement is known by hand.

minute     60                 90    100
───────────┤■■■■■■ event ■■■■■■├─────┤
          59                       SLACK
"""

from __future__ import annotations

from typing import Any

import pytest

from processors.kinds import KINDS as INCIDENT_KINDS
from simulators.incidents import KINDS as EVENT_KINDS
from simulators.scoring.answers import ABOUT_ALARMS, ANSWERS, CONSEQUENCES, RIVER, UNSPECIFIC
from simulators.scoring.matching import LEAD, SLACK
from tests.simulators.scoring.kit import at, event, fault, matched, report, verdicts


def test_one_report_answers_one_event() -> None:
    found = matched([event()], [report(opened=63)])
    assert found.outcomes[0].answers == (0,)
    assert found.outcomes[0].delay == 3 * 60_000
    assert not found.outcomes[0].late


@pytest.mark.parametrize(
    ("changed", "verdict"),
    [
        ({}, "answer"),
        ({"kind": None}, "answer"),
        ({"kind": "unusual"}, "answer"),
        ({"kind": "limit"}, "answer"),
        ({"kind": "water-pressure"}, "consequence"),
        ({"kind": "water-quality"}, "false"),
        ({"zone": "Gubeng"}, "false"),
        ({"zone": "*"}, "answer"),
        ({"city": "3171"}, "false"),
        ({"domain": "energy", "kind": None}, "false"),
        ({"opened": 60 - LEAD / 60_000}, "answer"),
        ({"opened": 60 - LEAD / 60_000 - 0.1}, "false"),
        ({"opened": 90 + SLACK / 60_000, "ended": 120}, "answer"),
        ({"opened": 90 + SLACK / 60_000 + 0.1, "ended": 120}, "false"),
        ({"told": False}, "silent"),
        ({"kind": "sensor-fault", "fault": True}, "false"),
        ({"kind": "alarm-flood", "fault": True}, "silent"),
    ],
)
def test_what_makes_a_report_an_answer(changed: dict[str, Any], verdict: str) -> None:
    assert verdicts([event()], [report(**changed)]) == [verdict]


def test_two_reports_of_one_event_are_both_about_it_and_the_first_tells() -> None:
    found = matched([event()], [report(opened=70), report(opened=62)])
    assert found.outcomes[0].answers == (0, 1)
    assert found.outcomes[0].delay == 2 * 60_000


def test_a_report_after_by_is_an_answer_and_late() -> None:
    outcome = matched([event()], [report(opened=76)]).outcomes[0]
    assert outcome.answers
    assert outcome.late


def test_a_report_counts_from_when_it_was_said() -> None:
    """A window is stamped with its start, and is known at its end."""
    assert matched([event()], [report(opened=59.5, known=at(62))]).outcomes[0].delay == 2 * 60_000


def test_a_report_before_the_start_has_no_negative_delay() -> None:
    assert matched([event()], [report(opened=59.5)]).outcomes[0].delay == 0


def test_an_event_without_a_report_stays_open() -> None:
    outcome = matched([event()], []).outcomes[0]
    assert (outcome.answers, outcome.delay, outcome.late) == ((), None, False)


def test_a_report_without_an_event_is_false() -> None:
    assert verdicts([], [report()]) == ["false"]


def test_each_zone_has_its_own_event_and_report() -> None:
    found = matched([event(zone="A"), event(zone="B")], [report(zone="B"), report(zone="A")])
    assert sorted(outcome.answers for outcome in found.outcomes) == [(0,), (1,)]


def test_an_event_of_several_zones_is_answered_in_any() -> None:
    found = matched([event("quake", zone="*")], [report("quake", domain="disaster", zone="Rungkut")])
    assert found.outcomes[0].answers == (0,)


def test_a_report_that_is_open_answers_what_begins_meanwhile() -> None:
    """Two bursts of one zone at one time are one incident."""
    found = matched([event(start=60, end=90), event(start=80, end=120)], [report(opened=61, ended=125)])
    assert [outcome.answers for outcome in found.outcomes] == [(0,), (0,)]
    assert found.outcomes[1].delay == 0


@pytest.mark.parametrize("ended", [None, 500.0])
def test_a_report_that_never_closes_answers_no_later_event(ended: float | None) -> None:
    found = matched([event(start=60, end=90), event(start=300, end=330)], [report(opened=61, ended=ended)])
    assert [outcome.answers for outcome in found.outcomes] == [(0,), ()]


def test_a_report_that_has_ended_answers_nothing_that_begins_after() -> None:
    found = matched([event(start=60, end=90), event(start=80, end=120)], [report(opened=61, ended=70)])
    assert [outcome.answers for outcome in found.outcomes] == [(0,), ()]


def test_a_chain_of_overlapping_events_is_followed() -> None:
    events = [event(start=60, end=90), event(start=85, end=120), event(start=118, end=150)]
    found = matched(events, [report(opened=61, ended=None)])
    assert [outcome.answers for outcome in found.outcomes] == [(0,), (0,), (0,)]


def test_a_river_is_one_place() -> None:
    gauges = [event("flash-flood", city=city, zone=zone) for city, zone in (("3271", "Bogor"), ("3174", "Tebet"))]
    told = report("flood-warning", city="3271", zone="Bogor", domain="disaster")
    assert [outcome.answers for outcome in matched(gauges, [told]).outcomes] == [(0,), (0,)]


def test_a_consequence_is_true_but_no_answer() -> None:
    found = matched([event()], [report("water-pressure")])
    assert found.outcomes[0].answers == ()
    assert found.outcomes[0].others == (0,)


@pytest.mark.parametrize(
    ("changed", "verdict"),
    [
        ({"kind": "sensor-fault", "fault": True}, "fault"),
        ({"kind": "sensor-fault", "fault": True, "told": False}, "fault"),
        ({"kind": "burst"}, "misread"),
        ({"kind": "burst", "told": False}, "misread"),
        ({"kind": "sensor-fault", "fault": True, "devices": ("meter-01",)}, "fault"),
        ({"kind": "sensor-fault", "fault": True, "devices": ("meter-09",)}, "false"),
        ({"kind": "sensor-fault", "fault": True, "zone": "Gubeng"}, "false"),
        ({"kind": "gateway-lost", "fault": True, "zone": "*", "domain": "*"}, "fault"),
        ({"kind": "burst", "devices": ("meter-09",)}, "false"),
    ],
)
def test_faults_are_told_from_events(changed: dict[str, Any], verdict: str) -> None:
    assert verdicts([fault(devices=("meter-01",))], [report(**changed)]) == [verdict]


def test_a_gateways_fault_is_recognised_by_its_devices_in_any_domain() -> None:
    broken = fault(domain="*", zone="*", devices=("meter-01", "bin-02"))
    told = report("no-data", domain="waste", zone="Gubeng", devices=("bin-02",), fault=True)
    assert verdicts([broken], [told]) == ["fault"]


def test_an_event_during_a_fault_is_still_an_event() -> None:
    found = matched([event(), fault()], [report("burst")])
    assert {outcome.truth.kind: outcome.answers for outcome in found.outcomes} == {"burst-main": (0,), "stuck": ()}


def test_the_tables_name_kinds_that_exist() -> None:
    assert set(ANSWERS) == set(EVENT_KINDS)
    assert set(CONSEQUENCES) | RIVER <= set(EVENT_KINDS)
    named = set().union(*ANSWERS.values(), *CONSEQUENCES.values()) | (UNSPECIFIC - {None})
    assert named <= set(INCIDENT_KINDS)
    assert set(INCIDENT_KINDS) >= ABOUT_ALARMS


def test_answers_are_of_the_events_domain_and_no_consequence_is_an_answer_too() -> None:
    for kind, answers in ANSWERS.items():
        assert {INCIDENT_KINDS[answer].domain for answer in answers} == {EVENT_KINDS[kind].domain}
        assert not answers & CONSEQUENCES.get(kind, frozenset())


def test_what_began_outside_the_span_is_not_missed_but_explains_reports() -> None:
    truth = [event(start=-30, end=30), event(start=60, end=90), event(start=1440, end=1500)]
    before, within = report(opened=10, ended=40), report(opened=61)
    found = matched(truth, [before, within])
    assert [outcome.truth.start for outcome in found.outcomes] == [at(60)]
    assert [judged.verdict.value for judged in found.judged] == ["answer", "answer"]
