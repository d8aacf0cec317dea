"""Series identities: dense ids, limits, and names that come back from the journal as they were."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry.errors import SeriesLimit
from telemetry.sensors import Sensor, SensorTable
from telemetry.series import DOMAINS, Device, Identity, SeriesTable

FLOW = Identity("3578", "water", "z1", "d1", "flow")
PRESSURE = FLOW._replace(quantity="pressure")
POWER = Identity("3578", "energy", "z1", "d1", "power")


def test_ids_are_dense_and_stay() -> None:
    table = SeriesTable()
    assert [table.intern(identity) for identity in (FLOW, PRESSURE, POWER, FLOW)] == [0, 1, 2, 0]
    assert len(table) == 3
    assert table.find(PRESSURE) == 1
    assert table.find(PRESSURE._replace(zone="z2")) is None


def test_one_device_for_its_quantities_but_not_across_domains() -> None:
    table = SeriesTable()
    for identity in (FLOW, PRESSURE, POWER):
        table.intern(identity)
    assert table.device_of[:3].tolist() == [0, 0, 1]
    assert table.devices == [Device(*FLOW[:4]), Device(*POWER[:4])]
    assert [DOMAINS[number] for number in table.domain_of[:3]] == ["water", "water", "energy"]


def test_new_names_are_handed_over_once() -> None:
    table = SeriesTable()
    table.intern(FLOW)
    table.intern_gateway("gw-1")
    table.intern_gateway("gw-1")
    first = table.drain()
    assert [(one.id, one.identity, one.gateway) for one in first] == [(0, FLOW, None), (0, None, "gw-1")]
    assert table.drain() == ()
    table.intern(FLOW)
    assert table.drain() == ()


def test_the_limit_of_all_and_of_one_zone_are_named() -> None:
    table = SeriesTable(max_series=3, max_per_zone=2)
    table.intern(FLOW)
    table.intern(PRESSURE)
    with pytest.raises(SeriesLimit, match=r"limits\.zone_series \(2\) is reached in zone 3578/water/z1"):
        table.intern(FLOW._replace(quantity="level"))
    table.intern(POWER)
    with pytest.raises(SeriesLimit, match=r"limits\.max_series \(3\) is reached"):
        table.intern(FLOW._replace(zone="z2"))
    assert table.intern(FLOW) == 0
    assert len(table) == 3


def test_a_refused_series_leaves_nothing_behind() -> None:
    table = SeriesTable(max_series=1)
    table.intern(FLOW)
    table.drain()
    with pytest.raises(SeriesLimit):
        table.intern(POWER)
    assert table.drain() == ()
    assert table.devices == [Device(*FLOW[:4])]


def test_a_device_belongs_to_the_gateway_that_is_named_last() -> None:
    table = SeriesTable()
    device = int(table.device_of[table.intern(FLOW)])
    assert table.gateway_of[device] == -1
    table.assign_gateway(device, table.intern_gateway("gw-1"))
    assert table.gateway_of[device] == 0


NAMES = st.sampled_from(["a", "b", "ü", "z/1"])
IDENTITIES = st.builds(Identity, NAMES, st.sampled_from(DOMAINS), NAMES, NAMES, NAMES)


@given(st.lists(IDENTITIES, max_size=40), st.lists(st.sampled_from(["g1", "g2", "g3"]), max_size=5))
def test_what_the_journal_holds_comes_back_as_it_was(identities: list[Identity], gateways: list[str]) -> None:
    table, restored = SeriesTable(), SeriesTable()
    for identity in identities:
        table.intern(identity)
    for gateway in gateways:
        table.intern_gateway(gateway)
    declared = table.drain()
    restored.restore(declared)
    restored.restore(declared)
    assert restored.drain() == ()
    assert restored.identities == table.identities
    assert restored.devices == table.devices
    assert restored.gateways == table.gateways
    count = len(table)
    assert restored.device_of[:count].tolist() == table.device_of[:count].tolist()
    assert restored.domain_of[:count].tolist() == table.domain_of[:count].tolist()
    fresh = Identity("new", "water", "z", "d", "q")
    assert restored.intern(fresh) == table.intern(fresh) == count


def test_columns_follow_beyond_their_first_size() -> None:
    table = SeriesTable()
    for number in range(3000):
        series = table.intern(FLOW._replace(device=f"d{number}"))
        device = int(table.device_of[series])
        table.assign_gateway(device, number % 7)
    assert table.device_of[:3000].tolist() == list(range(3000))
    assert table.gateway_of[:3000].tolist() == [number % 7 for number in range(3000)]


def test_the_sensor_table_follows_the_series() -> None:
    table = SeriesTable()
    sensors = SensorTable(table, [Sensor(PRESSURE, min=0, max=1000, high=700, interval=10_000)])
    sensors.sync()
    table.intern(FLOW)
    table.intern(PRESSURE)
    table.intern(FLOW._replace(quantity="volume"))
    sensors.sync()
    assert sensors.size == 3
    assert sensors.catalogued[:3].tolist() == [False, True, False]
    assert sensors.counter[:3].tolist() == [False, False, True]
    assert (sensors.min[1], sensors.max[1], sensors.high[1], sensors.interval[1]) == (0, 1000, 700, 10_000)
    assert sensors.low[1] != sensors.low[1]
    assert sensors.min[0] != sensors.min[0]


@pytest.mark.parametrize(
    ("most", "fastest"), [(0.5, 3.6), (float("nan"), 7200.0), (-1.0, 7200.0), (float("inf"), 7200.0), (5000.0, 7200.0)]
)
def test_a_counter_counts_no_faster_than_its_device_can_measure(most: float, fastest: float) -> None:
    """Twice 0.5 L/s are 3.6 m3/h: after a night without a word, 7,200 m3/h would take any new meter for a rollover."""
    volume = FLOW._replace(quantity="volume")
    table = SeriesTable()
    series = table.intern(volume)
    sensors = SensorTable(table, [Sensor(FLOW, max=most)])
    sensors.sync()
    assert sensors.fastest[series] == pytest.approx(fastest)


def test_names_that_come_back_are_kept_once() -> None:
    table, again = SeriesTable(), SeriesTable()
    for number in range(3):
        table.intern(FLOW._replace(device=f"d{number}"))

    def anew(name: str) -> str:
        return name.encode().decode()

    again.restore(replace(each, identity=Identity(*map(anew, each.identity or ()))) for each in table.drain())
    assert again.identities == table.identities
    first, second = again.identities[1], again.identities[2]
    assert first is not None
    assert second is not None
    assert all(one is other for one, other in zip(first[:3], second[:3], strict=True))
