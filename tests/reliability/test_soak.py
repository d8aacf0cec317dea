"""The soak, shortened: `python -m bench.soak` is the full length."""

from __future__ import annotations

import pytest

from bench.soak import Samples, order, picture, run
from tests.process import require
from tests.reliability.stage import FULL


@pytest.mark.alone
def test_two_minutes_of_faults_lose_nothing_and_leak_nothing() -> None:
    for program in ("mosquitto", "influxd"):
        require(program)
    report, samples = run(30 if FULL else 2, 10_000 if FULL else 2_000, 60 if FULL else 20)
    assert {name for _, name in report.faults} >= {"kill nadi", "stop InfluxDB", "cut connection", "garbage"}
    assert report.stored == report.acknowledged
    assert report.missing == 0
    assert report.flat["files"]
    assert report.flat["rss_mb"], report.growth
    assert report.peak_rss_mb < 250
    assert "<polyline" in picture(report, samples)


def test_growth_is_seen() -> None:
    leaking = Samples(rss_mb=[100.0 + second for second in range(400)], files=[20.0] * 400)
    assert not leaking.flat("rss_mb")
    assert leaking.flat("files")


def test_no_fault_ends_the_process_in_the_second_half() -> None:
    chosen = list(order(["kill nadi", "stop InfluxDB", "garbage"], 12))
    assert len(chosen) == 12
    assert "kill nadi" in chosen[:6]
    assert "kill nadi" not in chosen[6:]
