"""Bins: filling by land use, rounds, and what happens to bins."""

import numpy as np
import pytest

from simulators.base import Float64
from simulators.incidents import Event
from simulators.waste import LAND_USES, Bins
from simulators.weather import DAY, HOUR
from tests.simulators.devices import FRIDAY, places, run, weather

STEP = 600_000
ZONES = ("A", "B", "C")


def bins(count: int = 4, seed: int = 1, *events: Event) -> Bins:
    fleet = Bins(places(count, ZONES), weather(seed), seed, STEP)
    for event in events:
        fleet.inject(event)
    return fleet


def happens(kind: str, start: int, end: int, device: str = "A-1") -> Event:
    return Event(kind, "3578", "A", (device,), start, end)


@pytest.fixture(scope="module")
def week() -> tuple[Bins, Float64]:
    """Friday to Thursday of 300 bins: float64[days, times, bins]."""
    fleet = bins(100)
    return fleet, run(fleet, FRIDAY, FRIDAY + 7 * DAY, STEP)[:, :, 0].reshape(7, 144, 300)


@pytest.mark.parametrize("use", range(len(LAND_USES)))
def test_a_bin_fills_at_its_land_uses_rate(week: tuple[Bins, Float64], use: int) -> None:
    fleet, fill = week
    steps = np.diff(fill.reshape(-1, 300), axis=0)
    rose = np.where(steps > -5, steps, np.nan)[:, fleet.use == use]
    days = np.nanmean(rose[: 7 * 144 - 1], axis=1)
    daily = np.array([np.nansum(days[day * 144 : day * 144 + 144]) for day in range(7)])
    expected = LAND_USES[use]
    assert daily[[0, 3, 4, 5]].mean() == pytest.approx(expected.weekday, rel=0.08)
    assert daily[[1, 2]].mean() == pytest.approx(expected.weekend, rel=0.08)


def test_each_land_use_has_its_hours(week: tuple[Bins, Float64]) -> None:
    fleet, fill = week
    steps = np.diff(fill, axis=1)[3]  # Monday
    by_hour = np.where(steps > -5, steps, 0.0)
    busiest = {}
    for number, use in enumerate(LAND_USES):
        mean = by_hour[:, fleet.use == number].mean(1)
        busiest[use.name] = np.convolve(mean, np.ones(12) / 12, "same").argmax() / 6
    assert 7 < busiest["market"] < 11.5
    assert 11.5 < busiest["offices"] < 14.5
    assert 15 < busiest["park"] < 18.5


def test_trucks_come_seven_times_a_week_and_not_to_the_minute(week: tuple[Bins, Float64]) -> None:
    fleet, _ = week
    first = fleet.weather.day(FRIDAY)
    due = np.array([fleet.due(first + day) for day in range(7)]) - first * DAY + fleet.weather.offset * HOUR
    hours = (due - np.arange(7)[:, np.newaxis] * DAY) / HOUR
    assert ((hours > 5.4) & (hours < 13)).all()
    assert 0.1 < hours.std(0).mean() < 0.6
    filled = week[1].reshape(-1, 300)
    drops = np.diff(filled, axis=0) < -8
    assert drops.sum(0).mean() == pytest.approx(7, abs=0.3)
    assert (filled[1:][drops] < 8).all()


@pytest.mark.parametrize("seed", range(5))
def test_a_calm_fortnight_stays_inside_the_limits(seed: int) -> None:
    fleet = bins(30, seed)
    values = run(fleet, FRIDAY, FRIDAY + 14 * DAY, 1_800_000)
    for column, quantity in enumerate(fleet.quantities):
        assert values[:, :, column].max() <= quantity.high
        assert values[:, :, column].min() >= quantity.min


def test_a_missed_round_leaves_the_bin_to_fill() -> None:
    fleet = bins(4, 1, happens("missed-rounds", FRIDAY, FRIDAY + 2 * DAY))
    fill = run(fleet, FRIDAY, FRIDAY + 3 * DAY, STEP)[:, :, 0]
    drops = np.diff(fill, axis=0) < -8
    assert not drops[:288, 1].any()
    assert drops[288:, 1].sum() == 1
    assert drops[:, 0].sum() == 3
    assert fill[280, 1] > fill[280, 0] + 25


def test_a_fallen_bin_tilts_and_its_echo_is_nonsense() -> None:
    fleet = bins(4, 1, happens("bin-tilt", FRIDAY + 12 * HOUR, FRIDAY + 20 * HOUR))
    values = run(fleet, FRIDAY, FRIDAY + DAY, STEP)
    lying = slice(74, 119)
    assert (values[lying, 1, 3] > 45).all()
    assert (values[:, [0, 2, 3], 3] < 10).all()
    assert np.diff(values[lying, 1, 0]).std() > 10 * np.diff(values[lying, 0, 0]).std()


def test_a_fire_is_past_sixty_degrees_in_ten_minutes() -> None:
    fleet = bins(4, 1, happens("bin-fire", FRIDAY + 12 * HOUR, FRIDAY + 13 * HOUR))
    heat = run(fleet, FRIDAY + 11 * HOUR, FRIDAY + 16 * HOUR, STEP)[:, 1, 2]
    assert heat[:7].max() < 45
    assert (heat[7:12] > 60).all()
    assert heat[-1] < 45


def test_the_sampling_interval_does_not_change_how_much_comes() -> None:
    ends = []
    for step in (60_000, 1_200_000):
        fleet = Bins(places(150, ("A",)), weather(), 1, step)
        ends.append(run(fleet, FRIDAY + 14 * HOUR, FRIDAY + 22 * HOUR + 1, step)[-1, :, 0])
    assert ends[0].mean() == pytest.approx(ends[1].mean(), rel=0.05)
    assert ends[0].std() == pytest.approx(ends[1].std(), rel=0.25)


def test_the_same_seed_gives_the_same_bins_bit_for_bit() -> None:
    runs = [run(bins(4, seed), FRIDAY, FRIDAY + DAY, STEP) for seed in (3, 3, 4)]
    assert np.array_equal(runs[0], runs[1])
    assert not np.array_equal(runs[0], runs[2])
