"""The sink `republish` against real brokers: conformance in nadi's own words, each form read by our decoders."""

from __future__ import annotations

import asyncio
import gc
import json
import re
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from config.settings import RepublishSettings
from ingest.decoders.base import Message, Reading
from ingest.decoders.table import FORMATS, Options
from pipeline.delivery.backoff import Waits
from pipeline.delivery.runner import DeliveryOptions, DeliveryRunner, Quarantined
from sinks.base import Delivery, Denied, Outcome, Oversized, Unreachable, Written
from sinks.mqtt.connection import Broker
from sinks.mqtt.connection import Message as Published
from sinks.mqtt.rows import KINDS
from sinks.mqtt.sink import RepublishSink
from sinks.standards import names
from telemetry import flags
from telemetry.batch import Readings
from telemetry.series import Identity, SeriesTable
from tests.deploy.mqtt_client import Peer
from tests.ends import ListReader
from tests.servers import Mosquitto
from tests.sinks.conformance import Held, SinkBench, SinkConformance, everything, write_all
from tests.sinks.samples import TIME, incidents_of, plain_table, readings_of, table_of, windows_of

ALL = ("readings", "windows", "anomalies", "incidents", "indicators")


def sink_of(port: int, table: SeriesTable, *, protocol: str = "5", **options: Any) -> RepublishSink:
    settings = RepublishSettings.model_validate({"what": ALL} | options)
    return RepublishSink(settings, Broker("127.0.0.1", port, protocol=protocol), table)


@pytest.fixture
def peer(mosquitto: Mosquitto) -> Iterator[Peer]:
    with Peer(mosquitto.port, None, None) as made:
        yield made


def listen(peer: Peer, city: str = "3578") -> Callable[[], list[tuple[str, Any]]]:
    """What was published since, as (topic, JSON); complete, for a message of ours comes after it."""
    peer.subscribe(f"nadi-out/v1/{city}/feed/#")
    heard: list[tuple[str, Any]] = []

    def gathered() -> list[tuple[str, Any]]:
        last = f"nadi-out/v1/{city}/feed/{uuid.uuid4()}"
        peer.publish(last)
        while (message := peer.messages.get(timeout=60)).topic != last:
            heard.append((message.topic, json.loads(message.payload)))
        return heard

    return gathered


def held_of(messages: list[tuple[str, Any]]) -> Held:
    """What a listener knows who keeps the last of each."""
    told: dict[str, dict[Any, Any]] = {kind: {} for kind in KINDS}
    for topic, payload in messages:
        kind, *_, device = topic.split("/")[4:]
        for each in payload:
            if kind == "readings":
                [value] = each["values"].values()
                told[kind][device, each["ts"]] = (value, sum(each.get("flags", {}).values()))
            elif kind == "windows":
                told[kind][each["device"], each["start"]] = (each["count"], each["mean"], each["revision"])
            elif kind == "anomalies":
                key = each["device"], each["time"], each["detector"]
                told[kind][key] = (each["severity"], each["reason"])
            elif kind == "incidents":
                told[kind][each["incident"], each["time"]] = (each["state"], each["ended"], each["value"])
            elif kind == "incident-events":
                told[kind][each["incident"], each["time"], each["event"]] = (each["by"],)
            else:
                place = each["zone"], each["indicator"], each["period"], each["time"]
                told[kind][place] = (each["denominator"], each["value"])
    sets: list[Any] = [{(*key, *rest) for key, rest in told[kind].items()} for kind in KINDS]
    return Held(*sets)


class TestRepublish(SinkConformance):
    @pytest.fixture(params=["5", "3.1.1"])
    def bench(self, mosquitto: Mosquitto, peer: Peer, request: pytest.FixtureRequest) -> SinkBench:
        table = plain_table()
        gathered = listen(peer)

        async def held() -> Held:
            return held_of(await asyncio.to_thread(gathered))

        return SinkBench(sink_of(mosquitto.port, table, protocol=request.param), table, held)


async def published(sink: RepublishSink, delivery: Delivery) -> None:
    await sink.open()
    await write_all(sink, delivery)
    await sink.close()


def decoded(form: str, payload: Any) -> list[Reading]:
    done = FORMATS[form].make(Options()).decode(Message("t", json.dumps(payload).encode(), TIME))
    assert not done.refused
    return done.readings


@pytest.mark.parametrize(
    ("form", "sensor", "unit", "value"),
    [
        ("senml", "nadi/3578/water/z1/d0", "m3/s", 0.0124),
        ("ngsi-ld", "urn:ngsi-ld:Device:3578:water:z1:d0", "G51", 12.4),
    ],
)
async def test_standard_forms_are_what_our_own_decoders_read(
    mosquitto: Mosquitto, peer: Peer, form: str, sensor: str, unit: str, value: float
) -> None:
    gathered = listen(peer)
    delivery = Delivery(readings_of([(0, TIME, 12.4, 0), (0, TIME + 1001, 13.0, 0), (1, TIME, 1.0, 0)]))
    await published(sink_of(mosquitto.port, plain_table(), format=form), delivery)
    messages = dict(gathered())
    assert set(messages) == {f"nadi-out/v1/3578/feed/readings/water/z1/d{number}" for number in (0, 1)}
    format_name = {"senml": "senml-json"}.get(form, form)
    first, second = decoded(format_name, messages["nadi-out/v1/3578/feed/readings/water/z1/d0"])
    assert (*first[:2], *first[3:]) == (sensor, "flow", unit, TIME)
    assert first[2] == pytest.approx(value, rel=1e-15)
    assert second[4] == TIME + 1001


async def test_native_readings_are_what_nadi_takes_in(mosquitto: Mosquitto, peer: Peer) -> None:
    gathered = listen(peer)
    names = [Identity("3578", "water", "z1", "d0", quantity) for quantity in ("flow", "pressure", "own")]
    rows = [(0, TIME, 12.4, 0), (1, TIME, 310.0, flags.SUSPECT), (2, TIME + 1, 5.0, 0), (2, TIME + 1, 6.0, 0)]
    await published(sink_of(mosquitto.port, table_of(names)), Delivery(readings_of(rows)))
    [(_, payload)] = gathered()
    assert payload == [
        {
            "ts": TIME,
            "values": {"flow": 12.4, "pressure": 310.0},
            "units": {"flow": "L/s", "pressure": "kPa"},
            "flags": {"pressure": flags.SUSPECT},
        },
        {"ts": TIME + 1, "values": {"own": 5.0}, "units": {}},
        {"ts": TIME + 1, "values": {"own": 6.0}, "units": {}},
    ]


@pytest.mark.parametrize("form", ["senml", "ngsi-ld"])
async def test_all_that_nadi_tells_can_be_said_in_each_form(mosquitto: Mosquitto, peer: Peer, form: str) -> None:
    gathered = listen(peer)
    await published(sink_of(mosquitto.port, plain_table(), format=form), everything())
    assert {topic.split("/")[4] for topic, _ in gathered()} == set(KINDS)


async def test_senml_leaves_out_what_quality_control_has_rejected(mosquitto: Mosquitto, peer: Peer) -> None:
    gathered = listen(peer)
    delivery = Delivery(readings_of([(0, TIME, 1.0, flags.FAIL), (1, TIME, 2.0, 0)]))
    await published(sink_of(mosquitto.port, plain_table(), format="senml"), delivery)
    assert [topic[-2:] for topic, _ in gathered()] == ["d1"]


async def test_only_what_is_wanted_is_published(mosquitto: Mosquitto, peer: Peer) -> None:
    gathered = listen(peer)
    sink = sink_of(mosquitto.port, plain_table(), what=["windows"])
    await published(sink, everything())
    assert {topic.split("/")[4] for topic, _ in gathered()} == {"windows"}
    assert sink.encode(replace(everything(), windows=())) == []


async def test_names_of_any_kind_are_levels_of_a_topic(mosquitto: Mosquitto, peer: Peer) -> None:
    gathered = listen(peer)
    table = table_of([Identity("3578", "water", "a+b/c#", "$d_2F é", "flow")])
    await published(sink_of(mosquitto.port, table), Delivery(readings_of([(0, TIME, 1.0, 0)])))
    assert [topic for topic, _ in gathered()] == ["nadi-out/v1/3578/feed/readings/water/a_2Bb_2Fc_23/_24d_5F2F é"]


async def test_letters_over_which_brokers_close_the_connection_are_escaped(mosquitto: Mosquitto, peer: Peer) -> None:
    gathered = listen(peer)
    table = table_of([Identity("3578", "water", "a\x01", f"d{letter}", "q\uffff") for letter in "\ufdd0\U0001ffff\x85"])
    await published(sink_of(mosquitto.port, table), Delivery(readings_of([(n, TIME, 1.0, 0) for n in range(3)])))
    devices = [topic.removeprefix("nadi-out/v1/3578/feed/readings/water/a_01/") for topic, _ in gathered()]
    assert devices == ["d_EF_B7_90", "d_F0_9F_BF_BF", "d_C2_85"]


async def test_what_twice_ends_the_connection_is_found_and_its_neighbours_are_told(
    mosquitto: Mosquitto, peer: Peer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(names, "_NOT_LEVEL", re.compile("[+#]"))
    names.topic.cache_clear()
    gc.collect()  # what tests before have left says its word now
    caplog.clear()
    gathered = listen(peer)
    devices = ["d0", "d1", "closing\ufdd0", "d3"]
    reader, letters = ListReader(), list[Quarantined]()
    sink = sink_of(mosquitto.port, table_of([Identity("3578", "water", "a", device, "flow") for device in devices]))
    options = DeliveryOptions(linger=0.0, waits=Waits(first=0.001, most=0.01))
    runner = DeliveryRunner(sink, reader, options, backlog=reader.backlog, quarantine=letters.append)
    reader.add(readings_of([(number, TIME, 1.0, 0) for number in range(4)]))
    reader.end()
    await asyncio.wait_for(runner.run(), 60)
    names.topic.cache_clear()
    assert ["closing" in each.text for each in letters] == [True]
    assert {topic[-2:] for topic, _ in gathered()} == {"d0", "d1", "d3"}
    gc.collect()
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


async def attempt(sink: RepublishSink, delivery: Delivery) -> Outcome:
    [payload] = sink.encode(delivery)
    return await sink.write(payload)


ONE = Delivery(readings_of([(0, TIME, 1.0, 0)]))


CAUGHT_UP = 16_384
"""Readings of a delivery that catches up."""


class Nowhere:
    """A connection that takes everything."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.lost: asyncio.Future[str] = loop.create_future()
        self.messages: list[Published] = []

    async def publish(self, messages: Sequence[Published], qos: int, media: str) -> Outcome:
        self.messages += messages
        return Written()


@contextmanager
def own_work_only() -> Iterator[None]:
    """No garbage of the tests before is collected in whichever thread happens to make an object."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@pytest.mark.parametrize("form", ["native", "ngsi-ld"])
async def test_a_delivery_that_catches_up_leaves_the_loop_to_others(form: str) -> None:
    table = SeriesTable()
    for number in range(CAUGHT_UP):
        table.intern(Identity("3578", "water", f"zone-{number % 300}", f"meter-{number}", "flow"))
    series = np.arange(CAUGHT_UP, dtype=np.int32)
    at = np.full(CAUGHT_UP, TIME, np.int64)
    readings = Readings(
        series, at, series.astype(np.float64), np.zeros(CAUGHT_UP, np.uint32), at, np.zeros(CAUGHT_UP, np.int32)
    )
    sink = sink_of(1, table, format=form)
    nowhere = Nowhere(asyncio.get_running_loop())
    sink._connection = nowhere  # type: ignore[assignment]
    await sink.open()
    with own_work_only():
        ours, all_ = time.thread_time(), time.process_time()
        [payload] = sink.encode(Delivery(readings))
        assert (payload.points, payload.readings) == (CAUGHT_UP, CAUGHT_UP)
        assert await sink.write(payload) == Written()
        ours, all_ = time.thread_time() - ours, time.process_time() - all_
    assert len(nowhere.messages) == CAUGHT_UP
    assert ours < all_ / 5, "the work is done in a thread"


async def test_a_broker_that_goes_and_comes_back(make_mosquitto: Callable[..., Mosquitto]) -> None:
    with make_mosquitto() as broker:
        sink = sink_of(broker.port, plain_table())
        await sink.open()
        assert await attempt(sink, ONE) == Written()
        await asyncio.to_thread(broker.kill)
        outcome = await attempt(sink, ONE)
        assert isinstance(outcome, Unreachable)
        assert isinstance(await attempt(sink, ONE), Unreachable)
        await asyncio.to_thread(broker.start)
        assert await attempt(sink, ONE) == Written()
        await sink.close()


async def test_wrong_credentials_and_forbidden_topics_need_a_person(
    make_mosquitto: Callable[..., Mosquitto], tmp_path: Path
) -> None:
    rules = tmp_path / "acl"
    rules.write_text("user out\ntopic write nadi-out/v1/3578/feed/windows/#\n")
    rules.chmod(0o600)
    with make_mosquitto(users={"out": "right"}, lines=[f"acl_file {rules}"]) as broker:
        for password, words in (("wrong", "refuses the connection"), ("right", "refuses nadi-out/v1/3578/feed")):
            settings = RepublishSettings(what=("readings", "windows"))
            at = Broker("127.0.0.1", broker.port, username="out", password=password)
            sink = RepublishSink(settings, at, plain_table())
            await sink.open()
            outcome = await attempt(sink, ONE)
            assert isinstance(outcome, Denied)
            assert words in outcome.reason
        windows = Delivery(readings_of([]), (windows_of([{"count": 1, "mean": 1.0}]),))
        assert await attempt(sink, windows) == Written()
        await sink.close()


async def test_what_the_broker_would_not_take_is_split(make_mosquitto: Callable[..., Mosquitto]) -> None:
    with make_mosquitto(lines=["max_packet_size 1000"]) as broker:
        sink = sink_of(broker.port, plain_table())
        await sink.open()
        [payload] = sink.encode(Delivery(readings_of([(0, TIME + number, 1.0, 0) for number in range(60)])))
        assert await sink.write(payload) == Oversized()
        assert await sink.write(payload.split()[0].split()[0].split()[0]) == Written()
        await sink.close()


async def test_an_incident_of_the_whole_city_has_a_topic(mosquitto: Mosquitto, peer: Peer) -> None:
    gathered = listen(peer)
    rows = incidents_of([{"domain": "*", "zone": "*", "kind": "alarm-flood"}])
    await published(sink_of(mosquitto.port, plain_table()), Delivery(readings_of([]), incidents=(rows,)))
    assert [topic for topic, _ in gathered()] == ["nadi-out/v1/3578/feed/incidents/*/*/alarm-flood"]
