"""Rivers, rain gauges, slopes and the air: what was asked for is what the readings show."""

import numpy as np
import pytest

from simulators.base import Fleet, Float64, Place
from simulators.disaster import CILIWUNG, AirStations, RainGauges, Rivers, Seismometers, Slopes, Tides
from simulators.incidents import Event
from simulators.weather import DAY, DRY, HOUR, WET
from tests.simulators.devices import FRIDAY, places, run, weather

STEP = 600_000
GAUGES = [
    Place("3271", "Bogor Timur", "katulampa", -6.6337, 106.8370, "gw"),
    Place("3276", "Pancoran Mas", "depok", -6.4005, 106.8316, "gw"),
    Place("3174", "Tebet", "manggarai", -6.2077, 106.8484, "gw"),
]
SIAGA = np.array([(80, 150, 200), (200, 270, 350), (750, 850, 950)])
"""3, 2 and 1 of each gauge, cm."""
FLEETS = (AirStations, RainGauges, Rivers, Seismometers, Slopes, Tides)


def made(kind: type[Fleet], seed: int = 1, step: int = STEP) -> Fleet:
    return kind(GAUGES if kind is Rivers else places(5), weather(seed), seed, step)


def rivers(seed: int = 1, step: int = STEP) -> Rivers:
    return Rivers(GAUGES, weather(seed), seed, step)


def flood(strength: float, hours: float = 3.0) -> Float64:
    """Stages of a day in the dry season, at steps of 3 min: float64[times, gauges]."""
    river = Rivers(GAUGES, weather(9, DRY), 9, 180_000)
    for event in river.flood(FRIDAY + 2 * HOUR, int(hours * HOUR), strength):
        river.inject(event)
    return run(river, FRIDAY, FRIDAY + DAY, 180_000)[:, :, 0]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("kind", FLEETS)
def test_a_calm_fortnight_stays_inside_the_limits(kind: type[Fleet], seed: int) -> None:
    fleet = made(kind, seed)
    values = run(fleet, FRIDAY, FRIDAY + 14 * DAY, STEP)
    for column, quantity in enumerate(fleet.quantities):
        seen = values[:, :, column]
        assert (seen >= quantity.min).all(), quantity.name
        assert (seen <= quantity.max).all(), quantity.name
        assert not (seen < quantity.low).any(), quantity.name
        assert not (seen > quantity.high).any(), quantity.name


@pytest.mark.parametrize("kind", FLEETS)
def test_the_same_seed_gives_the_same_readings_bit_for_bit(kind: type[Fleet]) -> None:
    runs = [run(made(kind, seed), FRIDAY, FRIDAY + DAY, STEP) for seed in (3, 3, 4)]
    assert np.array_equal(runs[0], runs[1])
    assert not np.array_equal(runs[0], runs[2])


@pytest.mark.parametrize(("gauge", "hours"), [(1, 3.0), (2, 9.0)])
def test_rain_on_the_hills_takes_its_time_down_the_river(gauge: int, hours: float) -> None:
    stage = run(rivers(3), FRIDAY, FRIDAY + 20 * DAY, STEP)[:, :, 0]
    first, later = (stage[:, at] - stage[:, at].mean() for at in (0, gauge))
    fit = [(first[: len(first) - lag] * later[lag:]).mean() for lag in range(90)]
    assert int(np.argmax(fit)) / 6 == pytest.approx(hours, abs=0.5)


def test_a_river_rises_after_the_rain_on_its_catchment() -> None:
    river = rivers(3)
    times = range(FRIDAY, FRIDAY + 20 * DAY, STEP)
    rain = np.array([float(river.weather.rain(now, -6.66, 106.87)) for now in times])
    stage = run(river, FRIDAY, FRIDAY + 20 * DAY, STEP)[:, 0, 0]
    fit = [np.corrcoef(rain[: len(rain) - lag], stage[lag:])[0, 1] for lag in range(20)]
    assert max(fit) > 0.6
    assert 0.3 < int(np.argmax(fit)) / 6 < 1.5


@pytest.mark.parametrize(("strength", "passed"), [(0.5, 1), (1.0, 2), (1.5, 3)])
def test_a_floods_strength_says_which_siaga_all_gauges_reach(strength: float, passed: int) -> None:
    top = flood(strength).max(0)
    assert ((top[:, np.newaxis] > SIAGA).sum(1) == passed).all()


def test_a_short_flood_flattens_on_its_way() -> None:
    stage = flood(1.0, hours=0.4)
    base = stage[:20].mean(0)
    share = (stage.max(0) - base) / [reach.surge for reach in CILIWUNG]
    assert share[0] > share[1] > share[2] > 0.2


def test_a_flood_rises_faster_than_it_falls() -> None:
    stage = flood(1.0)[:, 0]
    half = stage[:20].mean() + 0.5 * (stage.max() - stage[:20].mean())
    above = np.flatnonzero(stage > half)
    top = int(stage.argmax())
    rising = above[0] - np.flatnonzero(stage > stage[:20].mean() + 5)[0]
    assert rising * 180 < 1800
    assert np.flatnonzero(stage > 45)[-1] - top > 2 * rising


def test_several_rivers_are_made_of_more_places() -> None:
    river = Rivers(GAUGES + places(3), weather(), 1, STEP)
    assert river.delay.tolist() == [0, 10_800, 32_400] * 2
    values = run(river, FRIDAY, FRIDAY + 3 * DAY, STEP)[:, :, 0]
    assert np.corrcoef(values[:, 0], values[:, 3])[0, 1] < 0.9


def test_gauges_tip_what_they_catch() -> None:
    gauges = RainGauges(places(6), weather(4), 1, STEP)
    tips = run(gauges, FRIDAY, FRIDAY + 10 * DAY, STEP)[:, :, 0]
    assert np.allclose(tips * 10, np.round(tips * 10))
    fell = gauges.weather.rainfall(FRIDAY, FRIDAY + 10 * DAY, gauges.lat, gauges.lon)
    np.testing.assert_allclose(tips.sum(0), gauges.catch * fell, atol=0.25, rtol=0.02)
    assert tips.sum(0).min() > 5


def test_a_cloudburst_is_heavy_rain_at_the_gauges_below_it() -> None:
    gauges = RainGauges(places(2, ("A",), 0.003), weather(9, DRY), 1, STEP)
    event = Event("cloudburst", "3578", "A", ("A-0",), FRIDAY, FRIDAY + HOUR)
    gauges.weather.inject(event, (-7.26, 112.75))
    gauges.inject(event)
    tips = run(gauges, FRIDAY, FRIDAY + 2 * HOUR, STEP)[:, :, 0]
    assert 85 < tips.sum(0).min() <= tips.sum(0).max() < 125


def landslide(hours: float, strength: float = 1.0) -> tuple[Float64, Float64]:
    """Hours since the start, and readings float64[times, quantities] of the slope, before and after."""
    slopes = Slopes(places(2), weather(9, DRY), 9, STEP)
    start = FRIDAY + DAY
    end = start + int(hours * HOUR)
    slopes.inject(Event("landslide", "3578", "Genteng", ("Genteng-0",), start, end, strength))
    times = np.arange(FRIDAY, end + 6 * HOUR, STEP)
    return (times - start) / HOUR, np.array([slopes.step(int(now))[0] for now in times])


@pytest.mark.parametrize("hours", [6.0, 12.0, 36.0])
def test_a_landslide_passes_both_rates_before_it_fails(hours: float) -> None:
    since, values = landslide(hours)
    tilt = values[:, 1]

    def rate(first: float, last: float) -> float:
        inside = (since >= first * hours) & (since <= last * hours)
        return float(np.polyfit(since[inside], tilt[inside], 1)[0])

    assert abs(np.polyfit(since[since < 0], tilt[since < 0], 1)[0]) < 0.002
    assert 0.01 < rate(0.0, 0.4) < 0.1
    assert rate(0.85, 0.98) > 0.1


def test_the_inverse_of_the_creeps_velocity_points_at_the_failure() -> None:
    since, values = landslide(24.0)
    inside = np.flatnonzero((since > 6) & (since < 21))
    span = 6
    hours = since[inside[:-span]] + span / 12
    inverse = (span / 6) / (values[inside[span:], 2] - values[inside[:-span], 2])
    slope, offset = np.polyfit(hours, inverse, 1)
    assert -offset / slope == pytest.approx(24, abs=1.0)


def test_what_has_slid_stays_and_neighbours_stay_put() -> None:
    _, values = landslide(12.0)
    assert values[-1, 1] - values[0, 1] > 2
    assert values[-1, 2] - values[0, 2] > 80


def test_rain_wets_the_soil_and_days_dry_it() -> None:
    wet, dry = (
        run(Slopes(places(8), weather(3, climate), 1, STEP), FRIDAY, FRIDAY + 14 * DAY, STEP)[:, :, 0]
        for climate in (WET, DRY)
    )
    assert wet[-1].mean() > dry[-1].mean() + 1.5
    assert np.diff(dry[::144].mean(1))[:3].max() < 0


def test_haze_raises_fine_dust_over_half_a_day_all_over_the_city() -> None:
    fleet = AirStations(places(4, ("A", "B")), weather(9, DRY), 1, STEP)
    names = tuple(place.device for place in fleet.places)
    fleet.inject(Event("haze", "3578", "*", names, FRIDAY + 2 * DAY, FRIDAY + 4 * DAY))
    fine, coarse = np.moveaxis(run(fleet, FRIDAY, FRIDAY + 6 * DAY, STEP), 2, 0)
    level = fine.mean(1)
    before, held = level[: 2 * 144].mean(), level[int(2.6 * 144) : 4 * 144].mean()
    assert 140 < held - before < 220
    assert level[int(2.25 * 144)] - before == pytest.approx(0.5 * (held - before), rel=0.3)
    assert fine[int(2.6 * 144) : 4 * 144].mean(0).min() > 150.4
    assert level[-72:].mean() < 1.5 * before
    assert (coarse > fine).mean() > 0.99


def test_the_air_has_traffics_two_peaks_and_quieter_weekends() -> None:
    values = run(AirStations(places(8), weather(9, DRY), 9, STEP), FRIDAY, FRIDAY + 28 * DAY, STEP)[:, :, 0]
    days = values.mean(1).reshape(4, 7, 24, 6).mean((0, 3))
    usual, weekend = days[[0, 3, 4, 5, 6]].mean(0), days[[1, 2]].mean(0)
    assert usual[7] > 1.25 * usual[12]
    assert usual[18] > 1.25 * usual[14]
    assert weekend[7] / weekend[12] < 0.92 * usual[7] / usual[12]


def test_rain_washes_the_air() -> None:
    fleet = AirStations(places(8), weather(3), 1, STEP)
    times = range(FRIDAY, FRIDAY + 14 * DAY, STEP)
    rain = np.array([fleet.weather.rain(now, fleet.lat, fleet.lon).mean() for now in times])
    fine = run(fleet, FRIDAY, FRIDAY + 14 * DAY, STEP)[:, :, 0].mean(1)
    hour = np.arange(len(rain)) % 144 // 6
    afternoon = (hour >= 13) & (hour < 20)
    assert fine[afternoon & (rain > 3)].mean() < 0.8 * fine[afternoon & (rain < 0.1)].mean()
