"""Moving `ts`: its form stays, and so does everything else."""

import json
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.stamps import shifted
from telemetry.time import epoch_ms, rfc3339_ms

HOUR = 3_600


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("1763769600000", "1763773200000"),
        ("1763769600", "1763773200"),
        ("1763769600.125", "1763773200.125"),
        ("1763769600000.5", "1763773200000.5"),
        ("1763769600000000", "1763773200000000"),
        ("1763769600000000001", "1763773200000000001"),
        ("1.7637696e12", "1763773200000"),
        ('"2025-11-21T23:30:00Z"', '"2025-11-22T00:30:00Z"'),
        ('"2025-11-21T23:30:00.123456+07:00"', '"2025-11-22T00:30:00.123456+07:00"'),
        ('"2025-12-31 23:30:00z"', '"2026-01-01 00:30:00z"'),
    ],
)
def test_each_form_is_kept(before: str, after: str) -> None:
    payload = b'{"ts":%b,"values":{"flow":12.40,"ts":1}}'
    assert shifted(payload % before.encode(), HOUR) == payload % after.encode()


def test_numbers_keep_their_text_and_arrays_are_moved_item_by_item() -> None:
    payload = b' [{"gw":"g","seq":1,"ts":1,"values":{"a":1.50}},{"ts":"?","values":{"a":2e3}},7,{"values":{"a":1}}]'
    assert shifted(payload, 2) == (
        b'[{"gw":"g","seq":1,"ts":3,"values":{"a":1.50}},{"ts":"?","values":{"a":2e3}},7,{"values":{"a":1}}]'
    )


@pytest.mark.parametrize(
    "payload",
    [b"", b"online", b"{", b'{"values":{"a":1}}', b'{"ts":null}', b'{"ts":true}', b'{"ts":1e999999999}', b"[1]",
     b"\xff", b'{"ts":"2025-11-21T23:59:60Z"}', b'{"ts":"9999-12-31T23:59:59Z"}'],
)  # fmt: skip
def test_what_has_no_time_is_left_alone(payload: bytes) -> None:
    assert shifted(payload, HOUR) == payload


@given(st.integers(10**10, 10**11 - 10**8), st.sampled_from([1, 10**3, 10**6, 10**9]), st.integers(-(10**7), 10**7))
def test_nadi_reads_the_moved_time(seconds: int, unit: int, shift: int) -> None:
    moved = json.loads(shifted(b'{"ts":%d}' % (seconds * unit), shift))["ts"]
    assert epoch_ms(moved) == (seconds + shift) * 1000


@given(st.datetimes(datetime(2000, 1, 2), datetime(2100, 1, 1)), st.integers(-80_000, 80_000))
def test_nadi_reads_the_moved_text(moment: datetime, shift: int) -> None:
    text = moment.strftime("%Y-%m-%dT%H:%M:%S") + "+07:00"
    moved = json.loads(shifted(json.dumps({"ts": text}).encode(), shift))["ts"]
    assert rfc3339_ms(moved) - rfc3339_ms(text) == shift * 1000
