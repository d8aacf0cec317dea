"""The catalogue as line protocol: when, and what."""

from __future__ import annotations

from sinks.lineprotocol import CHUNK_ROWS
from sinks.sensor_lines import HOUR, Catalogue, SensorLines
from telemetry.sensors import Sensor
from telemetry.series import Identity


def catalogue(number: int = 1, **more: object) -> Catalogue:
    sensors = (Sensor(Identity("3578", "water", "mulyo sari", f"p-{n}", "flow"), **more) for n in range(number))  # type: ignore[arg-type]
    return {sensor.identity: sensor for sensor in sensors}


def test_a_line_holds_what_the_catalogue_gives_and_leaves_out_the_rest() -> None:
    known = catalogue(lat=-7.26, lon=112.74, high=36.0, interval=10_000, name='the "old" pump', unit="m3/h")
    assert list(SensorLines(lambda: known, lambda: 5 * HOUR + 7).due()) == [
        (
            b"sensors,city=3578,device=p-0,domain=water,quantity=flow,zone=mulyo\\ sari "
            b'interval=10000i,lat=-7.26,lon=112.74,high=36.0,name="the \\"old\\" pump",unit="m3/h" 18000000\n',
            1,
        )
    ]


def test_once_an_hour() -> None:
    known, now = catalogue(), [0]
    lines = SensorLines(lambda: known, lambda: now[0])
    told = []
    for now[0] in (10, HOUR - 1, HOUR, HOUR + 5):
        told.append(sum(number for _, number in lines.due()))
    assert told == [1, 0, 1, 0]


def test_anew_when_the_catalogue_is_another() -> None:
    present = [catalogue(1)]
    lines = SensorLines(lambda: present[0], lambda: 10)
    assert [number for _, number in lines.due()] == [1]
    present[0] = catalogue(3)
    assert [number for _, number in lines.due()] == [3]


def test_a_large_catalogue_goes_in_pieces_and_no_sensor_is_left_out() -> None:
    known = catalogue(2 * CHUNK_ROWS + 5)
    lines = SensorLines(lambda: known, lambda: 10)
    pieces = [number for _ in range(4) for _, number in lines.due()]
    assert pieces == [CHUNK_ROWS, CHUNK_ROWS, 5]
