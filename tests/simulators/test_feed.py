"""The feed: each device at its own moment, in order of arrival, the same again from the same seed."""

import numpy as np
import pytest

from simulators.city import CityClock
from simulators.scenarios import open_scenario
from simulators.truth import truth_of
from tests.simulators.runs import HOUR, MINUTE, START, of, run, same, scenario


def test_every_device_measures_once_an_interval() -> None:
    whole = run(scenario(duration="30m"))
    assert whole.steps == 30
    for samples in whole.fleets.values():
        assert np.bincount(samples.device).tolist() == [30] * len(samples.fleet)
        for device in range(len(samples.fleet)):
            times = samples.time[samples.device == device]
            assert ((times - START) // MINUTE).tolist() == list(range(30))
            assert np.diff(times).std() < 1000
        phases = (samples.time - START) % MINUTE
        assert phases.std() > 5000
        assert (samples.arrival > samples.time).all()
        assert (samples.arrival - samples.time).max() < 2100


def test_an_events_effect_never_comes_before_it() -> None:
    source = scenario("events: [{kind: bin-fire, at: 01:00:30, duration: 1h}]")
    (event,) = open_scenario(source).events
    calm, burning = (of(run(one).fleets["Bins"], event.devices) for one in (scenario(), source))
    differ = ~np.isclose(calm.values, burning.values).all(axis=1)
    assert differ.any()
    assert burning.time[differ].min() >= event.start


def test_the_same_seed_gives_the_same_bytes_and_another_one_others() -> None:
    source = scenario("faults: [{kind: backfill, at: 20m, duration: 20m}]", duration="1h")
    one, again, other = run(source, 1), run(source, 1), run(source, 2)
    assert one.states == again.states
    assert all(same(one.fleets[name], again.fleets[name]) for name in one.fleets)
    assert not any(same(one.fleets[name], other.fleets[name]) for name in one.fleets)


def test_fast_and_slow_fleets_share_the_steps() -> None:
    source = scenario("intervals: {Meters: 10s, Rivers: 5m}", duration="15m")
    whole = run(source)
    counts = {name: len(samples) / len(samples.fleet) for name, samples in whole.fleets.items()}
    assert counts == {"Meters": 90, "Bins": 15, "Rivers": 3, "AirStations": 15}
    assert {sensor.interval for sensor in open_scenario(source).catalogue()} == {10_000, 60_000, 300_000}
    assert {sensor.interval for sensor in open_scenario(source).catalogue(speed=60)} == {167, 1000, 5000}


def test_what_is_late_still_comes_after_the_end() -> None:
    source = scenario("faults: [{kind: backfill, at: 30m, duration: 1h, where: {zone: Genteng}}]", duration="1h")
    calm, late = run(scenario(duration="1h")), run(source)
    assert late.steps > 90
    assert sum(map(len, late.fleets.values())) == sum(map(len, calm.fleets.values()))


def test_truth_has_events_and_faults_by_their_start() -> None:
    source = scenario(
        "events: [{kind: bin-fire, at: 2h, duration: 10m}, {kind: haze, at: 1h, duration: 1h}]\n"
        "faults: [{kind: stuck, at: 90m, duration: 1h}]"
    )
    running = open_scenario(source, 5)
    records = running.truth()
    assert [(record.kind, record.category) for record in records] == [
        ("haze", "event"), ("stuck", "fault"), ("bin-fire", "event"),
    ]  # fmt: skip
    assert records[0] == truth_of(running.events[0], CityClock(0, 0))
    assert records[0].start == START + HOUR


def test_a_scenario_runs_once() -> None:
    running = open_scenario(scenario(duration="5m"))
    assert len(list(running)) == running.steps == 5
    with pytest.raises(RuntimeError, match="open it again"):
        iter(running)


def test_the_catalogue_covers_every_series() -> None:
    running = open_scenario(scenario(duration="5m"))
    series = {(sensor.identity.device, sensor.identity.quantity) for sensor in running.catalogue()}
    assert series == {
        (place.device, quantity.name)
        for fleet in running.city.fleets
        for place in fleet.places
        for quantity in fleet.quantities
    }
