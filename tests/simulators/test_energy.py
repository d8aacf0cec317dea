"""The energy models on calm days: what a grid engineer would look at first."""

import numpy as np
import pytest

from simulators.base import Fleet, Float64
from simulators.energy import Feeders, Households, Solar, Transformers, household
from simulators.incidents import Event
from simulators.weather import DRY
from tests.simulators.devices import FRIDAY, places, run, weather

HOUR, DAY = 3_600_000, 86_400_000
STEP = 300_000
ZONES = ("Genteng", "Gubeng", "Wonokromo")
KINDS: tuple[type[Fleet], ...] = (Feeders, Transformers, Households, Solar)


def of(kind: type[Fleet], days: float = 1.0, count: int = 6, seed: int = 1, step: int = STEP) -> dict[str, Float64]:
    """float64[times, devices] by quantity, from Friday's midnight."""
    fleet = kind(places(count, ZONES, 0.006), weather(seed), seed, step)
    values = run(fleet, FRIDAY, FRIDAY + int(days * DAY), step)
    return {quantity.name: values[:, :, column] for column, quantity in enumerate(fleet.quantities)}


def unbalance(phases: Float64) -> Float64:
    """VUF from phase voltages (first axis) 120 degrees apart: b = sum V^4 / (sum V^2)^2 of the line voltages."""
    squares = np.array([phases[a] ** 2 + phases[b] ** 2 + phases[a] * phases[b] for a, b in ((0, 1), (1, 2), (2, 0))])
    b = (squares**2).sum(0) / squares.sum(0) ** 2
    root = np.clip(np.sqrt(np.maximum(3 - 6 * b, 0)), 0, 1)  # rounding may lift it above 1
    return np.asarray(np.sqrt((1 - root) / (1 + root)))


def phases(values: dict[str, Float64], quantity: str) -> Float64:
    return np.array([values[f"{quantity}_{phase}"] for phase in "abc"])


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
    assert not any(np.array_equal(one[name], another[name]) for name in one)


@pytest.mark.parametrize("kind", [Feeders, Transformers, Households])
def test_the_peak_is_in_the_evening(kind: type[Fleet]) -> None:
    power = of(kind, 1, 40)["power"].sum(1)
    smooth = np.convolve(power, np.ones(7) / 7, "same")
    hour = np.arange(len(power)) * STEP / HOUR
    assert 18 <= hour[smooth.argmax()] <= 20.5
    assert power[(hour > 2) & (hour < 4)].mean() < 0.65 * smooth.max()


def test_homes_follow_their_curve() -> None:
    power = of(Households, 1, 150)["power"].mean(1)
    hour = np.arange(len(power)) * STEP / HOUR
    assert np.corrcoef(power, household(hour))[0, 1] > 0.95


def test_panels_give_at_noon_and_take_nothing_off_the_evening() -> None:
    solar = of(Solar, 1, 30)
    fleet = Solar(places(30, ZONES, 0.006), weather(), 1)
    share = (solar["power"] / fleet.peak).mean(1)
    hour = np.arange(len(share)) * STEP / HOUR
    assert share[(hour > 10.5) & (hour < 13)].mean() < -0.3
    assert 9.5 < hour[share.argmin()] < 14
    assert share[(hour > 19) & (hour < 20)].mean() > 0.1
    made = np.diff(solar["energy"], axis=0) % 100_000
    assert made[(hour[1:] < 5) | (hour[1:] > 18.5)].max() < 0.002, "nothing at night"
    assert 3 < (made.sum(0) / fleet.peak).mean() < 6, "kWh per kW and day"


def test_roofs_dig_a_hole_into_a_feeders_noon() -> None:
    fleet = Feeders(places(60, ZONES), weather(), 1)
    with_roofs = fleet.share(FRIDAY + 12 * HOUR)
    fleet.solar = np.zeros(len(fleet))
    without = fleet.share(FRIDAY + 12 * HOUR)
    midnight = fleet.share(FRIDAY)
    assert 0.05 < (without - with_roofs).mean() < 0.3
    assert (without > midnight).mean() > (with_roofs > midnight).mean()


def test_heat_raises_the_load() -> None:
    load = []
    for heat in (False, True):
        sky = weather(1, DRY)
        if heat:
            sky.inject(Event("heat-wave", "3578", "*", (), FRIDAY, FRIDAY + DAY))
        fleet = Feeders(places(20), sky, 1)
        fleet.solar = np.zeros(len(fleet))
        load.append(fleet.share(FRIDAY + 14 * HOUR).mean())
    assert 1.08 < load[1] / load[0] < 1.2


def test_the_grid_has_one_frequency_that_wanders_about_50() -> None:
    one, other = Feeders(places(2), weather(), 1), Transformers(places(3, ("Gubeng",)), weather(), 1)
    hertz = np.array([one.hertz(FRIDAY + at * 1000) for at in range(6000)])
    assert hertz.mean() == pytest.approx(50, abs=0.01)
    assert hertz.std() == pytest.approx(0.025, rel=0.25)
    assert np.corrcoef(hertz[:-60], hertz[60:])[0, 1] == pytest.approx(np.exp(-1), abs=0.15)
    assert np.corrcoef(hertz[:-1], hertz[1:])[0, 1] == pytest.approx(np.exp(-1 / 60), abs=0.01)
    assert [other.hertz(FRIDAY + at * 1000) for at in (5990, 7, 3000)] == [hertz[5990], hertz[7], hertz[3000]]
    seen = run(one, FRIDAY, FRIDAY + HOUR, 60_000)[:, :, 3]
    assert np.ptp(seen, axis=1).max() < 0.02


def test_phases_are_nearly_balanced_and_currents_carry_the_power() -> None:
    seen = of(Transformers, 1, 10)
    volts, amps = phases(seen, "voltage"), phases(seen, "current")
    assert unbalance(volts).max() < 0.01
    assert 0.005 < (amps.std(0) / amps.mean(0)).mean() < 0.1
    np.testing.assert_allclose((volts * amps).sum(0) * 0.92 / 1000, seen["power"], rtol=0.03)


def test_the_formula_of_unbalance_on_a_worked_example() -> None:
    """Against the symmetrical components of the phasors."""
    turned = np.exp(1j * np.array([0, -2, 2]) * np.pi / 3) * np.array([230.0, 220.0, 235.0])
    turn = np.exp(2j * np.pi / 3)
    forward, backward = (abs(turned @ np.array([1, part, part**2])) for part in (turn, turn**2))
    assert unbalance(np.array([230.0, 220.0, 235.0])) == pytest.approx(backward / forward, rel=1e-6)


def test_oil_lags_behind_the_load() -> None:
    seen = of(Transformers, 2, 10)
    oil = seen["temperature"][288:].mean(1)
    assert 40 < oil.mean() < 60
    assert np.abs(np.diff(oil)).max() < 1.0
    fleet = Transformers(places(3), weather(), 1)
    rise = np.array([fleet.oil(FRIDAY, 600.0, np.full(3, 1.0)) for _ in range(200)])
    assert rise[-1] - fleet.weather.temperature(FRIDAY) == pytest.approx([52.0] * 3, abs=0.1)
    whole = Transformers(places(3), weather(), 1)
    whole.oil(FRIDAY, 1800.0, np.full(3, 1.0))
    parts = Transformers(places(3), weather(), 1)
    for _ in range(3):
        parts.oil(FRIDAY, 600.0, np.full(3, 1.0))
    assert whole.oil(FRIDAY, 0.0, np.ones(3)) == pytest.approx(parts.oil(FRIDAY, 0.0, np.ones(3)))


@pytest.mark.parametrize("kind", [Feeders, Households, Solar])
def test_some_counters_pass_their_last_digit_in_days_not_years(kind: type[Fleet]) -> None:
    fleet = kind(places(24), weather(), 1, 600_000)
    column = next(at for at, quantity in enumerate(fleet.quantities) if quantity.counter)
    energy = run(fleet, FRIDAY, FRIDAY + 4 * DAY, 600_000)[:, :, column]
    assert (np.diff(energy, axis=0) < 0).any(0).sum() >= 1
    assert (np.diff(energy, axis=0) % fleet.quantities[column].modulus < 50).all()


@pytest.mark.parametrize("kind", KINDS)
def test_the_interval_does_not_change_the_distribution(kind: type[Fleet]) -> None:
    often, seldom = (of(kind, 1, 12, step=step) for step in (120_000, 900_000))
    for name in often.keys() - {"energy"}:
        spread = often[name].std()
        assert abs(often[name].mean() - seldom[name].mean()) < 0.25 * spread, name
        assert often[name].std() == pytest.approx(seldom[name].std(), rel=0.1), name
