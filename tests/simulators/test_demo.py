"""The demo's city: what happens in it and when, and how its past is packed."""

from __future__ import annotations

import itertools
import json

import numpy as np

from simulators.demo import (
    PACK,
    PAST,
    SECOND,
    SILENT_FROM,
    SILENT_GATEWAY,
    SILENT_UNTIL,
    demo_city,
    demo_past,
    demo_steps,
)
from telemetry.series import DOMAINS

BEGIN = 1_763_769_600_000
INTERVAL = 60 * SECOND


def test_the_story_is_told_within_three_minutes_and_goes_on() -> None:
    events = demo_city(BEGIN).events
    soon = {event.kind for event in events if event.start < BEGIN + 180 * SECOND}
    assert soon == {"feeder-outage", "bin-fire", "flash-flood", "burst-main"}
    assert SILENT_FROM < 180 * SECOND
    assert all(event.devices for event in events)
    assert max(event.start for event in events) > BEGIN + 4 * 3_600 * SECOND


def test_the_past_comes_in_few_messages_in_the_order_of_time() -> None:
    city = demo_city(BEGIN, interval=INTERVAL)
    past = demo_past(city, BEGIN)
    steps = PAST // INTERVAL
    assert len(past.raw) == len(city) * -(-steps // PACK)
    times = [reading["ts"] for message in past.raw for reading in json.loads(message.payload)]
    assert len(times) == len(city) * steps
    assert (min(times), max(times) < BEGIN) == (BEGIN - PAST, True)
    assert {message.topic.split("/")[3] for message in past.raw} == set(DOMAINS)
    first = json.loads(past.raw[0].payload)
    assert [reading["ts"] for reading in first] == sorted(reading["ts"] for reading in first)


def test_a_gateway_falls_silent_and_comes_back() -> None:
    city = demo_city(BEGIN, interval=INTERVAL)
    steps = list(itertools.islice(demo_steps(city, BEGIN), 8))
    states = [(state.gateway, state.online, state.arrival - BEGIN) for step in steps for state in step.states]
    assert states == [(SILENT_GATEWAY, False, SILENT_FROM), (SILENT_GATEWAY, True, SILENT_UNTIL)]
    for step in steps:
        began = step.now - INTERVAL - BEGIN
        heard = {samples.fleet.places[device].gateway for samples in step.samples for device in samples.device.tolist()}
        assert (SILENT_GATEWAY in heard) == (not SILENT_FROM <= began < SILENT_UNTIL)


def test_devices_speak_one_after_the_other_within_the_interval() -> None:
    step = next(demo_steps(demo_city(BEGIN, interval=INTERVAL), BEGIN))
    bins = max(step.samples, key=len)
    assert (np.diff(bins.time) > 0).all()
    assert bins.time[-1] < BEGIN + INTERVAL
