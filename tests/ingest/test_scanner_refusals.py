"""Every reason for which the scanner refuses; good readings beside the refused ones are stored."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.ingest.kit import NOW, TOPIC, publish, scanner, take
from tests.ingest.messages import FORMS, REASONS, reading


@pytest.mark.parametrize("learnt", [None, *(form[1] for form in FORMS[:12])])
@pytest.mark.parametrize(("payload", "expected", "stored"), [r[1:] for r in REASONS], ids=[r[0] for r in REASONS])
def test_every_reason_whatever_was_learnt(learnt: Any, payload: Any, expected: dict[str, int], stored: int) -> None:
    one = scanner()
    if learnt is not None:
        take(one, learnt)
    for _ in range(2):
        found, reasons = take(one, payload)
        assert reasons == expected
        assert len(found) == stored


def test_a_good_form_with_a_bad_content_is_refused_too() -> None:
    """Each reason again, with the form itself learnt before."""
    one = scanner()
    take(one, [reading(), reading()], reading())
    found, reasons = take(one, [reading(), reading(2, 5), reading(3, NOW + 10**6), reading(4, 6)], reading(5))
    assert [row[2] for row in found] == [1.5, 5.0]
    assert reasons == {"time": 2, "future": 1}


def test_a_refusal_keeps_the_message_raw_and_names_its_gateway() -> None:
    one = scanner()
    good, bad = reading() | {"gw": "gw-1", "seq": 1}, reading(ts=5) | {"gw": "gw-1", "seq": 2}
    take(one, good)
    scanned = one.scan(publish(good, packet_id=4) + publish(bad, packet_id=5) + publish(good, packet_id=6), NOW)
    (refusal,) = scanned.refusals
    assert (refusal.arrival, refusal.topic, refusal.reason) == (NOW, TOPIC, "time")
    assert json.loads(refusal.payload) == bad
    assert one.devices.table.gateways[refusal.gateway] == "3578/gw-1"
    assert scanned.sequences.seq.tolist() == [1, 2, 1]
    assert scanned.packet_ids.tolist() == [4, 5, 6]


@pytest.mark.parametrize(
    "topic",
    [
        "nadi/v1/3578/water/zone-1",
        "nadi/v1/3578/water/zone-1/meter-1/more",
        "nadi/v2/3578/water/zone-1/meter-1",
        "nadi/v1/3578/gas/zone-1/meter-1",
        "nadi/v1/3578/gateway/gw/state",
        "nadi/v1/3578/water//meter-1",
        "nadi/v1/ /water/zone-1/meter-1",
        "nadi/v1/3578/water/zone-1/" + "x" * 129,
        "nadi/v1/3578/water/zone-1/de\u0301bit",
        "nadi/v1/3578/water/zone-1/a\\",
        "nadi/v1/3578/water/zone-1/a\u0007",
        "x" * 65_535,
        "",
    ],
)
def test_bad_topics(topic: str) -> None:
    one = scanner()
    for _ in range(2):
        assert take(one, reading(), topic=topic) == ([], {"topic": 1})
    assert not one.devices.entries


def test_a_topic_that_is_not_utf8() -> None:
    one = scanner()
    data = publish(reading()).replace(b"zone-1", b"zone-\xff")
    (refusal,) = one.scan(data, NOW).refusals
    assert refusal.reason == "topic"
