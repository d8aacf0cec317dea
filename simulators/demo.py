"""The demo's city: Surabaya by our own clock, with a past of some minutes and a story of its own.

    begin - past ──── calm, sent at once ──── begin ── outage ── fire ── flood ── burst ── silent gateway ──▶ and on

Events that grow slowly began before the demo, so that each shows itself within three minutes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from simulators.base import Place
from simulators.city import City, devices_of
from simulators.disaster import AirStations, RainGauges, Rivers, Slopes, Tides
from simulators.disaster.rivers import Reach
from simulators.encoding import tails
from simulators.energy import Feeders
from simulators.feed import GatewayState, RawMessage, Samples, Step
from simulators.incidents import ANYWHERE, KINDS, Event
from simulators.waste import Bins
from simulators.water import Meters, PressurePoints, QualityStations, Reservoirs
from simulators.weather import Weather
from simulators.zones import SURABAYA, ZONES

SECOND = 1_000
MINUTE = 60_000
PAST = 35 * MINUTE
"""Of readings that come at once: what is usual for a water main is known after half an hour."""
PACK = 60
"""Readings of a device in one message of the past."""
SILENT_GATEWAY = "gw-rungkut"
SILENT_FROM, SILENT_UNTIL = 100 * SECOND, 6 * MINUTE

KALI_SURABAYA = (
    Reach("gunungsari", 0.0, 120.0, 250.0, 700.0, gain=4.0, surge=260.0, spread=0.02),
    Reach("jagir", 0.1, 140.0, 270.0, 700.0, gain=4.0, surge=240.0, spread=0.06),
    Reach("wonorejo", 0.3, 90.0, 200.0, 600.0, gain=4.0, surge=180.0, spread=0.10),
)
"""Gauges of the demo: the places are real, the stages (pipeline/demo/thresholds.yaml) are made up."""
_GAUGES = (("Wiyung", -7.3085, 112.7050), ("Wonokromo", -7.3005, 112.7400), ("Rungkut", -7.3110, 112.8050))

_STORY = (
    ("feeder-outage", 20, 200, "Gubeng", 1.0),
    ("bin-fire", -130, 420, "Tegalsari", 1.0),
    ("flash-flood", -310, 1500, ANYWHERE, 4.0),
    ("burst-main", 50, 420, "Genteng", 1.2),
)
"""Kind, start and length in s from the beginning of the demo, zone, strength."""
_LATER = ("bin-fire", "feeder-outage", "burst-main")
_FIRST_LATER, _PAUSE, _LASTS = 600, 420, 300
"""s: one more event every seven minutes, in some zone."""


def demo_city(begin: int, seed: int = 1, interval: int = 5 * SECOND, hours: float = 8.0) -> City:
    """About 160 devices of all four domains, and what happens to them from `begin` (ms UTC) on."""
    centre = ZONES["Genteng"]
    weather = Weather(seed, (centre,))
    rng = np.random.default_rng([seed, 3])

    def spread(kind: str, each: int, zones: Sequence[str] = tuple(ZONES)) -> list[Place]:
        return [
            Place(SURABAYA, zone, f"{kind}-{number + 1:02d}", *_near(ZONES[zone], rng), f"gw-{zone.lower()}")
            for zone in zones
            for number in range(each)
        ]

    some = tuple(ZONES)[::2]
    gauges = [
        Place(SURABAYA, zone, reach.name, lat, lon, f"gw-{zone.lower()}")
        for reach, (zone, lat, lon) in zip(KALI_SURABAYA, _GAUGES, strict=True)
    ]
    fleets = (
        Meters(spread("meter", 1), weather, seed, interval),
        PressurePoints(spread("pressure", 2), weather, seed, interval),
        Reservoirs(spread("reservoir", 1, some), weather, seed, interval),
        QualityStations(spread("quality", 1, some), weather, seed, interval),
        Feeders(spread("feeder", 3), weather, seed, interval),
        Bins(spread("bin", 4), weather, seed, interval),
        Rivers(gauges, weather, seed, interval, KALI_SURABAYA),
        RainGauges(spread("rain", 1, some), weather, seed, interval),
        AirStations(spread("air", 1, some), weather, seed, interval),
        Slopes(spread("slope", 1, ("Wiyung",)), weather, seed, interval),
        Tides(spread("tide", 1, ("Kenjeran",)), weather, seed, interval),
    )
    city = City(fleets, weather)
    city.inject(*demo_events(city, begin, seed, hours))
    return city


def demo_events(city: City, begin: int, seed: int = 1, hours: float = 8.0) -> list[Event]:
    """The story, and then one event after the other."""
    rng = np.random.default_rng([seed, 4])
    story = [(kind, start, lasts, zone, strength) for kind, start, lasts, zone, strength in _STORY]
    for number in range(int((hours * 3600 - _FIRST_LATER) / _PAUSE)):
        zone = tuple(ZONES)[int(rng.integers(len(ZONES)))]
        story.append((_LATER[number % len(_LATER)], _FIRST_LATER + number * _PAUSE, _LASTS, zone, 1.0))
    return [event for chapter in story for event in _happen(city, begin, *chapter)]


def _happen(city: City, begin: int, kind: str, start: int, lasts: int, zone: str, strength: float) -> Iterator[Event]:
    since, until = begin + start * SECOND, begin + (start + lasts) * SECOND
    if kind == "flash-flood":
        for fleet in city.fleets:
            if isinstance(fleet, Rivers):
                yield from fleet.flood(since, until - since, strength)
        return
    devices = devices_of(city, KINDS[kind].domain, SURABAYA, zone)
    if kind == "bin-fire":
        devices = devices[:1]
    yield Event(kind, SURABAYA, zone, devices, since, until, strength)


def demo_steps(city: City, begin: int) -> Iterator[Step]:
    """A step for each interval from `begin` on, with a gateway's silence among them. Call `demo_past` before."""
    interval = city.fleets[0].interval
    states = [
        GatewayState(SURABAYA, SILENT_GATEWAY, False, begin + SILENT_FROM),
        GatewayState(SURABAYA, SILENT_GATEWAY, True, begin + SILENT_UNTIL),
    ]
    now = begin
    while True:
        samples = _measured(city, now, begin)
        now += interval
        yield Step(now, samples, [state for state in states if now - interval <= state.arrival < now])


def demo_past(city: City, begin: int) -> Step:
    """What happened before `begin`, packed; takes some seconds."""
    return Step(begin, raw=list(_packed(_past(city, begin), begin)))


def _past(city: City, begin: int) -> Iterator[list[Samples]]:
    interval = city.fleets[0].interval
    for now in range(begin - PAST // interval * interval, begin, interval):
        yield _measured(city, now, begin)


def _measured(city: City, now: int, begin: int) -> list[Samples]:
    """What the devices say from `now` on, one after the other within the interval."""
    measured = []
    for fleet, values in zip(city.fleets, city.step(now), strict=True):
        moment = now + np.arange(len(fleet), dtype=np.int64) * fleet.interval // len(fleet)
        speaks = [place.gateway != SILENT_GATEWAY for place in fleet.places]
        if not SILENT_FROM <= now - begin < SILENT_UNTIL:
            speaks = [True] * len(fleet)
        rows = np.flatnonzero(speaks).astype(np.int32)
        measured.append(Samples(fleet, rows, moment[rows], moment[rows], values[rows]))
    return measured


def _packed(past: Iterator[list[Samples]], arrival: int) -> Iterator[RawMessage]:
    """Messages of PACK readings of one device each, as a gateway sends what it has kept."""
    kept: dict[tuple[str, str], list[bytes]] = {}
    for step, measured in enumerate(past, 1):
        for samples in measured:
            written, counts = tails(samples, samples.time)
            for device, tail, count in zip(samples.device.tolist(), written, counts, strict=True):
                place = samples.fleet.places[device]
                topic = f"nadi/v1/{place.city}/{samples.fleet.domain}/{place.zone}/{place.device}"
                if count:
                    kept.setdefault((place.gateway, topic), []).append(b'{"gw":"%b"%b' % (place.gateway.encode(), tail))
        if step % PACK == 0:
            yield from _flushed(kept, arrival)
    yield from _flushed(kept, arrival)


def _flushed(kept: dict[tuple[str, str], list[bytes]], arrival: int) -> Iterator[RawMessage]:
    for (gateway, topic), objects in kept.items():
        yield RawMessage(gateway, topic, b"[%b]" % b",".join(objects), arrival)
    kept.clear()


def _near(centre: tuple[float, float], rng: np.random.Generator) -> tuple[float, float]:
    lat, lon = np.asarray(centre) + rng.normal(0.0, 0.006, 2)
    return round(float(lat), 5), round(float(lon), 5)
