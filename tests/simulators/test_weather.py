"""Weather: how much it rains and when, the day's heat, clouds, and events that all domains feel."""

import numpy as np
import pytest

from simulators.city import surabaya
from simulators.incidents import Event
from simulators.weather import DAY, DRY, HOUR, WET, Climate, Weather

FRIDAY = 1_763_658_000_000  # 2025-11-21T00:00+07:00
PLACE = (-7.27, 112.75)
REGIONS = ((-7.26, 112.75), (-6.63, 106.84))


def month(seed: int, climate: Climate, place: tuple[float, float] = PLACE) -> np.ndarray:
    """mm/h: float64[30 days, 144]."""
    times = FRIDAY + np.arange(0, 30 * DAY, 600_000)
    return Weather(seed, REGIONS, climate=climate).rain(times, *place).reshape(30, 144)


@pytest.mark.parametrize(("climate", "least", "most"), [(WET, 180, 420), (DRY, 3, 40)])
def test_a_month_is_as_wet_as_its_season(climate: Climate, least: float, most: float) -> None:
    depths = [month(seed, climate).sum() / 6 for seed in range(8)]
    assert least < np.mean(depths) < most


def test_rain_falls_in_the_afternoon_and_not_every_day() -> None:
    rain = np.concatenate([month(seed, WET) for seed in range(6)])
    by_hour = rain.reshape(-1, 24, 6).sum((0, 2))
    assert by_hour[13:20].sum() > 0.75 * by_hour.sum()
    wet = (rain.sum(1) / 6 >= 0.5).mean()
    assert 0.5 < wet < 0.9
    assert rain.max() <= 50


def test_regions_have_their_own_showers_and_near_places_share_them() -> None:
    here, beside = month(1, WET), month(1, WET, (-7.275, 112.755))
    far = month(1, WET, REGIONS[1])
    assert np.corrcoef(here.ravel(), beside.ravel())[0, 1] > 0.95
    assert np.corrcoef(here.ravel(), far.ravel())[0, 1] < 0.5


def test_any_moment_may_be_asked_for_in_any_order() -> None:
    times = (FRIDAY + np.arange(0, 3 * DAY, 1_234_567)).tolist()
    onward, backward = Weather(4, REGIONS), Weather(4, REGIONS)
    forth = [float(onward.rain(time, *PLACE)) for time in times]
    back = [float(backward.rain(time, *PLACE)) for time in times[::-1]][::-1]
    assert forth == back
    np.testing.assert_allclose(onward.rain(np.array(times), *PLACE), forth, rtol=1e-9, atol=1e-12)


def test_rainfall_is_the_integral_of_the_rain_however_it_is_cut() -> None:
    weather, start = Weather(4, REGIONS), FRIDAY + 13 * HOUR
    fine = sum(float(weather.rainfall(start + at, start + at + 10_000, *PLACE)) for at in range(0, 6 * HOUR, 10_000))
    assert fine > 1
    assert float(weather.rainfall(start, start + 6 * HOUR, *PLACE)) == pytest.approx(fine, rel=0.01)


def test_it_is_coolest_at_dawn_and_hottest_after_noon() -> None:
    weather = Weather(1, REGIONS)
    heat = np.array([weather.temperature(FRIDAY + at) for at in range(0, 20 * DAY, HOUR // 2)]).reshape(20, 48)
    assert (np.abs(heat.argmax(1) / 2 - 13.5) <= 1).all()
    assert np.abs(np.diff(heat.ravel())).max() < 1
    assert 23 < heat.min() < 26
    assert 31 < heat.max() < 35


def test_clouds_dim_the_sun() -> None:
    weather = Weather(1, REGIONS)
    noons = [FRIDAY + day * DAY + int(11.5 * HOUR) for day in range(60)]
    sun, cloud = [weather.sun(noon) for noon in noons], [weather.cloud(noon) for noon in noons]
    assert max(sun) <= 1
    assert np.corrcoef(sun, cloud)[0, 1] < -0.7
    assert weather.sun(FRIDAY + 20 * HOUR) == 0
    clear = Weather(1, REGIONS, climate=DRY)
    assert np.mean([clear.sun(noon) for noon in noons]) > np.mean(sun)


def test_a_heat_wave_and_haze_are_felt_by_all_and_end() -> None:
    plain, struck = Weather(1, REGIONS), Weather(1, REGIONS)
    for kind in ("heat-wave", "haze"):
        struck.inject(Event(kind, "3578", "*", (), FRIDAY, FRIDAY + 2 * DAY))
    noon = FRIDAY + DAY + 12 * HOUR
    assert struck.temperature(noon) - plain.temperature(noon) == pytest.approx(4.5)
    assert struck.haze(noon) == 1
    assert struck.sun(noon) < 0.8 * plain.sun(noon)
    assert struck.temperature(noon + 3 * DAY) == plain.temperature(noon + 3 * DAY)


def test_a_cloudburst_rains_on_its_place_only() -> None:
    plain, struck = Weather(1, REGIONS), Weather(1, REGIONS)
    struck.inject(Event("cloudburst", "3578", "Genteng", (), FRIDAY, FRIDAY + HOUR, 1.0, -7.20, 112.70))
    now = FRIDAY + HOUR // 2
    lat, lon = np.array([-7.20, -7.227, -7.40]), np.array([112.70, 112.70, 112.70])
    more = struck.rain(now, lat, lon) - plain.rain(now, lat, lon)
    np.testing.assert_allclose(more, [110, 110 * np.exp(-0.5), 0], atol=1)


def test_a_city_tells_its_weather_of_an_event_amid_its_devices() -> None:
    city = surabaya()
    city.inject(Event("cloudburst", "3578", "Genteng", ("rain-01",), FRIDAY, FRIDAY + HOUR))
    now = FRIDAY + HOUR // 2
    assert city.weather.rain(now, -7.2606, 112.7466) > 80
    assert city.weather.rain(now, -7.3240, 112.7840) < 20
