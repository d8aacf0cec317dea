"""Truth records: written, read back, and told by line when they are wrong."""

import json
from pathlib import Path

import pytest

from simulators.city import CityClock
from simulators.demo import demo_city
from simulators.incidents import Event
from simulators.truth import read_truth, truth_of, write_truth
from telemetry.errors import SettingsError

CLOCK = CityClock(began=1_763_769_600_000, city_began=1_763_658_000_000, speed=60)


def test_a_record_is_in_the_telemetrys_time(tmp_path: Path) -> None:
    start = CLOCK.city_began + 12 * 60_000
    record = truth_of(Event("burst-main", "3578", "Gubeng", ("meter-01",), start, start + 40 * 60_000), CLOCK)
    write_truth(tmp_path / "truth.jsonl", [record])
    assert json.loads((tmp_path / "truth.jsonl").read_text()) == {
        "kind": "burst-main",
        "city": "3578",
        "domain": "water",
        "zone": "Gubeng",
        "devices": ["meter-01"],
        "start": CLOCK.began + 12_000,
        "end": CLOCK.began + 52_000 + 10_000,  # fades for ten minutes of the city's time
        "severity": "critical",
        "tell": True,
        "by": CLOCK.began + 27_000,
        "category": "event",
        "life_safety": False,
        "gateways": [],
    }


def test_the_demos_truth_is_read_back_in_order(tmp_path: Path) -> None:
    events = demo_city(CLOCK.city_began).events
    records = [truth_of(event, CLOCK) for event in events]
    write_truth(tmp_path / "truth.jsonl", reversed(records))
    back = read_truth(tmp_path / "truth.jsonl")
    assert sorted(back, key=repr) == sorted(records, key=repr)
    assert [record.start for record in back] == sorted(record.start for record in records)


def test_a_wrong_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "truth.jsonl"
    write_truth(path, [])
    path.write_text('{"kind": "bin-fire"}\n')
    with pytest.raises(SettingsError, match=r"line 1: .*city"):
        read_truth(path)
