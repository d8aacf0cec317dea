"""Rivers on drawn time lines: stages, what is due, and the wave on its way down."""

from pathlib import Path

import numpy as np
import pytest

from config.thresholds import load_thresholds
from processors.domains.disaster.gauges import tables_of
from processors.domains.disaster.trend import Trends
from processors.sentences.disaster import TRENDS
from processors.signals import NOBODY, Signal
from tests.processors.domains.disaster.kit import HOUR, MINUTE, T0, City

CRITICAL, WARNING = 2, 1


def told(signals: list[Signal]) -> list[tuple[int, bool, int]]:
    """Minute, active, severity."""
    return [((each.time - T0) // MINUTE, each.active, each.severity) for each in signals]


def test_the_rate_of_a_straight_line_is_its_slope() -> None:
    trends = Trends(15 * MINUTE)
    trends.columns.grow(1)
    row = np.array([0])
    for minute in range(40):
        time = np.array([T0 + minute * MINUTE])
        trends.learn(row, time, np.array([500.0 + 1.2 * minute]))
        rate, error = trends.line(row)
        if minute < 15:
            assert np.isnan(rate[0]), "no verdict in warm-up"
        else:
            assert rate[0] == pytest.approx(72.0, rel=1e-6)
            assert error[0] < 0.01


def test_noise_is_known_to_be_no_slope() -> None:
    random = np.random.default_rng(1)
    trends = Trends(15 * MINUTE)
    trends.columns.grow(1)
    for minute in range(200):
        trends.learn(np.array([0]), np.array([T0 + minute * MINUTE]), random.normal(100, 20, 1))
    rate, error = trends.line(np.array([0]))
    assert abs(rate[0]) < 4 * error[0]


def test_stages_rise_at_their_bounds_and_fall_below_the_deadband() -> None:
    """
    cm     200 ┤            ●               Siaga 1
           150 ┤        ●       ●           Siaga 2; it ends below 150 - 5 % of 120 = 144
            80 ┤    ●                       Siaga 3; it ends below 74
    minute     0    5  10  15  20  25 30 35
    """
    city = City(["katulampa/river_level"], ["disaster.river.rise=9999", "disaster.river.jump=500"])
    levels = [40, 80, 150, 200, 146, 143, 75, 73]
    signals = city.course("katulampa/river_level", levels, 5 * MINUTE)
    assert told(signals) == [
        *((5, True, WARNING), (10, True, CRITICAL), (15, True, CRITICAL)),
        *((20, True, CRITICAL), (25, True, WARNING), (35, False, WARNING)),
    ]
    assert {signal.cause for signal in signals} == {"Ciliwung"}
    assert signals[0].place == ("*", "disaster", "*")
    assert signals[0].reason == "Ciliwung: katulampa at 80 cm, Siaga 3.", "no rate is known yet"
    assert "Siaga 3; rising " in signals[-2].reason, "by the line through all of it"


def test_a_stage_that_is_due_is_warned_of() -> None:
    """A rise of 60 cm/h from 40 cm: Siaga 3 (80 cm) is due within 45 min as soon as the rate is known."""
    city = City(["katulampa/river_level"])
    signals = city.course("katulampa/river_level", [40 + minute for minute in range(45)])
    assert told(signals)[:2] == [(15, True, WARNING), (40, True, WARNING)]
    assert (
        signals[0].reason == "Ciliwung: katulampa at 55 cm and rising 60 cm/h; Siaga 3 (80 cm) is due in about 25 min."
    )
    assert "at 80 cm, Siaga 3; rising 60 cm/h" in signals[1].reason
    (further,) = city.course("katulampa/river_level", [85.0 + minute for minute in range(30)], begin=45 * MINUTE)
    assert further.reason.startswith("Ciliwung: katulampa at 105 cm, Siaga 3, rising 60 cm/h; Siaga 2 (150 cm) due ")


def test_a_slow_rise_is_not_warned_of() -> None:
    city = City(["katulampa/river_level"])
    assert city.course("katulampa/river_level", [55 + minute / 3 for minute in range(70)]) == []


def test_one_wild_reading_is_not_believed_and_three_alike_are() -> None:
    """
    cm  500 ┤   ●        ● ● ●
         40 ┤ ●   ● ● ●
    """
    city = City(["katulampa/river_level"])
    assert city.course("katulampa/river_level", [40, 500, 40, 41, 40]) == []
    signals = city.course("katulampa/river_level", [500, 501, 502, 503], begin=5 * MINUTE)
    assert told(signals) == [(7, True, CRITICAL)]


def test_a_stage_that_a_new_gauge_tells_at_first_is_believed_with_the_next_reading() -> None:
    """
    cm  999 ┤ ●              ● ●
         40 ┤   ● ●
    """
    assert City(["katulampa/river_level"]).course("katulampa/river_level", [999, 40, 41, 40]) == []
    hourly = City(["katulampa/river_level"]).course("katulampa/river_level", [220, 222], HOUR)
    assert told(hourly) == [(60, True, CRITICAL)]
    calm = City(["katulampa/river_level"])
    calm.hear([("katulampa/river_level", 0, 40.0)], 0)
    assert [each["value"] for each in calm.domain.indicators()] == [4], "what is at no stage is believed at once"


def test_a_replay_is_judged_by_the_table_of_its_time(tmp_path: Path) -> None:
    """
    Siaga 3   50 cm ──────────┤ 80 cm
    22 Nov, UTC         23:00 │ 00:00
    55 cm             Siaga 3   Siaga 4
    """
    file = tmp_path / "thresholds.yaml"
    file.write_text(
        "disaster:\n  river:\n    gauges:\n      POST:\n"
        "        - {since: 2025-11-22, siaga3: 80, siaga2: 150, siaga1: 200}\n"
        "        - {since: 2020-01-01, siaga3: 50, siaga2: 60, siaga1: 70}\n"
    )
    city = City(["post/river_level"], file=file)
    city.hear([("post/river_level", -HOUR, 45.0)], -HOUR)
    before = city.hear([("post/river_level", 5_000 - HOUR, 55.0)], 5_000 - HOUR)
    after = city.course("post/river_level", [55], begin=0)
    assert [signal.active for signal in (*before, *after)] == [True, False]


def test_a_site_may_have_its_own_table(tmp_path: Path) -> None:
    file = tmp_path / "thresholds.yaml"
    file.write_text(
        "sites:\n  3578/z/post:\n    disaster:\n      river:\n        stages:\n"
        "          - {since: 2024-05-01, siaga3: 10, siaga2: 20, siaga1: 30}\n"
    )
    here = load_thresholds(file).at("3578", "z", "post").disaster.river
    assert tables_of(here, "post")[0].bounds == (10, 20, 30)
    assert tables_of(load_thresholds(file).at("3578", "z", "other").disaster.river, "other") == ()


def test_the_gauges_below_are_warned_until_the_wave_has_passed() -> None:
    """
    katulampa  0 h ██ 1 h
    depok                  3 h … late by a quarter: 1 h + 3.75 h
    """
    city = City(["katulampa/river_level", "depok/river_level"], ["disaster.river.rise=9999"])
    city.hear([("depok/river_level", 0, 110.0), ("katulampa/river_level", 0, 70.0)], 0)
    level = {0: 90.0, HOUR: 90.0, HOUR + MINUTE: 70.0}
    signals: list[Signal] = []
    for time, value in level.items():
        signals += city.hear([("katulampa/river_level", time + MINUTE, value)], time + MINUTE)
    wave = [signal for signal in signals if signal.member == NOBODY]
    assert [signal.active for signal in wave] == [True]
    assert wave[0].reason == "Ciliwung: the flood from katulampa is expected at depok 10:01."
    assert city.hear([], HOUR + 3 * HOUR + 44 * MINUTE) == []
    over = city.hear([], HOUR + 3 * HOUR + 46 * MINUTE)
    assert [(signal.member, signal.active) for signal in over] == [(NOBODY, False)]


def waves(city: City, levels: dict[int, float]) -> list[tuple[int, bool, str]]:
    """Minute, edge and reason of what is told below, of katulampa's levels by the minute."""
    signals: list[Signal] = []
    for minute in range(max(levels) + 1):
        rows = [("katulampa/river_level", minute * MINUTE, levels[minute])] if minute in levels else []
        signals += city.hear(rows, minute * MINUTE)
    return [((each.time - T0) // MINUTE, each.active, each.reason) for each in signals if each.member == NOBODY]


def below(*settings: str) -> City:
    city = City(
        ["katulampa/river_level", "depok/river_level", "manggarai/river_level"],
        ["disaster.river.rise=9999", "disaster.river.jump=500", *settings],
    )
    city.hear([("depok/river_level", 0, 110.0), ("manggarai/river_level", 0, 600.0)], 0)
    return city


def test_a_second_wave_behind_the_first_is_told_anew_once() -> None:
    """
    katulampa   0 h ██ 1 h    3 h ██ █ 4.5 h: the same, for its level swings
    """
    levels = {1: 70.0, 2: 90.0, 60: 70.0, 180: 90.0, 230: 90.0, 240: 70.0, 250: 90.0, 270: 70.0, 271: 70.0}
    told = waves(below(), levels)
    assert [(minute, active) for minute, active, _ in told] == [(2, True), (180, False), (180, True)]
    assert told[-1][2] == "Ciliwung: the flood from katulampa is expected at depok 13:00, manggarai 19:00."


def test_a_restart_forgets_no_second_wave_and_tells_no_first_one_anew() -> None:
    city = below()
    waves(city, {1: 70.0, 2: 90.0, 60: 70.0})
    again = below()
    again.domain.restore(city.domain.snapshot())
    assert waves(again, {61: 70.0, 62: 70.0}) == []
    assert [active for _, active, _ in waves(again, {180: 90.0})] == [False, True]


def test_what_was_due_already_is_not_expected_any_more() -> None:
    """Siaga 3 for four hours, then Siaga 2: depok should have had the wave by now, and has not."""
    told = waves(below(), {1: 70.0, 2: 90.0, 242: 160.0})
    assert told[-1][2] == "Ciliwung: the flood from katulampa is expected at manggarai 16:02."


CILIWUNG = '"Ciliwung":[{"gauge":"katulampa","hours":0},{"gauge":"depok","hours":3}]'
SUNTER = '"Sunter":[{"gauge":"pondok","hours":0},{"gauge":"cipinang","hours":2}]'


def on(*rivers: str) -> City:
    """Gauges on these rivers only."""
    return City(
        ["katulampa/river_level", "depok/river_level"],
        [f"disaster.river.rivers={{{','.join(rivers)}}}", "disaster.river.rise=9999"],
    )


def taken_over(city: City, *rivers: str) -> City:
    """After a change of settings, and another start before the first tick."""
    for _ in range(2):
        before, city = city, on(*rivers)
        city.domain.restore(before.domain.snapshot())
    return city


def flooded(*rivers: str) -> City:
    city = on(*rivers)
    city.hear([("depok/river_level", 0, 110.0)], 0)
    assert city.course("katulampa/river_level", [70.0, 85.0, 90.0])
    return city


def test_a_river_that_leaves_the_settings_takes_only_its_own_wave_away() -> None:
    changed = taken_over(flooded(CILIWUNG, SUNTER), SUNTER)
    signals = changed.hear([], 10 * MINUTE)
    assert ("flood-warning", "Ciliwung", False) in [(each.kind, each.cause, each.active) for each in signals]
    assert changed.hear([], 11 * MINUTE) == []
    assert [each["value"] for each in changed.domain.indicators() if each["indicator"] == "river_stage"] == [3, 4]


def test_another_order_of_rivers_changes_nothing() -> None:
    changed = taken_over(flooded(SUNTER, CILIWUNG), CILIWUNG, SUNTER)
    assert changed.hear([], 10 * MINUTE) == []


def test_a_gauge_that_joins_or_leaves_a_river_is_told_of_there_alone() -> None:
    alone, along = (("3578", "disaster", "z"), "katulampa"), (("*", "disaster", "*"), "Ciliwung")
    for before, after, old, new in (((SUNTER,), (CILIWUNG,), alone, along), ((CILIWUNG,), (SUNTER,), along, alone)):
        changed = taken_over(flooded(*before), *after)
        signals = [each for each in changed.hear([], 10 * MINUTE) if each.kind == "river-stage"]
        assert [(each.place, each.cause, each.active) for each in signals] == [(*old, False), (*new, True)]
        assert not [each for each in changed.hear([], 11 * MINUTE) if each.kind == "river-stage"]


def test_a_gauge_of_no_known_river_stands_for_itself() -> None:
    city = City(["ditch/river_level"])
    assert city.course("ditch/river_level", [10, 500, 500, 500, 500]) == [], "nobody has set its stages"


def test_a_gauge_without_a_river_is_named_once(tmp_path: Path) -> None:
    file = tmp_path / "thresholds.yaml"
    stages = "- {since: 2024-05-01, siaga3: 80, siaga2: 150, siaga1: 200}"
    file.write_text(f"disaster:\n  river:\n    gauges:\n      ditch:\n        {stages}\n")
    city = City(["ditch/river_level"], file=file)
    signals = city.course("ditch/river_level", [*[79.0] * 30, 81.0, 70.0])
    assert signals[0].place == ("3578", "disaster", "z")
    assert [each.reason for each in signals] == ["ditch at 81 cm, Siaga 3; steady.", "ditch at 70 cm, Siaga 4 again."]


def test_a_trend_is_told_in_both_languages() -> None:
    assert TRENDS["id"][2].format(rate="60 cm") == "; naik 60 cm/jam"
    assert TRENDS["en"][0].format(rate="60 cm") == "; falling 60 cm/h"


def test_indicators_tell_stage_rise_and_time_to_the_next() -> None:
    """80 cm, rising 60 cm/h: 70 cm to Siaga 2 take 70 minutes."""
    city = City(["katulampa/river_level"])
    city.course("katulampa/river_level", [40 + minute for minute in range(41)])
    told = {row["indicator"]: (row["value"], row["unit"]) for row in city.domain.indicators()}
    assert told == {"river_stage": (3, "Siaga"), "river_rise": (60.0, "cm/h"), "time_to_next_stage": (70.0, "min")}
