"""Waves: what is done for all of them at once is what one reading after the other would give."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pytest

from processors.base import Outputs
from processors.domains.hearing import Ear, Wave, gather, tell
from processors.runs import UNSEEN
from telemetry.batch import Bool, Float64, Int32, Int64

SLOTS = 7
WITHIN = 4
Row = tuple[int, int, float, int]
"""Slot, time, value, elapsed."""
Told = tuple[str, list[Row]]


def rows(wave: Wave) -> list[Row]:
    return list(zip(wave.slot.tolist(), wave.time.tolist(), wave.value.tolist(), wave.elapsed.tolist(), strict=True))


def plainly(slot: Int32, time: Int64, value: Float64, newest: list[int], masks: Sequence[Bool]) -> list[Told]:
    """Reading by reading."""
    turn = Counter[int]()
    heard: dict[int, tuple[list[Row], list[Row]]] = {}
    for who, when, what in sorted(
        zip(slot.tolist(), time.tolist(), value.tolist(), strict=True), key=lambda row: row[0]
    ):
        newer, older = heard.setdefault(turn[who], ([], []))
        turn[who] += 1
        before = newest[who]
        if when > before:
            newer.append((who, when, what, 0 if before == UNSEEN else when - before))
            newest[who] = when
        elif 0 < before - when <= WITHIN:
            older.append((who, when, what, 0))
    told: list[Told] = []
    for number in sorted(heard):
        newer, older = heard[number]
        told.append(("older", older))
        told += [(str(which), [row for row in newer if mask[row[0]]]) for which, mask in enumerate(masks)]
    return [each for each in told if each[1]]


def at_once(slot: Int32, time: Int64, value: Float64, newest: Int64, masks: Sequence[Bool]) -> list[Told]:
    told: list[Told] = []

    def ear(name: str, mask: Bool) -> Ear:
        return Ear(mask, lambda wave, out: told.append((name, rows(wave))))

    waves, older = gather((slot, time, value), np.arange(SLOTS, dtype=np.int8), newest, WITHIN)
    assert (waves.rows.quantity == waves.rows.slot).all()
    ears = [ear(str(which), mask) for which, mask in enumerate(masks)]
    turns = [(waves.among(each.slots), each.heard) for each in ears]
    tell([(older, ear("older", masks[0]).heard), *turns], Outputs())
    return told


@pytest.mark.parametrize("seed", range(20))
def test_waves_are_those_of_one_reading_after_the_other(seed: int) -> None:
    random = np.random.default_rng(seed)
    newest = np.full(SLOTS, UNSEEN)
    known = newest.tolist()
    everyone, nobody = np.ones(SLOTS, np.bool_), np.zeros(SLOTS, np.bool_)
    masks = [everyone, random.random(SLOTS) < 0.5, nobody, random.random(SLOTS) < 0.2]
    for _ in range(4):
        size = int(random.integers(1, 40))
        slot = random.integers(0, SLOTS, size).astype(np.int32)
        time, value = random.integers(0, 30, size), random.random(size)
        expected = plainly(slot, time, value, known, masks)
        assert at_once(slot, time, value, newest, masks) == expected
        assert newest.tolist() == known


def test_those_who_listen_to_the_same_are_given_the_same_wave() -> None:
    given: list[Wave] = []
    heard = lambda wave, out: given.append(wave)  # noqa: E731
    slot, time = np.array([1, 2, 1], np.int32), np.array([5, 5, 6])
    waves, _ = gather((slot, time, np.zeros(3)), np.zeros(SLOTS, np.int8), np.full(SLOTS, UNSEEN), WITHIN)
    tell([(waves, heard), (waves, heard)], Outputs())
    assert [rows(wave) for wave in given[::2]] == [[(1, 5, 0.0, 0), (2, 5, 0.0, 0)], [(1, 6, 0.0, 1)]]
    assert given[0] is given[1]
    assert given[2] is given[3]
