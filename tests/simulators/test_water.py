"""The water models on calm days: what a water engineer would look at first."""

from datetime import date

import numpy as np
import pytest

from simulators.base import Fleet, Float64
from simulators.holidays import Calendar
from simulators.incidents import Event
from simulators.water import Customers, Meters, PressurePoints, Pumps, QualityStations, Reservoirs, demand
from simulators.water.hydraulics import EXPONENT, drawn, headloss, leakage, settle
from simulators.water.storage import RATE
from simulators.weather import DRY
from tests.simulators.devices import FRIDAY, places, run, weather

HOUR, DAY = 3_600_000, 86_400_000
STEP = 300_000
ZONES = ("Genteng", "Gubeng", "Wonokromo")
KINDS: tuple[type[Fleet], ...] = (Meters, PressurePoints, Customers, Reservoirs, Pumps, QualityStations)


def of(kind: type[Fleet], days: float = 1.0, count: int = 6, seed: int = 1, step: int = STEP) -> dict[str, Float64]:
    """float64[times, devices] by quantity, from Friday's midnight."""
    fleet = kind(places(count, ZONES, 0.006), weather(seed), seed, step)
    values = run(fleet, FRIDAY, FRIDAY + int(days * DAY), step)
    return {quantity.name: values[:, :, column] for column, quantity in enumerate(fleet.quantities)}


def hours(values: Float64) -> Float64:
    return np.asarray(np.arange(len(values)) * STEP / HOUR % 24)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", [1, 2])
def test_calm_days_and_a_weekend_stay_inside_the_limits(kind: type[Fleet], seed: int) -> None:
    fleet = kind(places(5, ZONES, 0.006), weather(seed), seed, 900_000)
    values = run(fleet, FRIDAY, FRIDAY + 4 * DAY, 900_000)
    for column, quantity in enumerate(fleet.quantities):
        seen = values[:, :, column]
        assert not (seen < quantity.min).any() | (seen > quantity.max).any(), quantity.name
        assert not (seen < quantity.low).any() | (seen > quantity.high).any(), quantity.name


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_seed_gives_the_same_bits(kind: type[Fleet]) -> None:
    one, other, another = (of(kind, 0.1, seed=seed) for seed in (5, 5, 6))
    assert all(np.array_equal(one[name], other[name]) for name in one)
    assert not any(np.array_equal(one[name], another[name]) for name in one if name != "flow" or kind is not Customers)


def test_least_is_drawn_between_two_and_four_and_peaks_are_morning_and_evening() -> None:
    flow = of(Meters, 1, 20)["flow"]
    zone = flow.reshape(len(flow), 3, 20).sum(2)
    hour = hours(flow)
    smooth = np.apply_along_axis(np.convolve, 0, np.vstack((zone[-6:], zone, zone[:6])), np.ones(13) / 13, "valid")
    assert ((hour[smooth.argmin(0)] >= 1.5) & (hour[smooth.argmin(0)] <= 4)).all()
    night = zone[(hour >= 2) & (hour < 4)].mean(0) / zone.mean(0)
    assert ((night > 0.3) & (night < 0.5)).all()
    morning, evening = hour < 11, hour > 14
    assert (np.abs(hour[morning][smooth[morning].argmax(0)] - 6.1) < 1.2).all()
    assert (np.abs(hour[evening][smooth[evening].argmax(0)] - 18.1) < 1.2).all()


def test_rest_days_begin_later() -> None:
    flow = of(Meters, 2, 20)["flow"].sum(1)
    friday, saturday = np.split(flow, 2)
    hour = hours(friday)
    assert hour[:132][saturday[:132].argmax()] - hour[:132][friday[:132].argmax()] > 0.6
    minutes = np.arange(1440) / 60
    assert demand(minutes).mean() == pytest.approx(1.0)
    assert demand(minutes, rest=True).mean() == pytest.approx(1.0, abs=0.06)


@pytest.mark.parametrize(
    ("day", "rest"),
    [("2026-08-17", True), ("2026-08-18", False), ("2026-03-20", True), ("2026-03-19", False), ("2026-03-21", True)],
)
def test_holidays_are_days_of_rest(day: str, rest: bool) -> None:
    calendar = Calendar(weather(), [date(2026, 3, 20)])  # Idul Fitri, added; the 21st is a Saturday
    now = int(np.datetime64(f"{day}T00:00", "ms").astype(int)) - 7 * HOUR
    assert [calendar.rest(now), calendar.rest(now + DAY - 1)] == [rest, rest]


def test_heat_raises_demand_and_rain_lowers_it() -> None:
    def share(*events: Event) -> float:
        sky = weather(3, DRY)
        for event in events:
            sky.inject(event)
        return Meters(places(1), sky, 3).share(FRIDAY + 14 * HOUR).item()

    hot = Event("heat-wave", "3578", "*", (), FRIDAY, FRIDAY + DAY)
    wet = Event("cloudburst", "3578", "*", (), FRIDAY + 13 * HOUR, FRIDAY + 15 * HOUR)
    assert 1.03 < share(hot) / share() < 1.09
    assert 0.92 < share(wet) / share() < 0.94


@pytest.mark.parametrize("kind", [Meters, PressurePoints])
def test_pressure_falls_with_the_flow_of_the_zone_by_hazen_and_williams(kind: type[Fleet]) -> None:
    fleet = kind(places(6, ZONES, 0.006), weather(), 1)
    assert isinstance(fleet, (Meters, PressurePoints))
    moments = range(FRIDAY, FRIDAY + DAY, STEP)
    pressure = run(fleet, FRIDAY, FRIDAY + DAY, STEP)[:, :, -2 if kind is Meters else -1]
    share = np.array([fleet.share(now) for now in moments])
    for device in range(len(fleet)):
        assert np.corrcoef(share[:, device], pressure[:, device])[0, 1] < -0.85
    found = []
    for device in range(len(fleet)):
        exponents = np.linspace(1.0, 3.0, 81)
        fits = [np.corrcoef(share[:, device] ** power, pressure[:, device])[0, 1] for power in exponents]
        found.append(exponents[int(np.argmin(fits))])
    assert np.median(found) == pytest.approx(EXPONENT, abs=0.25)


def test_a_zone_is_one_for_all_its_fleets_whenever_they_are_stepped() -> None:
    meters = Meters(places(3, ZONES), weather(), 1, 10_000)
    points = PressurePoints(places(5, ZONES[::-1]), weather(), 1, 60_000)
    run(points, FRIDAY, FRIDAY + HOUR, 7_000)
    now = FRIDAY + 5 * HOUR
    share = dict(zip((place.zone for place in points.places), points.share(now), strict=False))
    assert [share[place.zone] for place in meters.places] == meters.share(now).tolist()
    head = dict(zip((place.zone for place in points.places), points.head(now), strict=False))
    assert [head[place.zone] for place in meters.places] == meters.head(now).tolist()


def test_settled_inlets_balance_head_demand_and_leak() -> None:
    head, friction = np.full(50, 320.0), np.linspace(5, 60, 50)
    wanted, burst, seep = np.linspace(0.3, 2.2, 50), np.linspace(0, 6, 50), np.linspace(0, 1, 50)
    flow, pressure, leak = settle(head, friction, wanted, burst, seep)
    np.testing.assert_allclose(pressure, head - headloss(friction, flow), atol=1.0)
    np.testing.assert_allclose(leak, leakage(burst, pressure, 0.5) + leakage(seep, pressure, 1.0))
    np.testing.assert_allclose(flow, wanted * drawn(pressure) + leak)
    assert drawn(np.array([400.0, 100.0, 25.0, 0.0])).tolist() == [1, 1, 0.5, 0]


def test_a_tanks_level_is_what_comes_in_less_what_goes_out() -> None:
    step = 300_000
    tank, pumps = (kind(places(2, ZONES), weather(), 1, step) for kind in (Reservoirs, Pumps))
    assert isinstance(tank, Reservoirs)
    assert isinstance(pumps, Pumps)
    levels, lifts, drains = [], [], []
    for now in range(FRIDAY, FRIDAY + DAY, step):
        levels.append(tank.tank(now))
        pumps.tank(now)
        lifts.append(pumps.lift)
        drains.append(pumps.share(now))
    stored = np.diff(levels, axis=0)
    balance = RATE * (np.array(lifts) - np.array(drains))[:-1] * step / HOUR
    np.testing.assert_allclose(stored, balance, atol=1e-9)


def test_pumps_work_at_night_and_tanks_are_full_before_the_morning() -> None:
    level, flow = of(Reservoirs, 2)["level"][288:], of(Pumps, 2)["flow"][288:]
    hour = hours(level)
    assert ((hour[level.argmax(0)] > 3) & (hour[level.argmax(0)] < 7)).all()
    assert (np.ptp(level, axis=0) > 0.8).all()
    pumps = Pumps(places(6, ZONES, 0.006), weather(), 1)
    head = run(pumps, FRIDAY, FRIDAY + DAY, 3_600_000)
    for device in range(len(pumps)):
        assert np.corrcoef(head[:, device, 0] ** 2, head[:, device, 1])[0, 1] < -0.9, "along the pump's curve"
    assert (flow > 0).all()


def test_older_and_warmer_water_has_less_chlorine() -> None:
    fleet = QualityStations(places(60, ("Genteng",)), weather(), 1)
    chlorine = run(fleet, FRIDAY, FRIDAY + DAY, 1_800_000)[:, :, 2].mean(0)
    assert np.corrcoef(fleet.age, chlorine)[0, 1] < -0.5


def test_customers_draw_their_litres_in_runs_whatever_the_interval() -> None:
    means, running = [], []
    for step in (10_000, 60_000, 600_000):
        fleet = Customers(places(100, ZONES), weather(), 1, step)
        values = run(fleet, FRIDAY, FRIDAY + 6 * HOUR + 1, step)
        litres = ((values[-1, :, 0] - values[0, :, 0]) % 10_000) * 1000
        means.append(litres.mean())
        running.append((values[:, :, 1] > 0).mean())
    assert means == pytest.approx([means[0]] * 3, rel=0.02)
    assert running == pytest.approx([running[0]] * 3, rel=0.1)
    expected = fleet.daily.mean() * 6 / 24 * np.mean([demand(hour / 10).item() for hour in range(60)])
    assert means[0] == pytest.approx(expected, rel=0.15)


@pytest.mark.parametrize("kind", [Meters, Customers])
def test_some_counters_pass_their_last_digit_in_days_not_years(kind: type[Fleet]) -> None:
    fleet = kind(places(24), weather(), 1, 600_000)
    column = next(at for at, quantity in enumerate(fleet.quantities) if quantity.counter)
    volume = run(fleet, FRIDAY, FRIDAY + 4 * DAY, 600_000)[:, :, column]
    assert (np.diff(volume, axis=0) < 0).any(0).sum() >= 1
    assert (np.diff(volume, axis=0) % fleet.quantities[column].modulus < 50).all()


@pytest.mark.parametrize("kind", KINDS)
def test_the_interval_does_not_change_the_distribution(kind: type[Fleet]) -> None:
    often, seldom = (of(kind, 1, 12, step=step) for step in (120_000, 900_000))
    for name in often.keys() - {"volume"}:
        spread = often[name].std()
        assert abs(often[name].mean() - seldom[name].mean()) < 0.2 * spread, name
        assert often[name].std() == pytest.approx(seldom[name].std(), rel=0.1), name
