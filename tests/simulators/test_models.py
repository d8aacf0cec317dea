"""The device models: shapes of a day, ranges, events, and the same again from the same seed."""

from collections.abc import Sequence
from typing import TypeVar

import numpy as np
import pytest

from simulators.base import Fleet, Float64, Wander
from simulators.city import City, CityClock, surabaya
from simulators.disaster import AirStations, RainGauges, Rivers, Slopes
from simulators.energy import Feeders
from simulators.incidents import Event
from simulators.waste import Bins
from simulators.water import Meters, Reservoirs
from telemetry.errors import SettingsError
from telemetry.sensors import SensorTable
from telemetry.series import SeriesTable

FRIDAY = 1_763_658_000_000  # 2025-11-21T00:00+07:00
HOUR = 3_600_000
STEP = 180_000
F = TypeVar("F", bound=Fleet)


def record(city: City, start: int, hours: float, step: int = STEP) -> list[Float64]:
    """float64[times, devices, quantities] of each fleet."""
    rounds = [city.step(start + at) for at in range(0, int(hours * HOUR), step)]
    return [np.array([values[number] for values in rounds]) for number in range(len(city.fleets))]


class Day:
    """A calm Friday."""

    def __init__(self, seed: int) -> None:
        self.city = surabaya(seed, interval=STEP)
        self.values = record(self.city, FRIDAY, 24)
        self.hours = np.arange(0, 24, STEP / HOUR)

    def of(self, kind: type[F]) -> tuple[F, dict[str, Float64]]:
        """A fleet, and float64[times, devices] by quantity."""
        for fleet, values in zip(self.city.fleets, self.values, strict=True):
            if isinstance(fleet, kind):
                return fleet, {quantity.name: values[:, :, at] for at, quantity in enumerate(fleet.quantities)}
        raise LookupError(kind)


@pytest.fixture(scope="module")
def day() -> Day:
    return Day(seed=1)


def between(day: Day, first: float, last: float) -> Sequence[int]:
    return np.flatnonzero((day.hours >= first) & (day.hours < last)).tolist()


def test_the_same_seed_gives_the_same_city_and_another_one_another() -> None:
    runs = [record(surabaya(seed), FRIDAY, 0.5) for seed in (5, 5, 6)]
    assert all(np.array_equal(one, other, equal_nan=True) for one, other in zip(runs[0], runs[1], strict=True))
    assert not any(np.array_equal(one, other) for one, other in zip(runs[0][:4], runs[2][:4], strict=True))


@pytest.mark.parametrize("seed", [1, 2])
def test_a_calm_day_stays_inside_the_limits(seed: int, day: Day) -> None:
    calm = day if seed == 1 else Day(seed)
    for fleet, values in zip(calm.city.fleets, calm.values, strict=True):
        for column, quantity in enumerate(fleet.quantities):
            seen = values[:, :, column]
            assert np.nanmin(seen - quantity.min) >= 0, quantity.name
            assert np.nanmax(seen - quantity.max) <= 0, quantity.name
            assert not (seen < quantity.low).any(), quantity.name
            assert not (seen > quantity.high).any(), quantity.name


def test_water_is_used_in_the_morning_and_the_evening(day: Day) -> None:
    _, meters = day.of(Meters)
    total = meters["flow"].sum(1)
    night, noon = total[between(day, 1, 3)].mean(), total[between(day, 14, 15)].mean()
    morning, evening = total[between(day, 5.5, 7)].mean(), total[between(day, 17.5, 19)].mean()
    assert night < 0.5 * total.mean()
    assert morning > 1.5 * noon
    assert evening > 1.3 * noon


def test_pressure_falls_as_flow_rises(day: Day) -> None:
    _, meters = day.of(Meters)
    for device in range(meters["flow"].shape[1]):
        assert np.corrcoef(meters["flow"][:, device], meters["pressure"][:, device])[0, 1] < -0.85


def test_counters_are_the_integral_of_the_rate(day: Day) -> None:
    _, meters = day.of(Meters)
    _, feeders = day.of(Feeders)
    volume = np.diff(meters["volume"], axis=0) % 10_000_000
    energy = np.diff(feeders["energy"], axis=0) % 1_000_000
    np.testing.assert_allclose(volume.sum(0), meters["flow"][1:].sum(0) * STEP / 1e6, rtol=0.005)
    np.testing.assert_allclose(energy.sum(0), feeders["power"][1:].sum(0) * STEP / HOUR, rtol=0.005)


def test_reservoirs_are_fullest_before_the_morning_peak(day: Day) -> None:
    _, reservoirs = day.of(Reservoirs)
    fullest = day.hours[reservoirs["level"].argmax(0)]
    assert ((fullest > 3) & (fullest < 6)).all()


def test_roofs_with_panels_take_load_off_the_noon(day: Day) -> None:
    feeders, seen = day.of(Feeders)
    noon = seen["power"][between(day, 11.5, 13.5)].mean(0) / feeders.base
    night = seen["power"][between(day, 22, 24)].mean(0) / feeders.base
    assert np.corrcoef(feeders.solar, noon / night)[0, 1] < -0.3
    total = seen["power"].sum(1)
    assert 18 < day.hours[total.argmax()] < 21


def test_voltage_falls_under_load_and_the_grid_has_one_frequency(day: Day) -> None:
    _, feeders = day.of(Feeders)
    for device in range(feeders["power"].shape[1]):
        assert np.corrcoef(feeders["power"][:, device], feeders["voltage"][:, device])[0, 1] < -0.5
    assert np.ptp(feeders["frequency"], axis=1).max() < 0.03


def test_each_bin_fills_and_is_emptied_once_a_day(day: Day) -> None:
    _, bins = day.of(Bins)
    drops = np.diff(bins["fill"], axis=0) < -15
    assert (drops.sum(0) == 1).all()
    emptied = day.hours[1:][drops.argmax(0)]
    assert ((emptied > 5.4) & (emptied < 10)).all()
    assert (bins["fill"][-1] > 15).all()


def test_rain_gauges_collect_the_weather(day: Day) -> None:
    gauges, seen = day.of(RainGauges)
    moments = FRIDAY + np.arange(0, 24 * HOUR, STEP)[:, np.newaxis]
    fell = (day.city.weather.rain(moments, gauges.lat, gauges.lon) * STEP / HOUR)[1:].sum(0)
    np.testing.assert_allclose(seen["rainfall"].sum(0), gauges.catch * fell, atol=0.11, rtol=0.01)


def test_it_rains_at_times_and_rain_wets_the_soil_and_cleans_the_air() -> None:
    whole = surabaya(seed=4, interval=1_200_000)
    wetted = [fleet for fleet in whole.fleets if isinstance(fleet, RainGauges | Slopes | AirStations)]
    city = City(wetted, whole.weather)
    values = dict(zip((type(fleet) for fleet in city.fleets), record(city, FRIDAY, 24 * 10, 1_200_000), strict=True))
    rain = values[RainGauges][:, :, 0]
    assert 5 < rain.sum(0).mean() < 400  # mm in ten days of the wet season
    assert values[Slopes][:, :, 0].max() > values[Slopes][0, :, 0].max()
    hours = np.arange(len(rain)) % 72 / 3
    wet, afternoon = rain.mean(1) > 0.5, (hours > 14) & (hours < 20)
    fine = values[AirStations][:, :, 0].mean(1)
    assert wet.any()
    assert fine[wet & afternoon].mean() < fine[~wet & afternoon].mean()


def test_a_flood_takes_its_time_down_the_river() -> None:
    city = surabaya(seed=1, interval=STEP)
    river = next(fleet for fleet in city.fleets if isinstance(fleet, Rivers))
    city.inject(*river.flood(FRIDAY + 2 * HOUR, HOUR))
    stage = np.array([river.step(FRIDAY + at)[:, 0] for at in range(0, 20 * HOUR, STEP)])
    alert = [float(bound) for bound in np.asarray(river.quantities[0].high)]
    crossed = (stage > alert).argmax(0) * STEP / HOUR
    assert crossed[1] - crossed[0] == pytest.approx(3, abs=0.25)
    assert crossed[2] - crossed[1] == pytest.approx(6, abs=0.25)
    katulampa = stage[:, 0]
    rise = (katulampa.argmax() - np.flatnonzero(katulampa > 60)[0]) * STEP / HOUR
    assert rise < 1.5


@pytest.mark.parametrize(
    ("kind", "device", "fleet", "quantity", "up"),
    [
        ("burst-main", "meter-01", Meters, "flow", True),
        ("feeder-overload", "feeder-02", Feeders, "power", True),
        ("feeder-outage", "feeder-02", Feeders, "voltage", False),
        ("bin-fire", "bin-03", Bins, "temperature", True),
    ],
)
def test_an_event_goes_beyond_the_limit_where_it_happens_and_only_there(
    kind: str, device: str, fleet: type[Fleet], quantity: str, up: bool
) -> None:
    city = surabaya(seed=1, interval=STEP)
    city.inject(Event(kind, "3578", "Gubeng", (device,), FRIDAY + 19 * HOUR, FRIDAY + 20 * HOUR))
    number = next(at for at, one in enumerate(city.fleets) if isinstance(one, fleet))
    chosen = city.fleets[number]
    column = [item.name for item in chosen.quantities].index(quantity)
    values = record(city, FRIDAY + 18 * HOUR, 2)[number][:, :, column]
    bound = chosen.quantities[column].high if up else chosen.quantities[column].low
    beyond = (values > bound) if up else (values < bound)
    here = [(place.zone, place.device) == ("Gubeng", device) for place in chosen.places]
    assert beyond[int(1.3 * HOUR / STEP) :, here].all()
    assert not beyond[: HOUR // STEP].any()
    assert not beyond[:, ~np.array(here)].any()


def test_an_outage_leaves_no_frequency_to_measure() -> None:
    city = surabaya(seed=1, interval=STEP)
    city.inject(Event("feeder-outage", "3578", "Gubeng", ("feeder-01",), FRIDAY, FRIDAY + HOUR))
    feeders = city.fleets[2]
    feeders.step(FRIDAY)
    values = feeders.step(FRIDAY + 600_000)
    dark = next(at for at, place in enumerate(feeders.places) if (place.zone, place.device) == ("Gubeng", "feeder-01"))
    assert np.isnan(values[:, 3]).nonzero()[0].tolist() == [dark]
    assert values[dark, :3].tolist() == [0, 0, 0]


def test_the_catalogue_knows_every_series() -> None:
    city = surabaya()
    sensors = list(city.catalogue())
    table = SeriesTable()
    SensorTable(table, sensors).sync()
    assert len({sensor.identity for sensor in sensors}) == len(sensors)
    assert {sensor.identity.domain for sensor in sensors} == {"water", "energy", "waste", "disaster"}
    assert all(sensor.interval == 1000 and sensor.gateway and -12 < sensor.lat < 6 for sensor in sensors)
    assert sum(sensor.counter for sensor in sensors) == 24 + 36
    assert len(surabaya(scale=3)) == 3 * (len(city) - 4) + 4


def test_noise_does_not_depend_on_how_often_it_is_sampled() -> None:
    for step in (1.0, 30.0):
        noise = Wander(np.random.default_rng(1), 2000, 2.0, 60.0)
        first = noise.step(0.0).copy()
        for _ in range(int(60 / step)):
            last = noise.step(step)
        assert last.std() == pytest.approx(2.0, rel=0.06)
        assert np.corrcoef(first, last)[0, 1] == pytest.approx(np.exp(-1), abs=0.06)


def test_unknown_and_reversed_events_are_refused() -> None:
    with pytest.raises(SettingsError, match="burst-main"):
        Event("tsunami", "3578", "Gubeng", ("x",), 0, 1)
    with pytest.raises(SettingsError, match="not after its start"):
        Event("bin-fire", "3578", "Gubeng", ("x",), 5, 5)


def test_the_citys_clock_runs_both_ways() -> None:
    clock = CityClock(began=1000, city_began=500_000, speed=60)
    assert clock.city(2000) == 560_000
    assert clock.telemetry(560_000) == 2000
