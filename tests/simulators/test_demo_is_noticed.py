"""The first detector on the demo's city: every domain's event is seen soon, a calm evening is quiet."""

import numpy as np
import pytest

from processors.base import Outputs
from processors.detector import Detector
from simulators.city import City, CityClock, demo_events, surabaya
from telemetry.batch import Readings
from telemetry.sensors import SensorTable
from telemetry.series import Identity, SeriesTable

MORNING = 1_763_658_000_000 + 6 * 3_600_000  # 06:00 in Surabaya, as in `nadi demo`
SPEED = 60


def findings(city: City, start: int, seconds: int, speed: int = SPEED) -> list[tuple[int, Identity]]:
    """(second, series) of every anomaly."""
    table = SeriesTable()
    detector = Detector(SensorTable(table, city.catalogue()))
    ids = np.array(
        [
            table.intern(Identity(place.city, fleet.domain, place.zone, place.device, quantity.name))
            for fleet in city.fleets
            for place in fleet.places
            for quantity in fleet.quantities
        ],
        np.int32,
    )
    found = []
    for second in range(seconds):
        values = np.concatenate([block.ravel() for block in city.step(start + second * 1000 * speed)])
        given = np.isfinite(values)
        size = int(given.sum())
        now = np.full(size, 1_763_769_600_000 + second * 1000)
        out = Outputs()
        readings = Readings(
            ids[given], now, values[given], np.zeros(size, np.uint32), now.copy(), np.full(size, -1, np.int32)
        )
        detector.process(readings, out)
        for anomalies in out.anomalies:
            found += [(second, identity) for series in anomalies.series if (identity := table.identities[series])]
    return found


@pytest.mark.parametrize("hour", [0, 6, 10, 16])
def test_every_domain_shows_something_within_25_seconds(hour: int) -> None:
    city = surabaya(speed=SPEED)
    start = MORNING + (hour - 6) * 3_600_000
    city.inject(*demo_events(city, CityClock(0, start, SPEED)))
    found = findings(city, start, 25)
    assert {identity.domain for _, identity in found} == {"water", "energy", "waste", "disaster"}
    assert min(second for second, _ in found) > 9


@pytest.mark.parametrize(("speed", "most"), [(1, 0), (SPEED, 8)])
def test_five_calm_minutes_are_quiet(speed: int, most: int) -> None:
    """At sixty times real time a day's own course is steep, and a few findings are fair."""
    assert len(findings(surabaya(speed=speed), MORNING, 300, speed)) <= most
