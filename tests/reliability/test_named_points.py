"""nadi kills itself at the places where it would hurt most."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.end_to_end.city import city
from tests.end_to_end.stored import start_of_past
from tests.reliability.stage import FULL, Stage

POINTS = {
    "before-commit": (1,) * 5 if FULL else (1, 1, 1),
    "after-commit": (1, 2, 9, 30) if FULL else (2, 30),
    "after-write": (1, 2, 6) if FULL else (1, 6),
    "snapshot": (1, 2, 4) if FULL else (1, 4),
    "trim": (1, 2) if FULL else (1,),
}
"""The point, and the how-manieth time in a life it kills; one life each."""


@pytest.mark.parametrize("point", POINTS)
def test_killed_at_a_named_point_it_loses_and_doubles_nothing(tmp_path: Path, point: str) -> None:
    counts = POINTS[point] * (5 if FULL else 1)
    made = city(8, 300, start_of_past(), seed=len(point))
    with Stage(tmp_path, journal={"segment_bytes": "20kB"}, limits={"max_payload": "10kB"}) as stage:
        gateways = stage.gateways(made, 2)
        for number, count in enumerate(counts, 1):
            stage.nadi.kill()
            for gateway in gateways:
                gateway.release(len(gateway.messages) * number // (len(counts) + 1))
            assert stage.nadi.die(f"{point}:{count}") == -signal.SIGKILL, f"{point}:{count} was never reached"
        stage.nadi.start()
        for gateway in gateways:
            gateway.release()
            gateway.wait_done()
        stage.check_truth(made)
