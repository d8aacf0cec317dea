"""Silence on drawn time lines, in seconds of the log. ● a reading comes, █ the series is silent."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from journal.entries import GatewayState, ReadingsEntry, TickEntry
from processors.base import Outputs
from processors.gateways import GRACE
from processors.incidents import IncidentsProcessor
from processors.silence import LOOK, NEVER_HEARD, Silence
from telemetry.batch import Readings
from telemetry.sensors import Sensor, SensorTable
from telemetry.series import Identity, SeriesTable, gateway_key

T0 = 1_763_769_600_000


class City:
    """`devices` of one series each, in two zones; all of gateway gw-1 but the last, which is of gw-2."""

    def __init__(self, devices: int = 6, interval: int = 0) -> None:
        table = SeriesTable()
        sensors = []
        for number in range(devices):
            identity = Identity("3578", "water", f"z{number % 2}", f"d{number}", "flow")
            table.intern(identity)
            sensors.append(Sensor(identity, interval=1000 * interval))
        for name in ("gw-1", "gw-2"):
            table.intern_gateway(gateway_key("3578", name))
        self.devices = devices
        self.sensors = SensorTable(table, sensors if interval else [])
        self.silence = Silence(self.sensors, "en")
        self.now = 0
        self.connected = 0
        self.told: list[tuple[str, int | str, bool, int]] = []
        self.said: list[str] = []

    def hear(self, series: Sequence[int], behind: int = 0) -> None:
        """Readings come now; they tell of `behind` seconds ago."""
        count = len(series)
        arrival = np.full(count, T0 + 1000 * self.now)
        readings = Readings(
            np.array(series, np.int32),
            arrival - 1000 * behind,
            np.zeros(count),
            np.zeros(count, np.uint32),
            arrival,
            np.array([int(number == self.devices - 1) for number in series], np.int32),
        )
        self.silence.process(readings, Outputs())

    def state(self, gateway: str, *, online: bool) -> None:
        self.silence.note(ReadingsEntry(Readings.empty(), gateways=(GatewayState("3578", gateway, online),)))

    def pass_to(self, second: int, every: int = 0, series: Sequence[int] = ()) -> None:
        """Tick each second; `series` are heard every so many seconds."""
        while self.now < second:
            self.now += 1
            if every and self.now % every == 0:
                self.hear(series)
            out = Outputs()
            since = T0 + 1000 * self.connected if self.connected >= 0 else 0
            self.silence.tick(TickEntry(T0 + 1000 * self.now, since), out)
            for signal in out.signals:
                who = signal.cause if signal.kind == "gateway-lost" else signal.member
                self.told.append((signal.kind, who, signal.active, (signal.time - T0) // 1000))
                self.said.append(signal.reason)

    def silent(self) -> list[int]:
        return np.flatnonzero(self.silence.silent[: self.silence.size]).tolist()


def test_silence_is_told_as_people_say_it() -> None:
    city = City(devices=2, interval=900)
    city.pass_to(900, every=900, series=[0, 1])
    city.pass_to(900 + 3 * 900 + 15, every=900, series=[1])
    assert city.said == ["No flow data from d0 for 45 minutes."]


def test_the_catalogues_interval() -> None:
    """interval 10 s: patience 30 s

    0        100      131    210
    ● ● ● ● ●                ●
                      ███████│    found within LOOK seconds, both times
    """
    city = City(interval=10)
    city.pass_to(100, every=10, series=range(6))
    city.pass_to(200, every=10, series=range(5))
    city.pass_to(220, every=10, series=range(6))
    ((_, who, _, began), (_, again, active, ended)) = city.told
    assert (who, again, active, ended) == (5, 5, False, 210)
    assert 130 < began <= 131 + LOOK


def test_an_interval_that_is_learned() -> None:
    """Every 20 s for ten minutes; then, the usual wait being 20 to 30 s, 60 to 100 s are too long."""
    city = City()
    city.pass_to(600, every=20, series=range(6))
    city.pass_to(900, every=20, series=range(5))
    ((kind, who, active, began),) = city.told
    assert (kind, who, active) == ("no-data", 5, True)
    assert 660 <= began <= 710


def test_nothing_is_expected_of_a_series_that_is_new() -> None:
    city = City()
    city.pass_to(50, every=20, series=range(6))
    city.pass_to(4000)
    assert city.told == []


def test_an_irregular_sensor_is_given_its_longest_usual_wait() -> None:
    """A bin speaks when it changes: after 10 s, or after 5 minutes."""
    city = City()
    for burst in range(12):
        for wait in (10, 10, 300):
            city.pass_to(city.now + wait)
            city.hear(range(6))
        assert city.told == [], burst
    city.pass_to(city.now + 3 * 330 + LOOK)
    assert sorted(who for _, who, _, _ in city.told if isinstance(who, int)) == [0, 1, 2, 3, 4, 5]


def test_packed_readings_come_seldom() -> None:
    """The catalogue says 10 s; ten readings come at once, every 100 s."""
    city = City(interval=10)
    city.hear(range(6))
    city.silence.wait[:6], city.silence.news[:6] = 100_000, 255
    city.pass_to(1000, every=100, series=range(6))
    assert city.told == []


@pytest.mark.parametrize(("interval", "pack"), [(60, 300), (60, 900), (300, 1800)])
def test_a_sensor_that_sends_packs_from_its_first_day_is_learned(interval: int, pack: int) -> None:
    """
    0      180     900 s          │ interval 60 s: patience 180 s
    ●●●            ●●●●●●●●●●●●   │ but each pack comes after 900 s
           ████████│              │ said of the first few packs, and never again
    """
    city = City(devices=1, interval=interval)
    city.pass_to(8 * pack, every=pack, series=[0])
    early = len(city.told)
    city.pass_to(60 * pack, every=pack, series=[0])
    assert early <= 8
    assert len(city.told) == early
    city.pass_to(city.now + 3 * pack)
    assert city.silent() == [0]


def test_a_long_silence_teaches_no_more_than_twice_the_patience() -> None:
    """Interval 10 s; gone for an hour. Afterwards 30 s are still soon missed."""
    city = City(interval=10)
    city.pass_to(300, every=10, series=range(6))
    city.pass_to(3900, every=10, series=range(5))
    city.pass_to(4500, every=10, series=range(6))
    city.pass_to(4600, every=10, series=range(5))
    assert city.silent() == [5]


def test_what_leaves_the_catalogue_while_it_is_silent_is_missed_no_longer() -> None:
    """Nor before it has been heard for a while anew; a device unlisted that goes on sending is one that is learned."""
    city = City(interval=10)
    city.pass_to(300, every=10, series=range(6))
    city.pass_to(400, every=10, series=range(5))
    assert city.silent() == [5]
    rest = [sensor for who, sensor in city.sensors.sensors.items() if who.device != "d5"]
    state, city.sensors = city.silence.snapshot(), SensorTable(city.sensors.table, rest)
    city.silence = Silence(city.sensors, "en")
    city.silence.restore(state)
    city.pass_to(410, every=10, series=range(5))
    ((_, _, _, _), (kind, who, active, ended)) = city.told
    assert (kind, who, active) == ("no-data", 5, False)
    assert 400 < ended <= 410
    city.pass_to(9000, every=10, series=range(5))
    assert len(city.told) == 2


def test_a_backfill_is_no_silence_and_no_return_of_another_time() -> None:
    """Heard after five minutes, about what was five minutes ago: it ends when it is heard."""
    city = City(interval=10)
    city.pass_to(100, every=10, series=range(6))
    city.pass_to(400, every=10, series=range(5))
    city.hear([5], behind=300)
    city.pass_to(410)
    assert city.told[-1] == ("no-data", 5, False, 400)
    assert not city.silent()


def test_nobody_is_silent_while_nadi_hears_nothing() -> None:
    """Not connected from 100 to 500; then each has its patience again."""
    city = City(interval=10)
    city.pass_to(100, every=10, series=range(6))
    city.connected = -1
    city.pass_to(500)
    city.connected = 500
    city.pass_to(525)
    assert city.told == []
    city.pass_to(1000, every=10, series=range(6))
    assert city.told == []


def test_a_catalogued_sensor_that_never_speaks() -> None:
    city = City(interval=10)
    city.pass_to(NEVER_HEARD // 1000 + 2 * LOOK, every=10, series=range(5))
    ((kind, who, _, began),) = city.told
    assert (kind, who) == ("no-data", 5)
    assert began > NEVER_HEARD // 1000


def test_a_last_will_is_a_lost_gateway_at_once() -> None:
    city = City(interval=10)
    city.pass_to(100, every=10, series=range(6))
    city.state("gw-1", online=False)
    city.pass_to(101, every=10, series=[5])
    assert city.told == [("gateway-lost", "gw-1", True, 101)]
    city.state("gw-1", online=True)
    city.pass_to(102, every=10, series=[5])
    assert city.told[1:] == [("gateway-lost", "gw-1", False, 102)]


def test_readings_prove_that_a_gateway_is_back() -> None:
    """Its will stands, retained, but it sends."""
    city = City(interval=10)
    city.pass_to(100, every=10, series=range(6))
    city.state("gw-1", online=False)
    city.pass_to(125, every=10, series=[5])
    city.pass_to(160, every=10, series=range(6))
    assert [(kind, who, active) for kind, who, active, _ in city.told] == [
        ("gateway-lost", "gw-1", True),
        ("gateway-lost", "gw-1", False),
    ]
    assert 101 + GRACE // 1000 < city.told[1][3] <= 150


def test_a_will_of_a_gateway_that_nobody_knows() -> None:
    city = City()
    city.state("gw-9", online=False)
    city.pass_to(30, every=10, series=range(6))
    assert city.told == []


def test_most_of_its_devices_silent_is_one_lost_gateway() -> None:
    city = City(devices=7, interval=10)
    city.pass_to(100, every=10, series=range(7))
    city.pass_to(200, every=10, series=[0, 6])
    lost = [told for told in city.told if told[0] == "gateway-lost"]
    assert [(who, active) for _, who, active, _ in lost] == [("gw-1", True)]
    assert len(city.silent()) == 5
    city.pass_to(260, every=10, series=range(7))
    lost = [told for told in city.told if told[0] == "gateway-lost"]
    assert [(who, active) for _, who, active, _ in lost] == [("gw-1", True), ("gw-1", False)]
    assert not city.silent()


def test_a_few_silent_devices_are_no_lost_gateway() -> None:
    city = City(interval=10)
    city.pass_to(100, every=10, series=range(6))
    city.pass_to(200, every=10, series=[2, 3, 4, 5])
    assert {told[0] for told in city.told} == {"no-data"}
    single = City(devices=3, interval=10)
    single.pass_to(100, every=10, series=range(3))
    single.pass_to(200)
    assert {told[0] for told in single.told} == {"no-data"}, "two devices of gw-1, one of gw-2"


def test_the_end_is_told_of_the_gateway_of_the_beginning() -> None:
    """A device that moved to another gateway while it was silent."""
    city = City(interval=10)
    city.pass_to(100, every=10, series=range(6))
    city.pass_to(200, every=10, series=range(5))
    city.silence.gateway[5] = 0
    out = Outputs()
    city.now += 1
    city.hear([5])
    for _ in range(LOOK):
        city.now += 1
        city.silence.tick(TickEntry(T0 + 1000 * city.now, T0), out)
    assert [(signal.cause, signal.active) for signal in out.signals] == [("gw-2", False)]


def test_a_gateway_that_falls_silent_is_one_incident() -> None:
    """Thirty of its devices, which were last heard within ten seconds: nobody is told of a single one."""
    city = City(devices=31, interval=10)
    incidents = IncidentsProcessor(city.sensors.table, "en")
    told = []
    for second in range(1, 400):
        city.now = second
        if second < 100 or second > 250:
            city.hear([number for number in range(30) if number % 10 == second % 10])
        city.hear([30])
        out = Outputs()
        city.silence.tick(TickEntry(T0 + 1000 * second, T0), out)
        incidents.tick(TickEntry(T0 + 1000 * second, T0), out)
        told += [
            (kind, event) for rows in out.incident_events for kind, event in zip(rows.kind, rows.event, strict=True)
        ]
    assert told == [("gateway-lost", event) for event in ("opened", "returned", "closed")]


@pytest.mark.parametrize("place", [50, 120, 170, 230])
def test_a_restart_changes_nothing(place: int) -> None:
    whole, broken = City(devices=7, interval=10), City(devices=7, interval=10)
    for city in (whole, broken):
        for second in range(1, 300):
            if second == 110:
                city.state("gw-2", online=False)
            if city is broken and second == place:
                again = Silence(city.sensors, "en")
                again.restore(city.silence.snapshot())
                city.silence = again
            city.pass_to(second, every=10, series=range(7) if not 100 < second < 200 else [0])
    assert broken.told == whole.told
    assert whole.told


def test_a_device_that_says_it_is_gone_is_silent_at_once() -> None:
    """
    0          50 51        80  81
    ● ● ● ● ● ●    offline       ●
                ├████████████████│    though nothing is expected of it
    """
    city = City()
    city.pass_to(50, every=10, series=range(6))
    city.state("d2", online=False)
    city.pass_to(51)
    assert city.told == [("no-data", 2, True, 51)]
    city.state("d2", online=True)
    city.pass_to(80)
    assert city.silent() == [2], "only readings bring it back"
    city.hear([2])
    city.pass_to(81 + LOOK)
    assert city.told[1:] == [("no-data", 2, False, 80)]


def test_a_device_of_a_gateways_name_is_the_gateway() -> None:
    city = City()
    city.sensors.table.intern_gateway(gateway_key("3578", "d2"))
    city.pass_to(50, every=10, series=range(6))
    city.state("d2", online=False)
    city.state("nobody", online=False)
    city.pass_to(60)
    assert city.told == []
    assert city.silent() == []


def test_wills_of_names_made_up_do_not_take_the_place_of_true_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("processors.gateways.MOST_GATEWAYS", 10)
    city = City(interval=10)
    city.pass_to(100, every=10, series=range(6))
    for number in range(10):
        city.state(f"nobody-{number}", online=False)
    city.pass_to(120, every=10, series=range(6))
    city.state("one-too-many", online=False)
    city.pass_to(121, every=10, series=range(6))
    city.state("gw-1", online=False)
    city.pass_to(122, every=10, series=[5])
    assert city.told == [("gateway-lost", "gw-1", True, 122)]
