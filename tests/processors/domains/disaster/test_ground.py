"""Rain, slopes and earthquakes, against numbers worked by hand."""

import numpy as np
import pytest

from processors.domains.disaster.rain import Rain, grade_of, threshold
from processors.domains.disaster.scene import distances
from processors.domains.disaster.seismic import intensity
from processors.signals import Signal
from telemetry.series import Identity
from tests.processors.domains.disaster.kit import HOUR, MINUTE, T0, City

SECOND = 1000
CLASSES = (0.5, 20.0, 50.0, 100.0, 150.0)


@pytest.mark.parametrize(
    ("mm", "grade"), [(0, 0), (0.5, 1), (19.9, 1), (20, 2), (50, 3), (100, 4), (149.9, 4), (151, 5)]
)
def test_a_days_rain_has_its_class(mm: float, grade: int) -> None:
    assert grade_of(CLASSES, mm) == grade


def test_caine_and_guzzetti_by_hand() -> None:
    caine = threshold((14.82, 0.39), np.array([1.0, 10.0, 100.0]))
    assert caine.tolist() == pytest.approx([14.82, 6.037, 2.459], rel=1e-3)
    guzzetti = threshold((2.20, 0.44), np.array([1.0, 10.0]))
    assert guzzetti.tolist() == pytest.approx([2.20, 0.7988], rel=1e-3)


def test_a_cloudburst_is_told_and_ends() -> None:
    """5 mm in 5 min are 60 mm/h; below 10 mm/h it is over."""
    city = City(["rain/rainfall"])
    fallen = [0.0] * 3 + [1.0] * 6 + [0.0] * 8
    signals = city.course("rain/rainfall", fallen)
    assert [((each.time - T0) // MINUTE, each.active) for each in signals] == [(7, True), (13, False)]
    assert signals[0].reason == "A cloudburst at rain: 5 mm in 5 minutes (60 mm/h).", "and nothing else today"
    assert signals[0].place == ("3578", "disaster", "*")


@pytest.mark.parametrize(("before", "day"), [(2.0, "30 mm in 24 hours"), (8.0, "102 mm in 24 hours (very heavy)")])
def test_rain_of_before_is_told_too(before: float, day: str) -> None:
    """Half a day of it, 1 mm in the hour after, and then 5 mm in 5 min."""
    city = City(["rain/rainfall"])
    city.course("rain/rainfall", [0.0] + [before] * 12, HOUR)
    signals = city.course("rain/rainfall", [1.0] * 6, begin=13 * HOUR)
    assert signals[0].reason == f"A cloudburst at rain: 5 mm in 5 minutes (60 mm/h); {day}."


def test_much_rain_in_an_hour_is_told_though_it_never_pours() -> None:
    """0.9 mm a minute are 54 mm/h: 50 mm have fallen in the 56th."""
    signals = City(["rain/rainfall"]).course("rain/rainfall", [0.0] + [0.9] * 60 + [0.0] * 8)
    assert [((each.time - T0) // MINUTE, each.active) for each in signals] == [(56, True), (65, False)]


def test_heavy_rain_that_goes_on_is_told_though_it_never_pours() -> None:
    """
    15 mm/h   ████████████████████      no cloudburst, and never 50 mm in an hour
    h     0        3 3:20   6:40 7:30   over below 5 mm/h
                told, and again as the day's class rises
    """
    signals = City(["rain/rainfall"]).course("rain/rainfall", [0.0] + [0.25] * 450 + [0.0] * 30)
    edges = [(180, True), (200, True), (400, True), (454, False)]
    assert [((each.time - T0) // MINUTE, each.active) for each in signals] == edges
    assert [each.reason for each in signals[:3]] == [
        "Rain goes on at rain: 15 mm in the last hour; 45 mm in 24 hours.",
        "Rain goes on at rain: 15 mm in the last hour; 50 mm in 24 hours (heavy).",
        "Rain goes on at rain: 15 mm in the last hour; 100 mm in 24 hours (very heavy).",
    ]


def test_moderate_rain_of_a_whole_day_is_told_when_there_is_very_much_of_it() -> None:
    """8 mm/h: 100 mm, a very heavy day, after twelve hours and a half."""
    signals = City(["rain/rainfall"]).course("rain/rainfall", [0.0] + [8 / 60] * 900 + [0.0] * 30)
    assert [((each.time - T0) // MINUTE, each.active) for each in signals] == [(750, True), (902, False)]


def test_a_cloudburst_amid_lasting_rain_is_another_incident() -> None:
    """And its end is not that of the rain that goes on, nor is what it leaves told as lasting."""
    lasting, burst = [0.25] * 200, [1.5] * 10
    signals = City(["rain/rainfall"]).course("rain/rainfall", [0.0, *lasting, *burst, *[0.25] * 30, *[0.0] * 30])
    assert [(each.cause, each.active) for each in signals if each.cause == ""] == [("", True), ("", False)]
    assert [each.active for each in signals if each.cause == "24 h"] == [True, True, False]
    alone = City(["rain/rainfall"]).course("rain/rainfall", [0.0, *burst * 6, *[0.1] * 120, *[0.0] * 30])
    assert [(each.cause, each.active) for each in alone] == [("", True), ("", False)]


def test_rain_that_goes_on_is_told_once_though_a_bucket_tips_unevenly() -> None:
    """11 mm/h in tips of 0.5 mm: five minutes are 6 or 12 mm/h in turn."""
    fallen = np.diff(np.floor(np.arange(4 * 60) * 11 / 60 / 0.5) * 0.5, prepend=0.0)
    signals = City(["rain/rainfall"]).course("rain/rainfall", [*fallen, *[0.0] * 30])
    assert [each.active for each in signals] == [True, False]


@pytest.mark.parametrize(
    ("hourly", "hours"), [(8.0, 12), (20.0, 2)], ids=["moderate for half a day", "heavy, but not for long"]
)
def test_other_rain_is_no_incident(hourly: float, hours: int) -> None:
    """BMKG: from 10 mm/h on rain is heavy, from 100 mm on a day's very heavy."""
    city = City(["rain/rainfall"])
    assert city.course("rain/rainfall", [0.0] + [hourly / 60] * (60 * hours) + [0.0] * 30) == []


def test_showers_of_one_day_are_no_incident() -> None:
    """Three thunderstorms of 30 mm in 40 min, some hours apart: 90 mm, and drains have had their time."""
    city, storm = City(["rain/rainfall"]), [0.75] * 40 + [0.0] * 200
    assert city.course("rain/rainfall", [0.0, *storm, *storm, *storm]) == []


def test_what_fell_in_a_gap_is_spread_over_it() -> None:
    """30 mm in one reading after an hour of silence are 30 mm/h, no cloudburst."""
    city = City(["rain/rainfall"])
    assert city.course("rain/rainfall", [0.0, 30.0, 0.0], HOUR) == []


def beyond(city: City) -> float:
    rain = next(rule for rule in city.domain.rules if isinstance(rule, Rain))
    return float(rain.columns["beyond_rain"][0])


def test_rain_passes_caines_threshold() -> None:
    """One hour: 14.82 mm."""
    city = City(["rain/rainfall"])
    city.course("rain/rainfall", [0.0] + [0.24] * 60)
    assert beyond(city) == 0.0, "14.4 mm in an hour are below it"
    city.course("rain/rainfall", [0.26] * 60, begin=48 * HOUR)
    assert beyond(city) >= 14.82


@pytest.mark.parametrize(
    ("pga", "mmi"), [(0.0, 1.0), (1.0, 1.71), (10.0, 3.33), (100.0, 5.8), (1000.0, 9.5), (9999.0, 10.0)]
)
def test_mmi_by_hand(pga: float, mmi: float) -> None:
    assert intensity(pga) == pytest.approx(mmi, abs=1e-9)


QUAKE = ("q1/pga", "q2/pga", "q3/pga")
PLACES = {"q1": (-7.0, 112.0), "q2": (-7.0, 112.1), "q3": (-7.1, 112.0)}
"""11 to 16 km apart: at 3 km/s and 5 s, up to 8.7 to 10.2 s between them."""


def shaken(arrivals: dict[str, int], seconds: int = 120) -> list[tuple[int, Signal]]:
    """A quiet minute at 0.1 cm/s2, then 20 s of 10 cm/s2 from each arrival (s); (s, signal)."""
    city, told = City(QUAKE, places=PLACES), []
    for second in range(seconds):
        rows = [
            (name, second * SECOND, 10.0 if 0 <= second - arrivals.get(name[:2], 10**6) < 20 else 0.1) for name in QUAKE
        ]
        told += [(second, signal) for signal in city.hear(rows, second * SECOND)]
    return told


def test_three_stations_are_an_earthquake_at_the_third() -> None:
    told = shaken({"q1": 60, "q2": 63, "q3": 66})
    begun = [(second, signal) for second, signal in told if signal.active]
    assert [second for second, _ in begun] == [66] * 3
    assert begun[-1][1].reason == ("An earthquake is felt at 3 stations: strongest at q1, 10 cm/s², intensity MMI III.")
    assert sum(not signal.active for _, signal in told) == 3, "and it ends at each"


def strength(city: City, peaks: dict[str, float], begin: int, seconds: int = 30) -> list[Signal]:
    """A quiet minute from `begin` (s), then the stations feel their peaks; one that is not named sends nothing."""
    told = []
    for second in range(begin, begin + 60 + seconds):
        rows = [(f"{q}/pga", second * SECOND, peak if second >= begin + 60 else 0.1) for q, peak in peaks.items()]
        told += city.hear(rows, second * SECOND)
    return [signal for signal in told if signal.active]


def test_shaking_that_grows_is_told_as_strong_as_it_became() -> None:
    """cm/s2   10 (MMI III) ───┐ 40 (IV) ───┐ 90 (VI): critical"""
    city = City(QUAKE, places=PLACES)
    told = strength(city, {"q1": 10, "q2": 10, "q3": 10}, 0)
    for begin, peak in ((90, 40.0), (110, 90.0)):
        for second in range(begin, begin + 20):
            rows = [(name, second * SECOND, peak if name == "q2/pga" else 10.0) for name in QUAKE]
            told += [signal for signal in city.hear(rows, second * SECOND) if signal.active]
    assert [signal.reason.partition("strongest at ")[2] for signal in told[2:]] == [
        *("q1, 10 cm/s², intensity MMI III.", "q2, 40 cm/s², intensity MMI IV.", "q2, 90 cm/s², intensity MMI VI."),
    ]
    assert [signal.severity for signal in told[2:]] == [1, 1, 2]


def test_a_station_that_broke_in_one_earthquake_speaks_in_no_other() -> None:
    """q4 is lost at 200 cm/s2; a day later a slight one is felt by the three others."""
    city = City((*QUAKE, "q4/pga"), places={**PLACES, "q4": (-7.0, 112.05)})
    strength(city, {"q1": 10, "q2": 10, "q3": 10, "q4": 200}, 0)
    strength(city, {"q1": 0.1, "q2": 0.1, "q3": 0.1}, 90)
    slight = strength(city, {"q1": 10, "q2": 10, "q3": 10}, 86_400)
    reason = "An earthquake is felt at 3 stations: strongest at q1, 10 cm/s², intensity MMI III."
    assert {signal.reason for signal in slight} == {reason}


@pytest.mark.parametrize("arrivals", [{"q1": 60}, {"q1": 60, "q2": 62}, {"q1": 60, "q2": 62, "q3": 85}])
def test_fewer_or_too_far_apart_in_time_are_none(arrivals: dict[str, int]) -> None:
    assert shaken(arrivals) == []


FAR: dict[str, tuple[float, float]] = {"q1": (-7.0, 112.0), "q2": (-7.0, 112.4), "q3": (-7.4, 112.0)}
"""44 to 62 km apart."""


def beyond_cities(places: dict[str, tuple[float, float]], *changes: str, speed: float = 6.0) -> list[Signal]:
    """A wave from q1 over stations of three cities, at `speed` km/s."""
    city = City(QUAKE, changes, places=places, elsewhere={"q2": "3515", "q3": "3525"})
    told = []
    for second in range(150):
        rows = []
        for name in QUAKE:
            apart = float(distances(FAR["q1"], np.array([FAR[name[:2]]]))[0])
            rows.append((name, second * SECOND, 10.0 if 60 <= second - apart / speed < 80 else 0.1))
        told += city.hear(rows, second * SECOND)
    return told


def test_stations_of_neighbouring_cities_vouch_for_each_other() -> None:
    """One station in each of three cities: each city is told of its own."""
    told = beyond_cities(FAR)
    begun = [signal for signal in told if signal.active]
    assert [signal.place for signal in begun] == [(city, "disaster", "*") for city in ("3578", "3515", "3525")]
    assert begun[-1].reason == (
        "An earthquake is felt by stations here (1) and in neighbouring cities (2): here strongest at q3, 10 cm/s², "
        "intensity MMI III."
    )
    assert [signal.place[0] for signal in told if not signal.active] == ["3578", "3515", "3525"]


@pytest.mark.parametrize(
    ("places", "changes", "speed"),
    [
        (FAR, ["disaster.seismic.neighbours=40"], 6.0),
        ({}, [], 6.0),
        (FAR, [], 1.5),
    ],
    ids=["too far away", "nobody knows where", "no wave is so slow"],
)
def test_stations_of_other_cities_do_not(
    places: dict[str, tuple[float, float]], changes: list[str], speed: float
) -> None:
    assert beyond_cities(places, *changes, speed=speed) == []


def test_shaking_that_stays_is_the_new_background() -> None:
    """A pump that runs for good beside each station: over after 180 s, and no quake afterwards."""
    city, told = City(QUAKE, places=PLACES), []
    for second in range(600):
        rows = [(name, second * SECOND, 10.0 if second >= 60 else 0.1) for name in QUAKE]
        told += [(second, signal.active) for signal in city.hear(rows, second * SECOND)]
    assert [(second, active) for second, active in told if active] == [(60, True)] * 3
    assert [second for second, active in told if not active] == [241] * 3


def test_slow_data_is_not_judged() -> None:
    city = City(QUAKE, places=PLACES)
    rows = [(name, minute * MINUTE, 0.1 if minute < 10 else 50.0) for minute in range(20) for name in QUAKE]
    assert city.hear(rows, 20 * MINUTE) == []


SLOPE = ("slope/tilt", "slope/displacement", "slope/soil_moisture")


def slid(tilt: float, moved: float, moisture: float, hours: int = 5) -> list[Signal]:
    """Rates in deg/h and mm/h."""
    city, signals = City(SLOPE), []
    for minute in range(0, hours * 60, 5):
        hour, time = minute / 60, minute * MINUTE
        rows = [(SLOPE[0], time, 1.0 + tilt * hour), (SLOPE[1], time, moved * hour), (SLOPE[2], time, moisture)]
        signals += city.hear(rows, time)
    return signals


@pytest.mark.parametrize(
    ("tilt", "moved", "moisture", "severity"),
    [
        (0.02, 0.8, 30.0, 1),  # two signs that agree
        (0.02, 0.0, 80.0, 1),  # precaution on wet soil
        (-0.02, 0.8, 30.0, 1),  # to the other side
        (0.15, 0.8, 30.0, 2),  # the warning rate
        (0.0, 5.0, 30.0, 2),  # a fast slide
    ],
)
def test_a_slope_that_moves_is_told(tilt: float, moved: float, moisture: float, severity: int) -> None:
    signals = slid(tilt, moved, moisture)
    assert [(each.active, each.severity) for each in signals] == [(True, severity)]
    assert signals[0].time == T0 + HOUR, "as soon as the rate is known"


def test_a_noisy_tiltmeter_moves_nowhere() -> None:
    """0.05 deg either way on wet soil: its line is steeper than the precaution now and then, and never surely."""
    city, random = City(SLOPE), np.random.default_rng(1)
    for minute in range(0, 12 * 60, 5):
        time = minute * MINUTE
        assert city.hear([(SLOPE[0], time, random.normal(1.0, 0.05)), (SLOPE[2], time, 90.0)], time) == []


@pytest.mark.parametrize(("name", "last"), [("slope/soil_moisture", 90.0), ("slope/displacement", 0.0)])
def test_what_a_dead_sensor_said_long_ago_neither_speaks_for_a_slide_nor_against_it(name: str, last: float) -> None:
    """Soil that was wet last week is no sign beside 0.02 deg/h; a steady ground last week denies no 0.15 deg/h."""
    city, signals = City(SLOPE), []
    city.course(name, [last] * 30, 5 * MINUTE)
    week = 7 * 24 * HOUR
    for minute in range(0, 5 * 60, 5):
        tilted = 1.0 + (0.02 if "soil" in name else 0.15) * minute / 60
        signals += city.hear([(SLOPE[0], week + minute * MINUTE, tilted)], week + minute * MINUTE)
    assert [each.severity for each in signals] == ([] if "soil" in name else [2])


@pytest.mark.parametrize(
    ("tilt", "moved", "moisture"),
    [(0.02, 0.0, 30.0), (0.005, 0.1, 90.0), (0.15, 0.0, 30.0), (0.0, 0.5, 30.0)],
    ids=["alone", "too slow", "denied by the ground", "displacement alone"],
)
def test_a_single_sign_is_not(tilt: float, moved: float, moisture: float) -> None:
    assert slid(tilt, moved, moisture) == []


def sliding(city: City, since: int, until: int, tilt: float | None, moved: float | None) -> list[Signal]:
    """Rates in deg/h and mm/h, of sensors that are heard, from hour to hour; ticks come in any case."""
    signals = []
    for minute in range(since * 60, until * 60, 5):
        hour, time = minute / 60, minute * MINUTE
        rows = [(SLOPE[0], time, 1.0 + (tilt or 0) * hour)] if tilt is not None else []
        rows += [(SLOPE[1], time, (moved or 0) * hour)] if moved is not None else []
        signals += city.hear(rows, time)
    return signals


def test_a_slope_whose_sensors_are_swept_away_does_not_rest() -> None:
    """
    h  0   1        5                 15
       ├───█████████┤ nothing is heard  no word that it is over: incidents know what silence means
    """
    city = City(SLOPE)
    assert [each.active for each in sliding(city, 0, 5, 0.02, 0.8)] == [True]
    assert sliding(city, 5, 15, None, None) == []
    (over,) = sliding(city, 15, 20, 0.0, 0.0)
    assert not over.active, "it is back, and stands still"


def test_what_is_left_of_a_slopes_sensors_speaks_on() -> None:
    """The tiltmeter dies; the ground goes on by 5 mm/h."""
    city = City(SLOPE)
    sliding(city, 0, 5, 0.02, 5.0)
    told = sliding(city, 5, 12, None, 5.0)
    assert [(each.member, each.active) for each in told] == [(0, False), (1, True)]
    assert told[1].reason == "The slope at slope is moving: tilt ? °/h, displacement 5 mm/h."
    over = sliding(city, 12, 20, None, 0.0)[-1]
    assert (over.member, over.active) == (1, False)


def test_a_tiltmeter_that_is_new_to_a_moving_slope_takes_over() -> None:
    """Its condition would never end, if another series spoke for the slope from then on."""
    city = City(SLOPE[1:2])
    sliding_since = city.course(SLOPE[1], [5.0 * minute / 60 for minute in range(0, 300, 5)], 5 * MINUTE)
    assert [each.active for each in sliding_since] == [True]
    city.names.append(SLOPE[0])
    city.domain.roster.table.intern(Identity("3578", "disaster", "z", "slope", "tilt"))
    held = {0: True}
    for minute in range(300, 900, 5):
        rows = [(SLOPE[1], minute * MINUTE, 25.0), (SLOPE[0], minute * MINUTE, 1.0)]
        held |= {each.member: each.active for each in city.hear(rows, minute * MINUTE)}
    assert not any(held.values()), "all rests"


def test_distances_are_those_one_by_one() -> None:
    """Surabaya to Gresik, Malang, and a sensor whose place nobody has told."""
    here, others = (-7.26, 112.75), [(-7.16, 112.65), (-7.98, 112.63), (float("nan"), float("nan"))]
    measured = distances(here, np.array(others))
    assert measured[:2] == pytest.approx([15.7, 81.2], abs=0.2)
    assert np.isnan(measured[2])
    assert distances(here, np.array(others[1:2])) == measured[1]
