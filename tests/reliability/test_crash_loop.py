"""Everything is killed, again and again, while gateways publish: nothing is lost, nothing is doubled."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.city import City, city, expected_windows
from tests.end_to_end.stored import WINDOWS, start_of_past
from tests.reliability.gateway import Gateway
from tests.reliability.stage import FULL, Stage

ROUNDS = 10 if FULL else 1
FAULTS = ("kill nadi", "kill nadi", "kill nadi", "kill influx", "stop broker", "kill influx nadi")
WITH_BROKER_KILLED = ("kill nadi", "kill broker", "kill nadi", "kill broker", "kill influx nadi", "stop broker")
QUEUE = "max_queued_messages 0"
CASES = [("3.1.1", 20), ("5", 5000), ("5", 20), ("3.1.1", 5000)]
"""Protocol and the broker's in-flight window; the shortened run has each value once."""


def shuffled(faults: tuple[str, ...], seed: int) -> list[str]:
    chosen = [*faults] * ROUNDS
    random.Random(seed).shuffle(chosen)
    return chosen


def tell(made: City, gateways: Sequence[Gateway], faults: Sequence[str], books: dict[str, Any]) -> None:
    """The figures of docs/reliability.md."""
    messages, sent = (sum(numbers) for numbers in zip(*((len(g.messages), g.sent) for g in gateways), strict=True))
    windows = sum(len(expected_windows(made, length)) for length in WINDOWS.values())
    print(dict(Counter(faults)))
    print(f"{messages:,} messages, sent {sent:,} times, taken {books['messages']:,} times")
    print(
        f"{made.distinct:,} distinct readings stored, {books['all']['duplicate']:,} repeats, {windows:,} windows exact"
    )


@pytest.mark.parametrize(("protocol", "in_flight"), CASES if FULL else CASES[:2])
def test_what_was_acknowledged_is_stored_once_whatever_is_killed(tmp_path: Path, protocol: str, in_flight: int) -> None:
    made = city(8, 160 * ROUNDS, start_of_past() - 80_000 * (ROUNDS - 1), seed=in_flight)
    lines = (QUEUE, f"max_inflight_messages {in_flight}")
    with Stage(tmp_path, protocol=protocol, broker_lines=lines) as stage:
        gateways = stage.gateways(made, 2)
        faults = shuffled(FAULTS, in_flight)
        stage.storm(gateways, faults, in_flight)
        for gateway in gateways:
            gateway.wait_done()
        tell(made, gateways, faults, stage.check_truth(made))


@pytest.mark.parametrize("protocol", ["5", "3.1.1"] if FULL else ["5"])
def test_gateways_that_await_receipts_lose_nothing_even_with_the_broker_killed(tmp_path: Path, protocol: str) -> None:
    made = city(8, 160 * ROUNDS, start_of_past() - 80_000 * (ROUNDS - 1), seed=7)
    with Stage(tmp_path, protocol=protocol) as stage:
        gateways = stage.gateways(made, 2, until="receipt")
        faults = shuffled(WITH_BROKER_KILLED, 7)
        stage.storm(gateways, faults, 7)
        for gateway in gateways:
            gateway.wait_done()
        tell(made, gateways, faults, stage.check_truth(made))
        assert [gateway.receipt for gateway in gateways] == [gateway.last_seq for gateway in gateways]
