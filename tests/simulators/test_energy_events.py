"""What happens to the grid: each event shows where, when and as strongly as it was asked for."""

import numpy as np
import pytest

from simulators.base import Fleet, Float64
from simulators.energy import Feeders, Households, Solar, Transformers
from simulators.incidents import Event
from tests.simulators.devices import FRIDAY, places, run, weather
from tests.simulators.test_energy import unbalance

MINUTE, HOUR = 60_000, 3_600_000
ZONES = ("Genteng", "Gubeng")
FULL: tuple[type[Fleet], ...] = (Feeders, Transformers, Households, Solar)


def event(kind: str, start: float, seconds: float, devices: tuple[str, ...] = (), strength: float = 1.0) -> Event:
    """In Genteng; start: hours after Friday's midnight."""
    begin = FRIDAY + int(start * HOUR)
    return Event(kind, "3578", "Genteng", devices, begin, begin + int(seconds * 1000), strength)


def pair(
    kind: type[Fleet], happening: Event, begin: float, end: float, step: int = MINUTE, count: int = 6
) -> tuple[dict[str, Float64], dict[str, Float64]]:
    """By quantity, (with the event, without it): float64[times, devices]; Genteng's devices come first."""
    seen = []
    for number in range(2):
        fleet = kind(places(count, ZONES, 0.006), weather(), 1, step)
        if number == 0:
            fleet.inject(happening)
        values = run(fleet, FRIDAY + int(begin * HOUR), FRIDAY + int(end * HOUR), step)
        seen.append({quantity.name: values[:, :, at] for at, quantity in enumerate(fleet.quantities)})
    return seen[0], seen[1]


def test_an_outage_darkens_what_hangs_on_the_feeder_for_as_long_as_asked() -> None:
    outage = event("feeder-outage", 19, 45 * 60, ("Genteng-0",))
    for kind in FULL:
        dark, calm = pair(kind, outage, 18.5, 21)
        power = dark["power"] == 0
        assert power[:, 0].sum() == 45, "minutes"
        assert np.array_equal(dark["power"][:, 1:], calm["power"][:, 1:])
        volts = [name for name in dark if name.startswith("voltage")]
        assert all((dark[name][31:75, 0] == 0).all() for name in volts)
        if "frequency" in dark:
            assert np.isnan(dark["frequency"][31:75, 0]).all()
            assert np.isfinite(dark["frequency"][:, 1:]).all()


def test_an_outage_reaches_all_of_a_zones_households_where_none_is_named() -> None:
    dark, _ = pair(Households, event("feeder-outage", 19, 1800, ("feeder-07",)), 19.1, 19.4)
    assert (dark["voltage"][:, :6] == 0).all()
    assert (dark["voltage"][:, 6:] > 198).all()


def test_cold_load_is_picked_up_after_an_outage_and_fades() -> None:
    back, calm = pair(Feeders, event("feeder-outage", 18, 3600, ("Genteng-0",)), 19.05, 22)
    more = (back["power"] / calm["power"])[:, 0]
    assert 1.4 < more[0] < 1.6
    assert more[25] == pytest.approx(1 + (more[0] - 1) * np.exp(-1), abs=0.05)
    assert more[-1] < 1.02
    short, usual = pair(Feeders, event("feeder-outage", 18.9, 120, ("Genteng-0",)), 19.05, 19.2)
    assert (short["power"] / usual["power"])[0, 0] < 1.1, "a short one leaves the houses cool"


@pytest.mark.parametrize(("strength", "depth"), [(1.0, 0.4), (0.5, 0.2), (2.0, 0.8)])
def test_a_sag_is_seen_each_second_and_lost_in_the_means_of_a_minute(strength: float, depth: float) -> None:
    sag = event("voltage-sag", 10.0001, 0.6, strength=strength)
    for kind, name in ((Feeders, "voltage"), (Transformers, "voltage_b"), (Households, "voltage")):
        fast, calm = pair(kind, sag, 9.999, 10.002, step=1000)
        missing = 1 - fast[name] / calm[name]
        assert missing[:, :6].max(0) == pytest.approx([depth] * 6, abs=0.01)
        assert ((missing > 0.05).sum(0)[:6] <= 2).all()
        assert np.abs(missing[:, 6:]).max() == 0
        slow, usual = pair(kind, sag, 9.8, 10.2)
        assert (1 - slow[name] / usual[name]).max() < 0.011 * strength


def test_a_sag_falls_between_the_readings_of_nobody() -> None:
    """Wherever in the second it begins, a reading each second has it."""
    for part in np.linspace(0, 0.95, 6):
        fast, calm = pair(Feeders, event("voltage-sag", 10 + part / 3600, 0.15), 9.9995, 10.001, step=1000)
        assert (1 - fast["voltage"] / calm["voltage"]).max() > 0.35


def test_unbalance_is_above_two_per_cent_where_it_happens() -> None:
    skewed, calm = pair(Transformers, event("unbalance", 10, 7200, ("Genteng-2",)), 10.1, 11.9)
    vuf, usual = (unbalance(np.array([seen[f"voltage_{phase}"] for phase in "abc"])) for seen in (skewed, calm))
    assert (vuf[:, 2] > 0.03).all()
    assert (vuf[:, 2] < 0.06).all()
    others = np.arange(12) != 2
    assert (vuf[:, others] < 0.01).all()
    assert (usual < 0.01).all()
    assert (skewed["current_a"][:, 2] > 1.3 * calm["current_a"][:, 2]).all()
    assert (skewed["current_b"][:, 2] < calm["current_b"][:, 2]).all()
    assert (skewed["voltage_a"][:, 2] < 0.9 * calm["voltage_a"][:, 2]).all()


def test_an_overload_raises_the_load_and_pulls_the_voltage() -> None:
    heavy, calm = pair(Feeders, event("feeder-overload", 18, 7200, ("Genteng-1",)), 18.2, 19.9)
    fleet = Feeders(places(6, ZONES, 0.006), weather(), 1)
    assert ((heavy["power"] - calm["power"])[:, 1] / fleet.base[1]).mean() == pytest.approx(1.35, abs=0.05)
    assert (heavy["voltage"] < calm["voltage"] - 15)[:, 1].all()
    assert np.array_equal(heavy["power"][:, 2:], calm["power"][:, 2:])
    hot, warm = pair(Transformers, event("feeder-overload", 16, 4 * 3600), 16.2, 20)
    assert (hot["temperature"] - warm["temperature"])[-1, :6].min() > 10


def test_a_tampered_meter_counts_a_fraction_that_its_transformer_still_carries() -> None:
    tamper = event("meter-tamper", 6, 12 * 3600, ("Genteng-3",))
    less, calm = pair(Households, tamper, 6.1, 17.9)
    counted = [(seen["energy"][-1] - seen["energy"][0]) % 100_000 for seen in (less, calm)]
    assert counted[0][3] / counted[1][3] == pytest.approx(0.2, abs=0.02)
    assert np.array_equal(np.delete(counted[0], 3), np.delete(counted[1], 3))
    carried, usual = pair(Transformers, tamper, 6.1, 8)
    assert np.array_equal(carried["power"], usual["power"])
    elsewhere, whole = pair(Households, event("meter-tamper", 6, 3600, ("nobody",)), 6.1, 6.5)
    assert np.array_equal(elsewhere["power"], whole["power"])


def test_a_frequency_excursion_is_the_whole_grids_and_recovers() -> None:
    swing = event("frequency-excursion", 10, 240, ("Genteng-0",))
    for kind in (Feeders, Transformers):
        fallen, calm = pair(kind, swing, 9.99, 10.1, step=1000)
        change = fallen["frequency"] - calm["frequency"]
        assert np.ptp(change, axis=1).max() < 0.003, "one frequency"
        mean = change.mean(1)
        assert (mean[:36] == 0).all()
        assert -0.95 < mean.min() < -0.8
        assert 3 <= mean.argmin() - 36 <= 7
        assert mean[36 + 5 + 60] == pytest.approx(mean.min() * np.exp(-1), abs=0.03)
        assert abs(mean[36 + 240 + 31 :]).max() < 0.003
