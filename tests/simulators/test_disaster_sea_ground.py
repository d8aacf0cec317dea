"""Tide gauges and strong-motion stations: spectra, surges, attenuation, arrivals and waveforms."""

import numpy as np
import pytest

from simulators.base import Float64
from simulators.disaster import Seismometers, Tides
from simulators.disaster.seismometers import P_SPEED, RATE, S_SPEED, peak
from simulators.incidents import Event
from simulators.weather import DAY, HOUR
from tests.simulators.devices import FRIDAY, places, run, weather

STEP = 600_000
ALL = tuple(f"Genteng-{number}" for number in range(40))
QUAKE = Event("quake", "3578", "*", ALL, FRIDAY + 60_000, FRIDAY + 90_000, 1.0, -7.0, 112.5, 5.8)


SPEEDS = np.radians([28.984, 30.0, 15.041, 13.943])
"""Of M2, S2, K1 and O1 an hour, as any tide table gives them."""


def harmonics(values: Float64, hours: Float64) -> Float64:
    """float64[constituents, devices]: amplitudes by least squares."""
    angles = np.outer(hours, SPEEDS)
    shape = np.column_stack((np.ones(len(hours)), np.cos(angles), np.sin(angles)))
    found = np.linalg.lstsq(shape, values, rcond=None)[0]
    count = len(SPEEDS)
    return np.asarray(np.hypot(found[1 : count + 1], found[count + 1 :]))


def test_harmonic_analysis_finds_the_constituents() -> None:
    tides = Tides(places(3), weather(), 1, STEP)
    values = run(tides, FRIDAY, FRIDAY + 30 * DAY, STEP)[:, :, 0]
    found = harmonics(values, np.arange(len(values)) / 6)
    np.testing.assert_allclose(found, tides.amplitude.T, atol=1.5)
    assert values.mean() == pytest.approx(157, abs=4)


def test_a_surge_comes_on_top_of_the_astronomical_tide_and_only_where_it_is() -> None:
    tides = Tides(places(2), weather(), 1, STEP)
    tides.inject(Event("high-tide", "3578", "Genteng", ("Genteng-0",), FRIDAY + DAY, FRIDAY + DAY + 4 * HOUR))
    times = range(FRIDAY, FRIDAY + 2 * DAY, STEP)
    rest = np.array([tides.step(now)[:, 0] - tides.astronomical(now) for now in times])
    assert np.abs(rest[:144]).max() < 15
    assert rest[150:168, 0].mean() == pytest.approx(80, abs=12)
    assert np.abs(rest[:, 1]).max() < 15
    assert np.abs(rest[-36:]).max() < 15


def shaken(event: Event = QUAKE, step: int = 1000) -> tuple[Seismometers, Float64]:
    """PGA of four minutes from a minute before the quake: float64[times, stations]."""
    stations = Seismometers(places(40, spread=0.3), weather(), 1, step)
    stations.inject(event)
    return stations, run(stations, FRIDAY, FRIDAY + 240_000, step)[:, :, 0]


def test_the_ground_is_quiet_before_a_quake() -> None:
    _, values = shaken()
    assert 0 < values[:60].mean() < 0.1
    assert values[:60].max() < 0.5


def test_shaking_attenuates_with_the_distance() -> None:
    stations, values = shaken()
    distance = stations.distance(QUAKE)
    assert np.ptp(distance) > 60
    ratio = values.max(0) / peak(5.8, distance, 10.0)
    assert np.abs(np.log10(ratio)).max() < 0.35
    assert np.corrcoef(np.log(values.max(0)), np.log(distance))[0, 1] < -0.8


def test_a_published_value_of_the_attenuation() -> None:
    """By hand from the formula: Mw 6, 20 km, 10 km deep: 10^(3 + 0.043 + 0.61) / 25.5 / 10^0.06."""
    assert float(peak(6.0, 20.0, 10.0)) == pytest.approx(153.6, rel=0.002)


def test_stations_feel_it_in_the_order_of_their_distance() -> None:
    stations, values = shaken(step=100)
    distance = stations.distance(QUAKE)
    first = (values > 0.5).argmax(0) / 10 - 60
    order = np.argsort(distance)
    assert np.corrcoef(np.argsort(np.argsort(first)), np.argsort(order))[0, 1] > 0.97
    np.testing.assert_allclose(first, distance / P_SPEED, atol=0.6)
    strongest = values.argmax(0) / 10 - 60
    np.testing.assert_allclose(strongest, distance / S_SPEED + 1.5, atol=1.5)


def test_shaking_decays_within_tens_of_seconds() -> None:
    _, values = shaken()
    top = values.argmax(0)
    for station in range(values.shape[1]):
        after = values[top[station] :, station] / values[top[station], station]
        assert after[5] > 0.25
        assert after[40] < 0.08
    assert values[-30:].max() < 0.5


def test_the_peak_of_an_interval_does_not_depend_on_its_length() -> None:
    _, fine = shaken(step=1000)
    _, coarse = shaken(step=10_000)
    np.testing.assert_allclose(np.log(coarse.max(0)), np.log(fine.max(0)), atol=0.45)
    assert np.log(coarse.max(0) / fine.max(0)).mean() == pytest.approx(0, abs=0.15)


def test_a_quake_without_a_place_is_amid_its_stations_and_grows_with_its_strength() -> None:
    stations, _ = shaken()
    weak, strong = (Event("quake", "3578", "*", ALL, FRIDAY, FRIDAY + 1000, strength) for strength in (0.1, 1.0))
    assert stations.distance(weak).min() < 25
    assert (stations.peaks(strong) > 1.2 * stations.peaks(weak)).all()


def test_a_burst_has_a_p_and_a_stronger_s_wave_at_100_hz() -> None:
    stations, _ = shaken()
    times, wave = stations.burst(3, QUAKE)
    distance = float(stations.distance(QUAKE)[3])
    assert len(wave) == 9000
    np.testing.assert_allclose(np.diff(times), 1 / RATE)
    assert np.abs(wave).max() == pytest.approx(float(stations.peaks(QUAKE)[3]), rel=0.05)
    p_at, s_at = distance / P_SPEED, distance / S_SPEED

    def rms(first: float, last: float) -> float:
        return float(np.sqrt((wave[(times >= first) & (times < last)] ** 2).mean()))

    assert rms(p_at + 0.4, s_at) > 20 * rms(p_at - 30, p_at)
    assert rms(s_at + 1, s_at + 5) > 2 * rms(p_at + 0.4, s_at)
    assert np.array_equal(wave, stations.burst(3, QUAKE)[1])
    assert not np.array_equal(wave, stations.burst(4, QUAKE)[1])


def test_a_short_over_a_long_average_triggers_at_the_p_wave() -> None:
    """STA 0.5 s, LTA 30 s, on at 4: within a second of the arrival."""
    stations, _ = shaken()
    times, wave = stations.burst(3, QUAKE)
    energy = np.concatenate(([0.0], np.cumsum(wave**2)))
    at = np.arange(3000, len(wave))
    short, long = (energy[at] - energy[at - 50]) / 50, (energy[at] - energy[at - 3000]) / 3000
    first = times[at[np.argmax(short > 4 * long)]]
    assert first == pytest.approx(float(stations.distance(QUAKE)[3]) / P_SPEED, abs=1.0)
