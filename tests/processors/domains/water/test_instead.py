"""What the detector says of flow and pressure is left to the rules where they can compare sensors, and only there."""

import pytest

from journal.entries import TickEntry
from processors.base import Outputs
from processors.signals import Signal
from tests.processors.domains.water.kit import MIDNIGHT, Water

SENSORS = (
    *("pair/meter-1/flow", "pair/meter-1/pressure", "pair/p-1/pressure"),
    *("alone/meter-2/flow", "alone/meter-2/pressure"),
    *("pair/customer-1/volume", "pair/pump-1/pressure", "pair/tank-1/level", "pair/q-1/chlorine"),
)


@pytest.mark.parametrize(
    ("kind", "left"),
    [
        ("limit", {"pair/meter-1/flow", "pair/meter-1/pressure", "pair/p-1/pressure"}),
        ("unusual", {"pair/meter-1/flow", "pair/meter-1/pressure", "pair/p-1/pressure", "pair/customer-1/volume"}),
        ("sensor-fault", set()),
    ],
)
def test_what_can_be_compared_is_left_to_the_rules(kind: str, left: set[str]) -> None:
    city = Water(dict.fromkeys(SENSORS, lambda _: 1.0))
    out = Outputs()
    out.signals += [
        Signal(kind, ("3578", "water", name.split("/")[0]), "", series, MIDNIGHT, True, 1, 1.0, 0.7, "")
        for series, name in enumerate(SENSORS)
    ]
    city.analytics.tick(TickEntry(MIDNIGHT, MIDNIGHT), out)
    assert set(SENSORS) - {SENSORS[signal.member] for signal in out.signals} == left
