"""What decoders ask nadi to publish goes out seldom to one topic, and never in a flood."""

from __future__ import annotations

import pytest

from ingest.decoders.base import Request
from ingest.requests import MAX_TOPICS, PER_SECOND, PER_TOPIC, Requests


class Broker:
    def __init__(self) -> None:
        self.now = 100.0
        self.open = True
        self.got: list[str] = []

    def publish(self, topic: str, payload: bytes, qos: int) -> bool:
        if self.open:
            self.got.append(topic)
        return self.open


@pytest.fixture
def broker() -> Broker:
    return Broker()


@pytest.fixture
def requests(broker: Broker) -> Requests:
    return Requests(broker.publish, lambda: broker.now)


def ask(requests: Requests, *topics: str) -> None:
    requests.send([Request(topic, b"") for topic in topics])


def test_one_topic_is_asked_again_only_after_a_while(broker: Broker, requests: Requests) -> None:
    for _ in range(3):
        ask(requests, "a", "b")
        broker.now += PER_TOPIC / 2
    assert broker.got == ["a", "b", "a", "b"]
    assert (requests.sent, requests.dropped) == (4, 2)


def test_what_did_not_go_out_may_be_asked_at_once(broker: Broker, requests: Requests) -> None:
    broker.open = False
    ask(requests, "a")
    broker.open = True
    ask(requests, "a")
    assert broker.got == ["a"]


def test_a_storm_is_thinned(broker: Broker, requests: Requests) -> None:
    ask(requests, *(f"node/{number}" for number in range(1000)))
    assert len(broker.got) == PER_SECOND
    broker.now += 0.5
    ask(requests, *(f"node/{number}" for number in range(1000)))
    assert len(broker.got) == 1.5 * PER_SECOND


@pytest.mark.parametrize("topic", ["", "a/+", "a/#", "a\0", "a" * 65_536, "\ud800"])
def test_topics_over_which_a_broker_would_hang_up(broker: Broker, requests: Requests, topic: str) -> None:
    ask(requests, topic)
    assert (broker.got, requests.dropped) == ([], 1)


def test_memory_is_bounded(broker: Broker, requests: Requests, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.requests.MAX_TOPICS", 10)
    for number in range(100):
        broker.now += 1
        ask(requests, f"t{number}")
    assert len(requests._last) <= 10 < MAX_TOPICS
