"""Names, places and rates."""

from __future__ import annotations

import unicodedata

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.admission import GatewayPlace, Rates, locate, name_fault
from ingest.backlog import Backlog
from ingest.gatekeeper import Gatekeeper
from ingest.mapping.names import level_name
from telemetry.names import publishable
from telemetry.series import Device as Place


@given(st.text(max_size=140))
def test_names_follow_the_contract(name: str) -> None:
    try:
        size = len(name.encode())
    except UnicodeEncodeError:
        size = 0
    good = (
        0 < size <= 128
        and name.strip() != ""
        and not name.endswith("\\")
        and unicodedata.normalize("NFC", name) == name
        and not any(unicodedata.category(character) == "Cc" for character in name)
        and not any(0xFDD0 <= ord(letter) <= 0xFDEF or ord(letter) & 0xFFFE == 0xFFFE for letter in name)
    )
    assert (name_fault(name) is None) == good


@pytest.mark.parametrize("letter", ["\ufdd0", "\ufdef", "\ufffe", "\uffff", "\U0001fffe", "\U0010ffff", "\x01", "\x85"])
def test_letters_over_which_brokers_close_the_connection_are_in_no_name_and_no_topic(letter: str) -> None:
    fault = name_fault(f"g{letter}")
    assert fault is not None
    assert ("non-character" in fault) == (letter > "\xff")
    assert isinstance(locate(f"nadi/v1/3578/water/a/d{letter}".encode()), str)
    assert not publishable(f"nadi-out/v1/3578/ack/g{letter}")
    assert name_fault(level_name(f"g{letter}")) is None


@pytest.mark.parametrize("topic", ["", "a/+", "a/#", "\ud800", "é" * 32_768])
def test_some_topics_can_t_be_published_to(topic: str) -> None:
    assert not publishable(topic)


def test_others_can() -> None:
    assert publishable("é" * 32_767 + "x")
    assert publishable("nadi-out/v1/3578/ack/g\ufdcf\ufdf0\ufffd\U0001f6b0")


def test_topics_lead_to_devices_and_gateways() -> None:
    assert locate(b"nadi/v1/3578/waste/z/d") == Place("3578", "waste", "z", "d")
    assert locate("nadi/v1/Kota Surabaya/water/zone é/d".encode()) == Place("Kota Surabaya", "water", "zone é", "d")
    assert locate(b"nadi/v1/3578/gateway/gw 1/status") == GatewayPlace("3578", "gw 1")
    assert isinstance(locate(b"nadi/v1/3578/gateway/status/gw"), str)


def keys(*numbers: int) -> np.ndarray[tuple[int], np.dtype[np.int32]]:
    return np.array(numbers, np.int32)


def test_a_rate_is_held_over_time_however_the_readings_are_cut() -> None:
    together, apart = Rates(10), Rates(10)
    for second in range(20):
        now = second * 1000
        all_at_once = int((~together.refused(keys(*[3] * 25), now)).sum())
        one_by_one = sum(int((~apart.refused(keys(3), now)).sum()) for _ in range(25))
        assert all_at_once == one_by_one == 10


def test_the_last_readings_of_a_key_are_refused() -> None:
    refused = Rates(2).refused(keys(1, 0, 1, 1, 0), 0)
    assert refused.tolist() == [False, False, False, True, False]


def test_a_clock_set_back_refuses_nothing_more_and_nothing_less() -> None:
    rates = Rates(10)
    assert rates.refused(keys(*[1] * 12), 100_000).sum() == 2
    assert rates.refused(keys(*[1] * 12), 50_000).sum() == 12
    assert rates.refused(keys(*[1] * 12), 51_000).sum() == 2


@pytest.mark.parametrize("seconds", [0.5, 10.0])
def test_only_standing_still_for_long_is_granted(seconds: float) -> None:
    class Watched(Gatekeeper):
        def __init__(self) -> None:
            self.granted = self.expired = 0

        def grant(self, elapsed: int) -> None:
            self.granted = elapsed

        def expire_grant(self) -> None:
            self.expired += 1

    watched = Watched()
    backlog = Backlog(watched)
    backlog.stood_still(seconds)
    assert watched.granted == (10_000 if seconds == 10 else 0)
    backlog.waited(0.1)
    assert watched.expired == 0
    backlog.waited(2)
    backlog.waited(2)
    assert watched.expired == (1 if seconds == 10 else 0)
