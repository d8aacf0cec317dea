"""How long the subscriber waits before it connects again."""

from __future__ import annotations

import pytest

from ingest.retry import Retry, Waits

WAITS = Waits()


def retry() -> Retry:
    return Retry("nadi-1", jitter=lambda: 1.0)


@pytest.mark.parametrize("plain", [False, True])
def test_connections_that_end_at_once_are_made_less_and_less_often(plain: bool) -> None:
    """As where the broker ends each over the message that comes first, or we over what is not MQTT."""
    one = retry()
    waits = []
    for _ in range(WAITS.max_closes - 1):
        one.connected()
        waits.append(one.lost(0.1, plain=plain))
    assert waits == sorted(waits)
    assert waits[0] <= 2 * WAITS.first
    assert waits[-1] >= WAITS.brief_most


def test_one_that_lasts_is_made_again_at_once_however_often_it_ends() -> None:
    one = retry()
    for _ in range(20):
        one.lost(0.1, plain=False)
    assert one.lost(WAITS.brief_most, plain=False) == WAITS.brief_most
    assert one.lost(WAITS.brief, plain=False) == WAITS.brief_most, "the next one is"
    assert [one.lost(WAITS.brief, plain=False) for _ in range(20)] == [WAITS.first] * 20
