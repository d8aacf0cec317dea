"""Anomalies become reports: one a zone, domain and detector, until ten minutes pass without one."""

from __future__ import annotations

from simulators.scoring.naive import Finding, group
from tests.simulators.scoring.kit import at

END = at(1440)


def finding(minute: float, device: str = "meter-01", zone: str = "Genteng", **more: str) -> Finding:
    told = {"detector": "limits", "severity": "warning", "domain": "water"} | more
    return Finding(
        at(minute), at(minute) + 500, "3578", told["domain"], zone, device, told["detector"], told["severity"]
    )


def test_anomalies_ten_minutes_apart_are_one_report() -> None:
    (one,) = group([finding(60), finding(70, "meter-02"), finding(65)], END)
    assert (one.opened, one.ended, one.known) == (at(60), at(70), at(60) + 500)
    assert one.devices == ("meter-01", "meter-02")
    assert one.kind is None


def test_a_longer_gap_begins_another() -> None:
    assert [report.opened for report in group([finding(60), finding(70.01)], END)] == [at(60), at(70.01)]


def test_zones_domains_and_detectors_are_kept_apart() -> None:
    found = [finding(60), finding(60, zone="Gubeng"), finding(60, detector="robust_z"), finding(60, domain="energy")]
    assert len({report.id for report in group(found, END)}) == 4


def test_the_worst_severity_counts_and_information_pages_nobody() -> None:
    (worst,) = group([finding(60, severity="critical"), finding(61)], END)
    (information,) = group([finding(60, severity="info")], END)
    assert (worst.severity, worst.told, information.told) == ("critical", True, False)


def test_one_within_the_gap_of_the_end_is_open() -> None:
    assert [report.ended for report in group([finding(1429), finding(1431, zone="Gubeng")], END)] == [at(1429), None]


def test_known_is_when_the_first_was_known() -> None:
    """A backfill brings an older reading later than a newer one was known."""
    (one,) = group([finding(60)._replace(known=at(90)), finding(65)], END)
    assert (one.opened, one.known) == (at(60), at(65) + 500)
