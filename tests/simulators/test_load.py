"""`nadi load` against a real Mosquitto: every message it counts has arrived."""

import itertools
import json
import queue
import time
import uuid
from collections.abc import Callable
from typing import Any, Literal

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from simulators.broker import Broker
from simulators.load import Load, main
from simulators.messages import value_at
from simulators.plan import LoadPlan
from simulators.timeline import parse_start
from telemetry.errors import BrokerError, SettingsError
from tests.certificates import Authority
from tests.servers import Mosquitto, free_port

START = 1_763_683_200_000
NOW = 1_763_769_600_000


def listen(broker: Mosquitto, city: str) -> tuple[paho.Client, "queue.Queue[tuple[str, bytes]]"]:
    received: queue.Queue[tuple[str, bytes]] = queue.Queue()
    subscribed: queue.Queue[bool] = queue.Queue()
    client = paho.Client(CallbackAPIVersion.VERSION2)
    client.on_message = lambda client, userdata, message: received.put((message.topic, bytes(message.payload)))
    client.on_subscribe = lambda *_: subscribed.put(True)
    client.connect("127.0.0.1", broker.port)
    client.subscribe(f"nadi/v1/{city}/#", qos=0)
    client.loop_start()
    subscribed.get(timeout=60)
    return client, received


@pytest.mark.parametrize("protocol", ["3.1.1", "5"])
def test_everything_arrives_as_planned(mosquitto: Mosquitto, protocol: Literal["3.1.1", "5"]) -> None:
    city = uuid.uuid4().hex[:8]
    client, received = listen(mosquitto, city)
    plan = LoadPlan(
        Broker.parse(mosquitto.url), rate=None, messages=900, devices=7, protocol=protocol, city=city, start=START,
        connections=2, values=2, gateways=2,
    )  # fmt: skip
    try:
        report = Load(plan).run()
        arrived = [received.get(timeout=60) for _ in range(900)]
    finally:
        client.loop_stop()
    assert (report.sent, report.acknowledged, report.outstanding, report.error) == (900, 900, 0, None)
    assert report.readings == 1800
    times: dict[str, list[int]] = {}
    for topic, payload in arrived:
        message = json.loads(payload)
        times.setdefault(topic, []).append(message["ts"])
        device, reading = int(topic.rsplit("/d", 1)[1]), len(times[topic]) - 1
        assert list(message["values"].values()) == [value_at(device, reading, column) / 100 for column in (0, 1)]
    assert len(times) == 7
    assert all(later - earlier == 10_000 for device in times.values() for earlier, later in itertools.pairwise(device))


class Unhurried:
    """Seconds as the load sees them: each look at the clock takes a little, and what keeps the machine nothing."""

    process_time, time_ns = staticmethod(time.process_time), staticmethod(time.time_ns)

    def __init__(self) -> None:
        self.now = 0.0

    def perf_counter(self) -> float:
        self.now += 0.00001
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def test_the_rate_is_kept(mosquitto: Mosquitto, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("simulators.load.time", Unhurried())
    monkeypatch.setattr("simulators.load._GATHER", 0.0)  # nor does waiting for the broker's answers
    plan = LoadPlan(Broker.parse(mosquitto.url), rate=2000, seconds=0.5, devices=100, city=uuid.uuid4().hex[:8])
    report = Load(plan).run()
    assert report.acknowledged == report.sent == 1000
    assert 0.45 < report.seconds < 0.8


def test_tls_and_password(make_mosquitto: Callable[..., Mosquitto], authority: Authority) -> None:
    with make_mosquitto(tls=authority.server(), users={"load": "p@ss"}) as broker:
        url = broker.url.replace("://", "://load:p%40ss@")
        plan = LoadPlan(Broker.parse(url, ca_file=authority.ca_file), rate=None, messages=5000, start=START)
        assert Load(plan).run().acknowledged == 5000
        with pytest.raises(BrokerError, match=r"not authorised|bad user name"):
            Load(plan.at(Broker.parse(broker.url, "load", "wrong", ca_file=authority.ca_file))).run()


def test_the_last_line(mosquitto: Mosquitto, capsys: pytest.CaptureFixture[str]) -> None:
    plan = LoadPlan(Broker.parse(mosquitto.url), rate=None, messages=50, start=START, city=uuid.uuid4().hex[:8])
    assert main(plan) == 0
    assert "sent 50 messages" in capsys.readouterr().out
    assert main(plan, output="json") == 0
    counted: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert (counted["sent"], counted["acknowledged"], counted["outstanding"]) == (50, 50, 0)


def test_no_broker_is_named() -> None:
    port = free_port()
    with pytest.raises(BrokerError, match=f"mqtt://127.0.0.1:{port}"):
        Load(LoadPlan(Broker.parse(f"mqtt://127.0.0.1:{port}"))).run()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"rate": None}, "--start"),
        ({"rate": 5000, "devices": 1}, "more devices"),
        ({"devices": 3, "connections": 5}, "connections"),
        ({"pack": 0}, "--pack 0"),
        ({"rate": -1}, "--rate"),
        ({"rate": float("nan")}, "--rate nan"),
        ({"rate": float("inf")}, "--rate inf"),
        ({"seconds": 0.0}, "--seconds 0.0"),
        ({"seconds": float("nan")}, "--seconds nan"),
        ({"messages": 0}, "--messages 0"),
        ({"city": "a/b"}, "--city 'a/b'"),
        ({"city": " "}, "--city ' '"),
        ({"window": 65_535}, "--window"),
    ],
)
def test_impossible_plans_are_refused(options: dict[str, Any], words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        LoadPlan(Broker.parse("localhost"), **options)


@pytest.mark.parametrize(
    ("url", "words"),
    [("http://x", "mqtt://"), ("mqtt://", "no host"), ("mqtt://x:99999", "Port out of range"), ("mqtt://[::1", "IPv6")],
)
def test_a_wrong_url_is_refused(url: str, words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        Broker.parse(url)


def test_start_is_a_time_or_back_from_now() -> None:
    assert parse_start("2025-11-21T00:00:00Z", NOW) == START
    assert parse_start("2025-11-21T07:00:00+07:00", NOW) == START
    assert parse_start("-24h", NOW) == START
    with pytest.raises(SettingsError, match="offset"):
        parse_start("2025-11-21", NOW)
