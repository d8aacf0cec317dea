"""Scenarios from YAML: what they may say, what is made of it, and how a wrong one is refused."""

from pathlib import Path

import numpy as np
import pytest

from simulators.faults.table import FAULTS
from simulators.incidents import KINDS, Event
from simulators.scenarios import find_scenario, load_scenario, open_scenario, shipped_scenarios
from simulators.scenarios.loader import read_scenario
from simulators.scenarios.moments import Moment, parse_instant, parse_moment, parse_offset
from simulators.scenarios.publish import SCHEMA, published
from simulators.scenarios.reach import REACH
from telemetry.errors import SettingsError
from tests.simulators.runs import HOUR, MINUTE, START, scenario

CITY = "{devices: 120, zones: 4}"
DAY = 24 * HOUR


def events(text: str, duration: str = "2d", seed: int = 1) -> list[Event]:
    return open_scenario(scenario(f"events:\n  - {text}\n", CITY, duration), seed).events


def problems(text: str) -> list[str]:
    with pytest.raises(SettingsError) as refused:
        scenario(text)
    return str(refused.value).splitlines()[1:]


@pytest.mark.parametrize(
    ("text", "ms"),
    [("06:30", 390 * MINUTE), ("2d 06:30", 2 * DAY + 390 * MINUTE), ("1d", DAY), ("90m", 90 * MINUTE), ("0s", 0),
     ("00:00:05", 5000), ("1h30m", 90 * MINUTE)],
)  # fmt: skip
def test_a_time_after_the_start(text: str, ms: int) -> None:
    assert parse_moment(text) == Moment(ms)


@pytest.mark.parametrize("text", ["", "24:00", "06:60", "soon", "6:3", "-1h", "5"])
def test_what_is_no_time_after_the_start(text: str) -> None:
    with pytest.raises(ValueError, match="is no"):
        parse_offset(text)


def test_a_date_time_counts_from_the_scenarios_start() -> None:
    moment = parse_moment("2025-11-18T03:00:00+08:00")
    assert moment.after(START) == 2 * HOUR
    assert parse_instant("2025-11-17T17:00:00+00:00") == START
    with pytest.raises(ValueError, match="no offset"):
        parse_instant("2025-11-18T03:00:00")


def test_what_is_not_given_has_a_default() -> None:
    plain = scenario()
    assert (plain.seeds, plain.held_out, plain.speed, plain.events, plain.faults) == ((1,), (), 1.0, (), ())
    assert plain.end - plain.start == 3 * HOUR
    assert scenario("events:\nfaults:\n").events == ()


def test_a_fleets_interval_goes_before_its_domains() -> None:
    mixed = scenario("intervals: {disaster: 30s, Rivers: 10m}")
    names = (("Bins", "waste"), ("Tides", "disaster"), ("Rivers", "disaster"))
    assert [mixed.interval_of(*name) for name in names] == [60_000, 30_000, 600_000]


def test_an_event_in_a_zone_reaches_all_its_devices_of_the_kind() -> None:
    (event,) = events("{kind: burst-main, at: 3h, duration: 30m, where: {zone: Gubeng}, strength: 0.7}")
    assert (event.zone, event.start, event.end, event.strength) == (
        "Gubeng",
        START + 3 * HOUR,
        START + 210 * MINUTE,
        0.7,
    )
    layout = open_scenario(scenario(city=CITY)).layout
    there = {place.device for place in layout.of(REACH["burst-main"].fleets) if place.zone == "Gubeng"}
    assert set(event.devices) == there
    assert event.devices[0].startswith("meter-")


def test_count_is_of_places_each_an_event_of_its_own() -> None:
    fires = events("{kind: bin-fire, at: 3h, duration: 30m, where: {count: 5}}")
    assert len({(event.zone, event.devices) for event in fires}) == 5
    assert all(len(event.devices) == 1 for event in fires)
    bursts = events("{kind: burst-main, at: 3h, duration: 30m, where: {count: 3}}")
    assert len({event.zone for event in bursts}) == 3


def test_named_devices_are_one_event_and_a_place_finds_the_nearest() -> None:
    (tilt,) = events("{kind: bin-tilt, at: 3h, duration: 30m, where: {devices: [bin-07, bin-02]}}")
    assert (tilt.devices, tilt.zone) == (("bin-07", "bin-02"), "*")
    (fire,) = events("{kind: bin-fire, at: 3h, duration: 30m, where: {at: [-7.3010, 112.7370]}}")
    assert fire.zone == "Wonokromo"
    (burst,) = events("{kind: burst-main, at: 3h, duration: 30m, where: {at: [-7.3010, 112.7370]}}")
    assert burst.zone == "Wonokromo"
    assert len(burst.devices) > 5
    near = events("{kind: bin-fire, at: 3h, duration: 30m, where: {at: [-7.3010, 112.7370], radius: 5, count: 3}}")
    assert len(near) == 3


def test_a_quake_has_its_epicentre_and_all_stations_nearest_first() -> None:
    (quake,) = events("{kind: quake, at: 3h, duration: 30s, magnitude: 6, depth: 20, where: {at: [-7.9, 112.1]}}")
    assert (quake.lat, quake.lon, quake.magnitude, quake.depth, quake.zone) == (-7.9, 112.1, 6.0, 20.0, "*")
    (drawn,) = events("{kind: quake, at: 3h, duration: 30s}")
    assert drawn.lat is not None
    assert drawn.lon is not None
    assert np.hypot(drawn.lat + 7.28, drawn.lon - 112.75) < 0.7


def test_a_flood_travels_and_what_comes_after_the_end_is_left_out() -> None:
    whole = events("{kind: flash-flood, at: 3h, duration: 2h}")
    assert [event.devices for event in whole] == [("katulampa",), ("depok",), ("manggarai",)]
    assert [(event.start - START) // HOUR for event in whole] == [3, 6, 12]
    assert len(events("{kind: flash-flood, at: 3h, duration: 2h}", duration="10h")) == 2


def test_repeats_and_lists_of_times() -> None:
    every = events("{kind: haze, at: [1h, 2h], duration: 5m, repeat: {every: 1d, times: 2}}")
    assert [(event.start - START) // HOUR for event in every] == [1, 2, 25, 26]


def test_random_ones_are_spread_over_the_days_and_belong_to_the_seed() -> None:
    text = "{kind: bin-fire, duration: [10m, 20m], strength: [0.5, 1.5], random: {per_day: 6, after: 12h}}"
    drawn, again, other = (events(text, seed=seed) for seed in (1, 1, 2))
    assert drawn == again != other
    assert len(drawn) == 9
    assert all(START + 12 * HOUR <= event.start < event.end <= START + 2 * DAY for event in drawn)
    gaps = np.diff([event.start for event in drawn])
    assert gaps.max() < 8.1 * HOUR
    assert all(10 * MINUTE <= event.end - event.start <= 20 * MINUTE for event in drawn)
    assert len({event.strength for event in drawn}) > 5


def test_the_same_thing_does_not_happen_twice_at_once_in_a_place() -> None:
    drawn = events("{kind: burst-main, duration: 1h, random: {per_day: 18}}")
    fall = int(1000 * KINDS["burst-main"].fall)
    for number, event in enumerate(drawn):
        for later in drawn[number + 1 :]:
            assert later.zone != event.zone or later.start > event.end + fall


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_of_event_can_happen_in_a_usual_city(kind: str) -> None:
    happened = events(f"{{kind: {kind}, at: 3h, duration: 30m}}")
    assert happened
    assert {event.kind for event in happened} == {kind}


WRONG = {
    "intervall: 5s": "small.yaml:6:1: intervall: no such key; did you mean interval?",
    "speed: fast": "small.yaml:6:1: speed: 'fast' is not allowed; allowed: a number, above 0, at most 100000",
    "held_out: [4]": "small.yaml:6:12: held_out[0]: 4 is not among seeds: 1",
    "weather: {season: spring}": "small.yaml:6:11: weather.season: 'spring' is not allowed; allowed: one of wet, dry",
    "intervals: {Bin: 5s}": "small.yaml:6:13: intervals.Bin: no such key; did you mean Bins?",
    "events: {kind: haze}": "small.yaml:6:1: events: {'kind': 'haze'} is not allowed; allowed: a list",
    "events: [{kind: bin-fir, at: 1h, duration: 1h}]": "small.yaml:6:11: events[0].kind: 'bin-fir' is not allowed",
    "events: [{kind: bin-fire, at: 1h, duration: 5}]": "events[0].duration: '5' is not allowed; allowed: a duration",
    "events: [{kind: bin-fire, at: 1h}]": "small.yaml:6:10: events[0].duration: is required: a duration",
    "events: [{kind: bin-fire, at: 3h, duration: 1h}]": "events[0].at: begins outside the scenario",
    "events: [{kind: bin-fire, duration: 1h}]": "events[0]: needs one of at and random",
    "events: [{kind: bin-fire, duration: 4h, random: {per_day: 9}}]": "events[0].random: leaves no time to begin",
    "events: [{kind: quake, at: 1h, duration: 1h}]": "events[0].kind: quake reaches no device there",
    "events: [{kind: bin-fire, at: 1h, duration: 1h, where: {zone: gentng}}]": "did you mean Genteng?",
    "events: [{kind: bin-fire, at: 1h, duration: 1h, where: {fleet: Meters}}]": "bin-fire does not reach Meters",
    "events: [{kind: haze, at: 1h, duration: 1h, strength: [2, 1]}]": "the first number must not be above the second",
    "faults: [{kind: stuck, at: 1h, duration: 1h, quantity: flwo}]": "faults[0].quantity: 'flwo' is measured by no",
    "faults: [{kind: stuck, at: 1h, duration: 1h, strength: 0}]": "faults[0].strength: '0' is not allowed",
    "faults: [{kind: flapping, at: 1h, duration: 1h, where: {gateways: gw-1}}]": "'gw-1' is no gateway of the city",
    "faults: [{kind: stuck, at: 1h, duration: 1h, where: {gateways: gw-1}}]": "has no meaning: stuck befalls sensors",
}


@pytest.mark.parametrize("text", WRONG)
def test_a_wrong_scenario_is_refused_at_its_line(text: str) -> None:
    (problem, *_) = problems(text)
    assert WRONG[text] in problem
    assert problem.strip().startswith("small.yaml:6:")


def test_all_problems_are_named_at_once_in_their_order() -> None:
    found = problems(
        "speed: 0\nevents:\n  - {kind: fire, at: 1h, duration: 1h}\n  - {kind: haze, at: 9h, duration: 1h}\n"
    )
    assert [line.split(": ")[1] for line in found] == ["speed", "events[0].kind", "events[1].at"]


def test_what_follows_from_another_problem_is_not_told() -> None:
    text = b"name: a\nstart: today\nduration: 3\ninterval: 1m\nevents: [{kind: bin-fire, at: 900d, duration: 1h}]\n"
    with pytest.raises(SettingsError, match="2 problems"):
        read_scenario(text, "a.yaml")


@pytest.mark.parametrize("text", [b"", b"- 1", b"a: [", b"name: x", b"\xff"])
def test_what_is_hardly_yaml_is_refused(text: bytes) -> None:
    with pytest.raises(SettingsError, match=r"x\.yaml"):
        read_scenario(text, "x.yaml")


def test_scenarios_are_found_by_path_or_name(tmp_path: Path) -> None:
    mine = tmp_path / "mine.yaml"
    mine.write_text("name: mine\nstart: 2025-11-18T00:00:00+07:00\nduration: 1h\n")
    assert load_scenario(find_scenario(mine)).name == "mine"
    assert find_scenario("quake") == shipped_scenarios()["quake"]
    with pytest.raises(SettingsError, match="did you mean haze"):
        find_scenario("hase")
    with pytest.raises(SettingsError, match="can't be read"):
        load_scenario(tmp_path)


def test_the_published_schema_is_what_the_models_say() -> None:
    assert SCHEMA.read_text() == published(), "run python -m simulators.scenarios.publish"


def test_the_scenario_in_the_docs_is_sound_and_does_what_it_says() -> None:
    page = (SCHEMA.parent / "simulators.md").read_text()
    text = page.split("```yaml\n")[1].split("```")[0]
    running = open_scenario(read_scenario(text.encode(), "docs/simulators.md"))
    kinds = [event.kind for event in running.events]
    assert (kinds.count("burst-main"), kinds.count("bin-fire"), kinds.count("quake")) == (1, 7, 1)
    assert [case.kind for case in running.faults] == ["drift", "drift"]


@pytest.mark.parametrize("kind", FAULTS)
def test_the_docs_name_every_fault(kind: str) -> None:
    page = (SCHEMA.parent / "simulators.md").read_text().split("## Faults")[1].split("## Truth")[0]
    (line,) = [line for line in page.splitlines() if line.startswith(f"| `{kind}` |")]
    assert FAULTS[kind].severity in line
    assert ("within 10 min" in line) == (FAULTS[kind].tell_within == 600)
