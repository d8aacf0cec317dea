"""How far devices' clocks are off: told by the newest of what they send.

Drawn: ts − arrival of one device's readings, in the order in which they come.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.settings import DecoderSettings
from ingest.gatekeeper import Gatekeeper
from ingest.scanner import Scanner
from ingest.skews import OFF_MS, SPAN_MS, Skews
from telemetry.series import Device, Identity, SeriesTable
from telemetry.time import NEVER
from tests.ingest.kit import NOW, publish, scanner, take

MINUTE = 60_000
HOUR = 60 * MINUTE
METER = Device("3578", "water", "zone-1", "meter-1")


def skews(one: Scanner) -> Skews:
    return one.gatekeeper.skews


def off(one: Scanner) -> dict[str, int]:
    """By device, ms; those that are off."""
    number, worst = skews(one).off(10)
    assert number == len(worst)
    return {device.device: ahead for device, ahead in worst}


def flow(ahead: int, now: int = NOW) -> dict[str, object]:
    return {"ts": now + ahead, "values": {"flow": 1.0}}


@pytest.mark.parametrize(
    ("ahead", "told"),
    [
        ([-200], None),
        ([-5 * MINUTE, -5 * MINUTE - 300], -5 * MINUTE),
        ([-20 * MINUTE, -HOUR, -300], None),  # a buffer that is sent behind, and then what is new
        ([-300, -HOUR], None),
        ([HOUR], HOUR),  # refused, and measured
        ([-300, 90_000], 90_000),
        ([OFF_MS], None),
        ([-NOW], -NOW),  # 1970
    ],
)
def test_the_newest_reading_tells_the_clock(ahead: list[int], told: int | None) -> None:
    one = scanner()
    for each in ahead:
        take(one, flow(each))
    assert off(one) == ({} if told is None else {"meter-1": told})
    assert skews(one).of(METER) == max(ahead), "of a device that was only refused, too"


def test_a_device_that_was_only_refused_is_named_all_the_same_until_it_is_silent() -> None:
    one, other = scanner(), "nadi/v1/3578/water/zone-1/other"
    take(one, flow(HOUR), flow(2 * HOUR), flow(HOUR))
    assert off(one) == {"meter-1": 2 * HOUR}
    take(one, flow(0), topic=other)
    assert off(one) == {"meter-1": 2 * HOUR}, "the id that is free next is another's"
    take(one, flow(HOUR), topic=other)
    assert off(one) == {"meter-1": 2 * HOUR, "other": HOUR}
    for span in (1, 2, 3):
        now = NOW + span * SPAN_MS
        take(one, flow(0, now), topic=other, now=now)
    assert off(one) == {}


def test_strangers_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.skews.STRANGERS", 3)
    one = scanner()
    for number in range(5):
        take(one, flow(HOUR), topic=f"nadi/v1/3578/water/zone-1/meter-{number}")
    assert set(off(one)) == {"meter-2", "meter-3", "meter-4"}


def test_other_formats_have_clocks_too() -> None:
    one = scanner(decoders=[DecoderSettings(format="senml-json", topics=("other/#",), city="3578", domain="water")])
    for ahead in (HOUR, -5 * MINUTE):
        body = [{"bn": "urn:dev:mac:0024befffe804ff1:", "n": "flow", "u": "l/s", "v": 1.5, "t": (NOW + ahead) / 1000}]
        take(one, body, topic="other/1")
        assert list(off(one).values()) == [HOUR]


def test_what_has_no_time_of_its_own_tells_nothing() -> None:
    one = scanner()
    take(one, {"values": {"flow": 1.0}}, {"ts": "yesterday", "values": {"flow": 1.0}})
    one.scan(publish(flow(-HOUR), head=0x33), NOW)
    assert skews(one).of(METER) is None
    assert skews(one).of(METER._replace(device="other")) is None
    assert skews(one).off(10) == (0, [])


def test_a_clock_that_was_set_right_is_forgotten_and_one_that_is_silent_is_not() -> None:
    one, other = scanner(), "nadi/v1/3578/water/zone-1/other"
    take(one, flow(0), flow(HOUR))
    take(one, flow(-HOUR), topic=other)
    for span in (1, 2):
        now = NOW + span * SPAN_MS
        take(one, flow(0, now), now=now)
        assert ("meter-1" in off(one)) == (span == 1)
    assert off(one) == {"other": -HOUR}


def test_our_own_clock_set_back_begins_a_span() -> None:
    one = scanner()
    for now in (NOW, NOW - HOUR, NOW - HOUR + 1):
        take(one, flow(0, now), now=now)
    assert off(one) == {}


def test_the_worst_come_first_and_all_are_counted() -> None:
    one = scanner(max_future=2 * HOUR)
    for number, ahead in enumerate((-2, 60, 0, -90, 3)):
        take(one, flow(ahead * MINUTE), topic=f"nadi/v1/3578/water/zone-1/meter-{number}")
    found, worst = skews(one).off(2)
    assert (found, [ahead // MINUTE for _, ahead in worst]) == (4, [-90, 60])


def test_another_gatekeeper_knows_what_the_former_knew() -> None:
    one, other = scanner(), scanner()
    take(one, flow(-HOUR))
    other.gatekeeper.inherit(one.gatekeeper)
    assert off(other) == off(one) != {}


@given(st.lists(st.one_of(st.just(NEVER), st.integers(NEVER, 2**63 - 1)), max_size=5))
def test_any_time_is_measured_without_an_overflow(times: list[int]) -> None:
    table = SeriesTable()
    device = Device("c", "water", "z", "d")
    series = table.intern(Identity(*device, "flow"))
    gatekeeper = Gatekeeper(table, scanner().devices.conversions, max_future=0, gateway_rate=1)
    rows = len(times)
    gatekeeper.skews.note(np.full(rows, series, np.int32), np.array(times, np.int64), np.zeros(rows, np.uint32), NOW)
    told = gatekeeper.skews.of(device)
    known = [time for time in times if time != NEVER]
    assert (told is None) == (not known)
    if told is not None and abs(max(known) - NOW) < HOUR:
        assert told == max(known) - NOW
    elif told is not None:
        assert (told > 0) == (max(known) > NOW)
