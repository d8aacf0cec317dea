"""Where devices are and whether they speak, as the map is told."""

from __future__ import annotations

import numpy as np

from pipeline.processing.board import Board
from pipeline.web.places import SCALE, UNKNOWN_SILENCE_MS, Places
from processors.base import Outputs
from telemetry.batch import Readings
from telemetry.sensors import Sensor, SensorTable
from telemetry.series import Device, Identity, SeriesTable

NOW = 1_763_769_600_000
FLOW = Identity("3578", "water", "Genteng", "meter-01", "flow")
PRESSURE = FLOW._replace(quantity="pressure")
FILL = Identity("3578", "waste", "Benowo", "bin-01", "fill")
STRANGE = Identity("3578", "waste", "Benowo", "bin-02", "fill")


def made(*sensors: Sensor, more: tuple[Identity, ...] = ()) -> tuple[Places, SensorTable, Board]:
    table = SeriesTable()
    for identity in (*(sensor.identity for sensor in sensors), *more):
        table.intern(identity)
    board = Board(table)
    return Places(table, board), SensorTable(table, sensors), board


def hear(board: Board, identity: Identity, ago: int, value: float = 1.0, slow: int = 0) -> None:
    """ago: ms since it came. slow: ms by which the sender's clock is."""
    number = board.table.find(identity)
    assert number is not None
    one = np.ones(1, np.int64)
    at = np.array([number], np.int32)
    came = one * (NOW - ago)
    readings = Readings(at, came - slow, np.array([value]), np.zeros(1, np.uint32), came, -one.astype(np.int32))
    board.observe([readings], Outputs())


def test_devices_are_columns_in_the_order_of_their_names() -> None:
    places, sensors, _ = made(
        Sensor(FLOW, lat=-7.26061, lon=112.7466),
        Sensor(PRESSURE),
        Sensor(FILL, lat=-7.231, lon=112.64),
        more=(STRANGE,),
    )
    told = places.told(sensors)
    assert told["name"] == ["bin-01", "bin-02", "meter-01"]
    assert [told["zones"][zone] for zone in told["zone"]] == [
        ("3578", "Benowo"),
        ("3578", "Benowo"),
        ("3578", "Genteng"),
    ]
    assert (told["lat"], told["lon"]) == ([-723100, None, -726061], [11264000, None, 11274660])
    assert told["scale"] == SCALE
    assert [told["domains"][domain] for domain in told["domain"]] == ["waste", "waste", "water"]


def test_a_digit_tells_who_speaks_by_what_is_expected_of_it() -> None:
    places, sensors, board = made(Sensor(FLOW, interval=60_000), Sensor(FILL, interval=1_000), more=(STRANGE,))

    def states() -> str:
        return str(places.states(sensors, NOW)["states"])

    assert states() == "000"
    hear(board, FLOW, 179_000)
    hear(board, FILL, 61_000)
    hear(board, STRANGE, UNKNOWN_SILENCE_MS)
    assert states() == "211", "bin-01 is silent after a minute, meter-01 after three, bin-02 is not known"
    hear(board, FILL, 59_000)
    assert states() == "111"
    assert places.states(sensors, NOW + 5_000)["silent"] == 3


def test_what_counts_is_when_readings_come_and_not_what_time_they_tell() -> None:
    places, sensors, board = made(Sensor(FLOW, interval=10_000), Sensor(FILL, interval=10_000))
    hear(board, FLOW, 1_000, slow=300_000)
    hear(board, FILL, 90_000, slow=-300_000)
    assert places.states(sensors, NOW)["states"] == "21", "a slow clock is no silence, and a fast one hides none"
    hear(board, FILL, 0, slow=3_600_000)
    assert places.states(sensors, NOW)["states"] == "11"


def test_a_new_device_makes_a_new_version_for_both_answers() -> None:
    places, sensors, board = made(Sensor(FLOW))
    before = places.told(sensors)["version"]
    board.table.intern(STRANGE)
    hear(board, STRANGE, 0)
    assert places.states(sensors, NOW)["version"] == places.told(sensors)["version"] != before


def test_a_device_is_told_with_its_quantities_and_their_limits() -> None:
    places, sensors, board = made(Sensor(FLOW, high=50.0, interval=5_000, name="Jl. Genteng"), more=(PRESSURE,))
    hear(board, FLOW, 2_000, 12.5)
    told = places.device(sensors, Device(*FLOW[:4]))
    assert told is not None
    flow, pressure = told["quantities"]
    assert (flow["value"], flow["time"], flow["high"], flow["low"], flow["unit"]) == (
        12.5,
        NOW - 2_000,
        50.0,
        None,
        "L/s",
    )
    assert (flow["place"], flow["catalogued"], pressure["catalogued"], pressure["value"]) == (
        "Jl. Genteng",
        True,
        False,
        None,
    )
    assert places.device(sensors, Device("3578", "water", "Genteng", "none")) is None
