"""Each test of quality control on a drawn series: what is flagged, and what must not be."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from journal.entries import TickEntry
from processors.base import Outputs
from processors.quality import Quality
from processors.quality.rules import LEAST_SAME
from processors.signals import Signal
from telemetry import flags
from telemetry.batch import Readings
from telemetry.sensors import Sensor, SensorTable
from telemetry.series import Identity, SeriesTable

T0, MINUTE = 1_763_658_000_000, 60_000
"""Midnight in Jakarta."""


class City:
    """Quality control of some sensors "water/pressure" of one zone, a reading a minute each."""

    def __init__(self, count: int = 1, sensor: Sensor | None = None, quantity: str = "pressure") -> None:
        table, sensors = SeriesTable(), []
        for number in range(count):
            identity = Identity("3578", "water", "z", f"d{number}", quantity)
            table.intern(identity)
            sensors.append(sensor or Sensor(identity, interval=MINUTE))
        self.quality = Quality(SensorTable(table, sensors), "en", "Asia/Jakarta")
        self.now = T0
        self.signals: list[Signal] = []

    def hear(self, *rows: Sequence[float]) -> list[int]:
        """Values of all series, a minute a row; the flags of the first series. Six ticks a minute."""
        told = []
        for values in rows:
            time = np.full(len(values), self.now)
            batch = Readings(
                np.arange(len(values), dtype=np.int32), time, np.array(values, np.float64),
                np.zeros(len(values), np.uint32), time.copy(), np.full(len(values), -1, np.int32),
            )  # fmt: skip
            told.append(int(self.quality.process(batch, Outputs()).flags[0]))
            for _ in range(6):
                out = Outputs()
                self.quality.tick(TickEntry(self.now, T0), out)
                self.signals += out.signals
                self.now += MINUTE // 6
        return told

    def edges(self) -> list[tuple[bool, str]]:
        return [(signal.active, signal.reason) for signal in self.signals]


def noise(minutes: int, count: int = 1, seed: int = 1) -> np.ndarray:
    """Around 300, deviation 1, to a tenth."""
    return np.round(300 + np.random.default_rng(seed).normal(0, 1, (minutes, count)), 1)


def calm(city: City, minutes: int = 300, count: int = 1) -> None:
    assert not any(flag & (flags.SUSPECT | flags.FAIL) for flag in city.hear(*noise(minutes, count)))


def test_a_spike_is_suspect_and_its_return_is_not() -> None:
    city = City()
    calm(city)
    spiked, back = city.hear([350.0], [300.2])
    assert spiked & ~flags.RATE_OF_CHANGE == flags.SPIKE | flags.SUSPECT
    assert back == 0


def test_a_step_is_suspect_once_and_makes_no_faulty_sensor() -> None:
    city = City()
    calm(city)
    told = city.hear(*(noise(60) + 60))
    assert told[0] == flags.RATE_OF_CHANGE | flags.SPIKE | flags.SUSPECT
    assert set(told[1:]) == {0}
    assert city.edges() == []


def test_a_sensor_that_spikes_again_and_again_is_faulty_until_it_is_sound() -> None:
    city = City()
    calm(city)
    values = noise(60, seed=2)
    values[::12] += 60
    city.hear(*values)
    assert city.edges() == [
        (True, "Pressure of d0 leaps for single readings, again and again: the sensor is doubtful.")
    ]
    city.hear(*noise(600, seed=3))
    assert [active for active, _ in city.edges()] == [True, False]


def test_a_flat_line_is_suspect_then_fails_and_a_zero_is_not_flat() -> None:
    city = City()
    calm(city)
    told = city.hear(*[[300.5]] * 100)
    suspect, failed = flags.SUSPECT | flags.FLAT_LINE, flags.FAIL | flags.FLAT_LINE
    assert told[:11].count(0) >= 10
    assert told == sorted(told, key=[0, suspect, failed].index)
    assert told[-1] == failed
    assert city.edges()[0] == (True, "Pressure of d0 is stuck at 300.5 kPa.")
    assert city.hear([301.0])[0] & (flags.SUSPECT | flags.FAIL) == 0


def test_no_flow_at_night_is_not_flat() -> None:
    city = City(quantity="flow")
    calm(city)
    assert not any(flag & flags.FLAT_LINE for flag in city.hear(*[[0.0]] * 200))
    assert city.edges() == []


def test_a_sensor_that_is_noisy_is_faulty_and_one_that_climbs_is_not() -> None:
    city = City()
    calm(city)
    city.hear(*(300 + 20 * np.random.default_rng(4).normal(size=(60, 1))))
    assert [active for active, _ in city.edges()] == [True]
    climbing = City()
    calm(climbing)
    climbing.hear(*(300 + 8 * np.arange(60.0)[:, None]))
    assert climbing.edges() == []


def test_an_attenuated_signal_is_suspect() -> None:
    city = City()
    calm(city)
    told = city.hear(*(300 + 0.01 * np.random.default_rng(5).normal(size=(120, 1))))
    assert told[-1] & flags.ATTENUATED
    assert told[-1] & flags.SUSPECT


def test_readings_after_a_gap_say_so_and_are_not_suspect() -> None:
    city = City()
    calm(city)
    city.now += 5 * MINUTE
    assert city.hear([300.0], [300.3]) == [flags.GAP, 0]


def test_a_sensor_that_leaves_its_neighbours_is_suspect_and_then_faulty() -> None:
    city = City(5)
    calm(city, 400, 5)
    away = noise(120, 5, seed=6)
    away[:, 0] += 25
    told = city.hear(*away)
    assert told[-1] & flags.NEIGHBOUR
    assert [active for active, _ in city.edges()] == [True]
    assert city.signals[0].member == 0
    assert "agrees" in city.signals[0].reason


def test_what_befalls_all_neighbours_alike_is_no_fault_of_theirs() -> None:
    city = City(5)
    calm(city, 400, 5)
    told = city.hear(*(noise(120, 5, seed=6) - 25))
    assert not any(flag & flags.NEIGHBOUR for flag in told[1:])
    assert city.edges() == []


def test_a_reading_out_of_order_is_not_evaluated() -> None:
    city = City()
    calm(city, 80)
    city.now -= 30 * MINUTE
    flag = city.hear([900.0])[0]
    assert flag == flags.NOT_EVALUATED
    assert flags.qartod(flag) == 2


def test_readings_that_fail_teach_nothing_and_make_a_sensor_faulty() -> None:
    identity = Identity("3578", "water", "z", "d0", "pressure")
    city = City(sensor=Sensor(identity, interval=MINUTE, min=0, max=1000))
    calm(city)
    scale = float(city.quality.memory["scale"][0])
    told = city.hear(*[[5000.0]] * 10)
    assert set(told) == {flags.FAIL | flags.GROSS_RANGE}
    assert [active for active, _ in city.edges()] == [True]
    assert float(city.quality.memory["scale"][0]) == scale


def test_climatology_knows_the_hours_of_the_local_day() -> None:
    """Until six in the morning 100 to 200 is usual; then nothing is said."""
    usual = ((100.0, 200.0),) * 6 + ((float("nan"), float("nan")),) * 18
    identity = Identity("3578", "water", "z", "d0", "pressure")
    city = City(sensor=Sensor(identity, climatology=usual))
    suspect = flags.SUSPECT | flags.CLIMATOLOGY
    assert city.hear([200.0], [201.0], [99.0]) == [0, suspect, suspect]
    city.now = T0 + 6 * 60 * MINUTE
    assert city.hear([201.0])[0] & flags.CLIMATOLOGY == 0


def test_qartod_names_the_gravest() -> None:
    assert [flags.qartod(bits) for bits in (0, flags.GAP, flags.SUSPECT, flags.SUSPECT | flags.FAIL)] == [1, 1, 3, 4]


def test_state_is_below_a_hundred_bytes_a_series() -> None:
    city = City(1000)
    city.hear(np.full(1000, 300.0).tolist())
    assert sum(column.nbytes for column in city.quality.snapshot().values()) / 1000 < 100


def day(number: int) -> list[list[float]]:
    """A level told in whole steps of 18 minutes by day; at night it rests for eight hours."""
    return [[100.0 + 53 * number + min(minute // 18, 53)] for minute in range(1440)]


def test_a_sensor_of_whole_steps_that_rests_each_night_is_not_stuck() -> None:
    city = City(quantity="level")
    for number in range(3):
        city.hear(*day(number))
    told = [flag for number in (3, 4) for flag in city.hear(*day(number))]
    assert not any(flag & flags.FLAT_LINE for flag in told)
    assert told[-1] & (flags.SUSPECT | flags.FAIL) == 0
    # It is stuck all the same, once that is far longer than a night.
    assert city.hear(*[[500.0]] * 4000)[-1] & flags.FLAT_LINE


def test_a_sensor_that_was_stuck_for_long_teaches_little() -> None:
    city = City()
    calm(city)
    city.hear(*[[300.5]] * 2000, *noise(10))
    assert city.quality.memory["longest"][0] <= LEAST_SAME
    assert city.hear(*[[301.5]] * 250)[-1] & flags.FLAT_LINE


def test_how_rows_of_equal_readings_are_cut_makes_no_difference() -> None:
    """Equal readings that end within a batch, of which some were flat before."""
    values = np.array([*noise(300)[:, 0], *[300.5] * 110, 301.0, *[302.0] * 40, 299.0])
    found = []
    for size in (len(values), 1):
        city, told = City(), list[int]()
        calm(city, 100)
        time = city.now + 1000 * np.arange(len(values), dtype=np.int64)
        for at in range(0, len(values), size):
            part, count = slice(at, at + size), len(values[at : at + size])
            series, none = np.zeros(count, np.int32), np.zeros(count, np.uint32)
            some = Readings(series, time[part], values[part], none, time[part].copy(), series - 1)
            told += city.quality.process(some, Outputs()).flags.tolist()
        found.append(told)
    assert found[0] == found[1]
    assert any(flag & flags.FLAT_LINE for flag in found[0])
