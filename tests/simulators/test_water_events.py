"""What happens to water: each event shows where, when and as strongly as it was asked for."""

import numpy as np
import pytest

from simulators.base import Fleet, Float64
from simulators.incidents import Event
from simulators.water import Customers, Meters, PressurePoints, Pumps, QualityStations, Reservoirs
from simulators.water.quality import SPEED
from tests.simulators.devices import FRIDAY, places, run, weather

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
ZONES = ("Genteng", "Gubeng")


def event(
    kind: str,
    start: float,
    end: float,
    devices: tuple[str, ...] = (),
    strength: float = 1.0,
    at: tuple[float, float] | None = None,
) -> Event:
    """In Genteng, hours after Friday's midnight."""
    lat, lon = at or (None, None)
    begin, over = (FRIDAY + int(moment * HOUR) for moment in (start, end))
    return Event(kind, "3578", "Genteng", devices, begin, over, strength, lat=lat, lon=lon)


def pair(
    kind: type[Fleet], happening: Event, begin: float, end: float, step: int = MINUTE, count: int = 6
) -> tuple[Fleet, Float64, Float64]:
    """(fleet, with the event, without it), hours after Friday's midnight; Genteng's devices come first."""
    fleets = [kind(places(count, ZONES, 0.006), weather(), 1, step) for _ in range(2)]
    fleets[0].inject(happening)
    with_it, without = (run(fleet, FRIDAY + int(begin * HOUR), FRIDAY + int(end * HOUR), step) for fleet in fleets)
    return fleets[0], with_it, without


def test_a_burst_shows_at_its_inlet_within_minutes_and_ends_with_its_repair() -> None:
    fleet, burst, calm = pair(Meters, event("burst-main", 10, 12, ("Genteng-0",)), 9, 14)
    assert isinstance(fleet, Meters)
    more = (burst - calm)[:, 0, 0] / fleet.base[0]
    assert abs(more[:60]).max() < 1e-9
    assert more[63] > 2.5
    assert 2.5 < more[90] < 4.5
    assert abs(more[60 * 3 + 12 :]).max() < 1e-9
    assert (calm - burst)[90, 0, 1] > 50
    assert np.array_equal(burst[:, 1:, :2], calm[:, 1:, :2]), "other inlets have districts of their own"


def test_a_weaker_burst_is_weaker() -> None:
    more = []
    for strength in (0.1, 0.3, 1.0):
        fleet, burst, calm = pair(Meters, event("burst-main", 2, 4, ("Genteng-0",), strength), 2.5, 3)
        assert isinstance(fleet, Meters)
        more.append(float((burst - calm)[:, 0, 0].mean() / fleet.base[0]))
    assert 0.3 < more[0] < 0.45
    assert more[0] < more[1] < more[2]


def test_a_burst_lowers_all_points_of_its_zone_the_nearest_most() -> None:
    site = (-7.265, 112.75)
    fleet, burst, calm = pair(PressurePoints, event("burst-main", 10, 12, at=site), 10.5, 11, count=20)
    drop = (calm - burst)[:, :, 0].mean(0)
    away = np.hypot(fleet.lat - site[0], fleet.lon - site[1])[:20]
    assert (drop[:20] > 40).all()
    assert (drop[20:] == 0).all()
    assert np.corrcoef(np.argsort(np.argsort(away)), np.argsort(np.argsort(-drop[:20])))[0, 1] > 0.95


def test_customers_get_less_in_a_burst() -> None:
    _, burst, calm = pair(Customers, event("burst-main", 17, 20, strength=1.5), 17.5, 19.5, count=60)
    taken, usual = burst[-1, :60, 0] - burst[0, :60, 0], calm[-1, :60, 0] - calm[0, :60, 0]
    assert (taken % 10_000).sum() < 0.9 * (usual % 10_000).sum()


def test_a_slow_leak_grows_in_the_night_flow() -> None:
    fleet, leak, calm = pair(Meters, event("slow-leak", 0, 200, ("Genteng-0",)), 0, 7 * 24, step=900_000)
    assert isinstance(fleet, Meters)
    more = (leak - calm)[:, 0, 0] / fleet.base[0]
    nights = [more[day * 96 + 8 : day * 96 + 16].mean() for day in range(7)]
    assert nights[0] < 0.06
    assert np.diff(nights[:5]) == pytest.approx([nights[4] / 4.1] * 4, rel=0.25)
    assert nights[6] == pytest.approx(nights[5], rel=0.05)
    assert 0.4 < nights[6] < 0.6
    evening = more[6 * 96 + 70 : 6 * 96 + 76].mean()
    assert evening < nights[6], "less leaks out when demand takes the pressure"


def test_a_stuck_valve_freezes_the_flow_and_takes_the_pressure_behind_it() -> None:
    fleet, stuck, _ = pair(Meters, event("stuck-valve", 10, 20), 12, 20)
    assert isinstance(fleet, Meters)
    assert (stuck[:, :6, 0] / fleet.base[:6] < 0.36).all()
    assert (stuck[:, :6, 0] / fleet.base[:6]).std() < 0.01
    _, behind, before = pair(PressurePoints, event("stuck-valve", 10, 20), 12, 20)
    assert (behind[:, :6] < 0.6 * before[:, :6]).all()
    _, level, full = pair(Reservoirs, event("stuck-valve", 10, 20, ("Genteng-0",)), 9, 20)
    assert (level[-1, 0, 0]) < full[-1, 0, 0] - 1.0
    _, flow, usual = pair(Pumps, event("stuck-valve", 10, 20, ("Genteng-0",)), 12, 20)
    assert (flow[:, 0, 0] < 0.5 * usual[:, 0, 0]).all()


def test_a_cut_empties_the_mains_and_is_followed_by_a_surge() -> None:
    _, cut, calm = pair(Meters, event("supply-cut", 10, 14), 9, 20)
    dark = cut[65:300, :6]
    assert (dark[:, :, 0] == 0).all()
    assert (dark[:, :, 1] < 5).all()
    surge = cut[5 * 60 + 15 : 5 * 60 + 60, :6, 0] / calm[5 * 60 + 15 : 5 * 60 + 60, :6, 0]
    assert (surge > 1.1).all()
    assert surge.max() > 1.4
    assert (cut[-30:, :6, 0] / calm[-30:, :6, 0]).max() < 1.05
    _, taps, _ = pair(Customers, event("supply-cut", 10, 14), 9, 14)
    assert np.ptp(taps[65:300, :6, 0], axis=0).max() == 0
    assert taps[65:300, :6, 1].max() == 0


def test_a_contamination_moves_from_station_to_station() -> None:
    fleet, foul, calm = pair(QualityStations, event("contamination", 10, 16, ("Genteng-0",)), 9, 16, count=8)
    assert isinstance(fleet, QualityStations)
    away = np.hypot((fleet.lat - fleet.lat[0]) * 111.2, (fleet.lon - fleet.lon[0]) * 111.2 * np.cos(np.radians(7.26)))
    moved = (foul - calm)[:, :8]
    came = (moved[:, :, 0] > 0.05).argmax(0) - 60
    expected = away[:8] * 1000 / SPEED / 60
    assert came == pytest.approx(expected, abs=3)
    assert (moved[-1, :, 0] > 1.5).all(), "turbid"
    assert (moved[-1, :, 1] < -0.2).all(), "sour"
    assert (moved[-1, :, 2] < -0.1).all(), "chlorine is used up"
    assert foul[-1, 0, 2] < 0.05
    assert foul[-1, 0, 0] > 8
    assert np.array_equal(foul[:, 8:], calm[:, 8:])


@pytest.mark.parametrize("kind", [Meters, PressurePoints, Customers, Reservoirs, Pumps, QualityStations])
def test_events_end(kind: type[Fleet]) -> None:
    quick = ("burst-main", "stuck-valve", "contamination")
    fleet, calm = (kind(places(4, ZONES, 0.006), weather(), 1, MINUTE) for _ in range(2))
    for name in quick:
        fleet.inject(event(name, 1, 1.5))
    after, usual = (run(one, FRIDAY, FRIDAY + 9 * HOUR, MINUTE)[-60:] for one in (fleet, calm))
    kept = [at for at, quantity in enumerate(fleet.quantities) if quantity.name not in ("volume", "level")]
    np.testing.assert_allclose(after[:, :, kept], usual[:, :, kept])
