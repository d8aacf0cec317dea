"""Where devices are and whether they speak, as the map is told."""

from __future__ import annotations

import asyncio
import gc
import gzip
import json
import time
from typing import Any

import numpy as np

from pipeline.processing.board import Board
from pipeline.web.places import AGAIN_SECONDS, SCALE, UNKNOWN_SILENCE_MS, Places
from processors.base import Outputs
from telemetry.batch import Readings
from telemetry.sensors import Sensor, SensorTable
from telemetry.series import Device, Identity, SeriesTable

NOW = 1_763_769_600_000
FLOW = Identity("3578", "water", "Genteng", "meter-01", "flow")
PRESSURE = FLOW._replace(quantity="pressure")
FILL = Identity("3578", "waste", "Benowo", "bin-01", "fill")
MANY = 20_000
STRANGE = Identity("3578", "waste", "Benowo", "bin-02", "fill")


class Clock:
    """s, which a test moves on."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


async def columns(places: Places, sensors: SensorTable) -> Any:
    return json.loads((await places.told(sensors)).plain)


def made(*sensors: Sensor, more: tuple[Identity, ...] = ()) -> tuple[Places, SensorTable, Board]:
    table = SeriesTable()
    for identity in (*(sensor.identity for sensor in sensors), *more):
        table.intern(identity)
    board = Board(table)
    return Places(table, board, clock=Clock()), SensorTable(table, sensors), board


def hear(board: Board, identity: Identity, ago: int, value: float = 1.0, slow: int = 0) -> None:
    """ago: ms since it came. slow: ms by which the sender's clock is."""
    number = board.table.find(identity)
    assert number is not None
    one = np.ones(1, np.int64)
    at = np.array([number], np.int32)
    came = one * (NOW - ago)
    readings = Readings(at, came - slow, np.array([value]), np.zeros(1, np.uint32), came, -one.astype(np.int32))
    board.observe([readings], Outputs())


async def test_devices_are_columns_in_the_order_of_their_names() -> None:
    places, sensors, _ = made(
        Sensor(FLOW, lat=-7.26061, lon=112.7466),
        Sensor(PRESSURE),
        Sensor(FILL, lat=-7.231, lon=112.64),
        more=(STRANGE,),
    )
    told = await columns(places, sensors)
    assert told["name"] == ["bin-01", "bin-02", "meter-01"]
    assert [told["zones"][zone] for zone in told["zone"]] == [
        ["3578", "Benowo"],
        ["3578", "Benowo"],
        ["3578", "Genteng"],
    ]
    assert (told["lat"], told["lon"]) == ([-723100, None, -726061], [11264000, None, 11274660])
    assert told["scale"] == SCALE
    assert [told["domains"][domain] for domain in told["domain"]] == ["waste", "waste", "water"]


async def test_a_digit_tells_who_speaks_by_what_is_expected_of_it() -> None:
    places, sensors, board = made(Sensor(FLOW, interval=60_000), Sensor(FILL, interval=1_000), more=(STRANGE,))

    async def states() -> str:
        return str((await places.states(sensors, NOW))["states"])

    assert await states() == "000"
    hear(board, FLOW, 179_000)
    hear(board, FILL, 61_000)
    hear(board, STRANGE, UNKNOWN_SILENCE_MS)
    assert await states() == "211", "bin-01 is silent after a minute, meter-01 after three, bin-02 is not known"
    hear(board, FILL, 59_000)
    assert await states() == "111"
    assert (await places.states(sensors, NOW + 5_000))["silent"] == 3


async def test_what_counts_is_when_readings_come_and_not_what_time_they_tell() -> None:
    places, sensors, board = made(Sensor(FLOW, interval=10_000), Sensor(FILL, interval=10_000))
    hear(board, FLOW, 1_000, slow=300_000)
    hear(board, FILL, 90_000, slow=-300_000)
    assert (await places.states(sensors, NOW))["states"] == "21", (
        "a slow clock is no silence, and a fast one hides none"
    )
    hear(board, FILL, 0, slow=3_600_000)
    assert (await places.states(sensors, NOW))["states"] == "11"


async def test_a_new_device_makes_a_new_version_for_both_answers() -> None:
    places, sensors, board = made(Sensor(FLOW))
    before = (await columns(places, sensors))["version"]
    board.table.intern(STRANGE)
    hear(board, STRANGE, 0)
    assert (await places.states(sensors, NOW))["version"] == before, "not with each that comes"
    places.clock.now += AGAIN_SECONDS  # type: ignore[attr-defined]
    states = await places.states(sensors, NOW)
    assert states["version"] == (await columns(places, sensors))["version"] != before
    assert states["states"] == "10"


async def test_another_catalogue_is_drawn_at_once() -> None:
    places, sensors, board = made(Sensor(FLOW))
    assert (await columns(places, sensors))["lat"] == [None]
    moved = SensorTable(board.table, [Sensor(FLOW, lat=-7.0, lon=112.0)])
    assert (await columns(places, moved))["lat"] == [-7 * SCALE]


async def test_many_devices_are_drawn_beside_the_loop_and_once() -> None:
    table = SeriesTable()
    for number in range(MANY):
        table.intern(Identity("3578", "water", f"zone-{number % 300}", f"meter-{number:05}", "flow"))
    places, sensors = Places(table, Board(table)), SensorTable(table, [])
    gc.collect()
    gc.disable()  # or what tests before have left is cleared away in whichever thread happens to make an object
    try:
        ours, all_ = time.thread_time(), time.process_time()
        first, second = await asyncio.gather(places.told(sensors), places.told(sensors))
        ours, all_ = time.thread_time() - ours, time.process_time() - all_
    finally:
        gc.enable()
    assert first is second
    assert ours < all_ / 5, "the work is done in a thread"
    assert gzip.decompress(first.packed) == first.plain
    assert len((await places.states(sensors, NOW))["states"]) == MANY


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
