"""Every format from a gateway through Mosquitto and nadi to InfluxDB, all real, by its published examples."""

from __future__ import annotations

import gzip
import importlib
import json
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from config.formats import NEED_TOPICS
from ingest.decoders.base import Message, Reading
from ingest.decoders.table import FORMATS
from ingest.mapping.mapper import Company, Mapper
from ingest.mapping.places import Placing
from ingest.mapping.sources import Sources
from telemetry.flags import NO_TIME
from telemetry.time import YEAR_2000
from tests.end_to_end.process import Nadi
from tests.end_to_end.stored import QUEUES, influx_v1, settings
from tests.ingest.decoders.example import Example
from tests.servers import Influx, Mosquitto

CITY, DOMAIN = "3578", "energy"
BY_CONTENT_TYPE = "senml-cbor"
"""Sent under a topic of another rule; its content type says what it is."""
Series = tuple[str, str]
"""device, quantity"""


def example_of(form: str) -> Example:
    """The first published example that has plausible readings."""
    module = importlib.import_module(f"tests.ingest.decoders.examples.{form.replace('-', '_')}")
    now = time.time() * 1000
    found: Sequence[Example] = module.EXAMPLES
    for example in found:
        times = [reading[4] for reading in example.readings]
        if example.messages[0][0] and times and all(at is None or YEAR_2000 <= at <= now for at in times):
            return example
    raise AssertionError(f"no example of {form}")


@dataclass
class Sent:
    """What was published of a format, and what must be stored of it."""

    form: str
    example: Example
    expected: dict[Series, dict[int | None, float]] = field(default_factory=dict)

    @classmethod
    def of(cls, form: str) -> Sent:
        made = cls(form, example_of(form))
        memory = made.example.options.memory
        decoder = FORMATS[form].make(made.example.options)
        mapper = Mapper(Placing(form, CITY, DOMAIN, made.zone), Sources({}), memory)
        there: list[Reading] = []
        for topic, payload in made.example.messages:
            decoded = decoder.decode(Message(topic, payload, made.example.arrival))
            company = Company(decoded.readings, form)
            for sensor, quantity, value, unit, at in decoded.readings:
                target = mapper.target((), sensor, (quantity, unit), company)
                mapper.settle(target)
                name = target.identity.device, target.identity.quantity
                made.expected.setdefault(name, {})[at] = value * target.scale + target.offset
            there += decoded.readings
        assert tuple(there) == tuple(made.example.readings), "what the example's source says"
        return made

    @property
    def zone(self) -> str:
        return "influx" if self.form == BY_CONTENT_TYPE else self.form

    def rule(self) -> dict[str, Any]:
        topics = sorted({topic for topic, _ in self.example.messages}) if self.form in NEED_TOPICS else []
        rule: dict[str, Any] = {"format": self.form, "topics": topics, "city": CITY, "domain": DOMAIN}
        if self.form == "influx":
            rule["topics"] += ["by/content/type"]
        if self.form == "json":
            rule["mapping"] = self.example.options.mapping
        return rule


class Gateway:
    """Publishes at QoS 1 and hears what nadi asks of it."""

    def __init__(self, port: int) -> None:
        self.asked: list[str] = []
        self.heard = threading.Event()
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
        self.client.on_message = self._hear
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()
        self.client.subscribe("spBv1.0/+/NCMD/#")

    def _hear(self, _client: object, _data: object, message: mqtt.MQTTMessage) -> None:
        self.asked.append(message.topic)
        self.heard.set()

    def send(self, topic: str, payload: bytes, content_type: str | None = None) -> None:
        properties = None
        if content_type is not None:
            properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
            properties.ContentType = content_type
        self.client.publish(topic, payload, qos=1, properties=properties).wait_for_publish(30)

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


@dataclass
class Stage:
    nadi: Nadi
    gateway: Gateway
    influx: Influx
    database: str
    sent: dict[str, Sent]

    def stored(self, zone: str) -> dict[Series, dict[int | None, float]]:
        """Values by series and time; by None where the time is that of arrival."""
        found: dict[Series, dict[int | None, float]] = {}
        statement = f"SELECT value, flags FROM \"{DOMAIN}\" WHERE zone = '{zone}' GROUP BY device, quantity"
        for row in self.influx.query(statement, self.database):
            at = None if int(row["flags"]) & NO_TIME else row["time"]
            found.setdefault((row["device"], row["quantity"]), {})[at] = row["value"]
        return found


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory, influx: Influx) -> Iterator[Stage]:
    """One nadi with a rule for every format, to which every format's example has been sent."""
    folder = tmp_path_factory.mktemp("formats")
    sent = {form: Sent.of(form) for form in FORMATS}
    rules = [sent[form].rule() for form in sorted(FORMATS, key=lambda form: form not in NEED_TOPICS)]
    rules = [rule for rule in rules if rule["format"] != BY_CONTENT_TYPE]
    influx.create_database("formats")
    with Mosquitto(folder / "broker", lines=QUEUES) as broker:
        wanted = settings(broker, influx=influx_v1(influx, "formats"), decoders=rules, timezone="UTC")
        with Nadi(folder / "nadi", wanted) as nadi:
            nadi.wait_until(lambda status: status["ready"])
            gateway = Gateway(broker.port)
            number = 0
            for form, each in sent.items():
                for topic, payload in each.example.messages:
                    if form == BY_CONTENT_TYPE:
                        gateway.send("by/content/type", payload, "application/senml+cbor")
                    else:
                        gateway.send(topic, payload)
                    number += 1
            nadi.wait_until(lambda status: status["messages_total"] >= number)
            nadi.wait_until(lambda status: not status["sinks"]["influx"]["pending"])
            yield Stage(nadi, gateway, influx, "formats", sent)
            gateway.close()
    influx.drop_database("formats")


@pytest.mark.parametrize("form", FORMATS)
def test_what_the_example_says_is_stored(stage: Stage, form: str) -> None:
    sent = stage.sent[form]
    stored = stage.stored(sent.zone)
    assert sent.expected
    assert {name: stored.get(name) for name in sent.expected} == sent.expected


def test_every_message_is_accounted_for(stage: Stage) -> None:
    status = stage.nadi.status()
    assert set(status["formats"]) == set(FORMATS)
    assert "topic" not in status["rejects"]


def test_packed_messages(stage: Stage) -> None:
    """senml-json's example once more, packed, under another name."""
    payload = json.dumps([{"bn": "urn:dev:packed:", "n": "power", "u": "W", "v": 1500}]).encode()
    (topic, _) = stage.sent["senml-json"].example.messages[0]
    stage.gateway.send(topic, gzip.compress(payload))
    stage.nadi.wait_until(lambda _: any("packed" in device for device, _ in stage.stored("senml-json")))
    (stored,) = (values for (device, _), values in stage.stored("senml-json").items() if "packed" in device)
    assert stored == {None: 1.5}


def test_an_unknown_node_is_asked_for_its_birth(stage: Stage) -> None:
    from tests.ingest.decoders.sparkplug_encoder import metric
    from tests.ingest.decoders.sparkplug_encoder import payload as encoded

    now = int(time.time() * 1000)
    stage.gateway.heard.clear()
    data = encoded(metric(None, "Float", 1.0, at=now, alias=3), at=now, seq=4)
    stage.gateway.send("spBv1.0/Group/NDATA/stranger", data)
    assert stage.gateway.heard.wait(60)
    assert stage.gateway.asked == ["spBv1.0/Group/NCMD/stranger"]


def test_aliases_survive_a_kill(stage: Stage) -> None:
    from tests.ingest.decoders.sparkplug_encoder import metric
    from tests.ingest.decoders.sparkplug_encoder import payload as encoded

    now = int(time.time() * 1000) - 10_000
    birth = encoded(metric("bdSeq", "Int64", 0, at=now), metric("Power", "Float", 2.5, at=now, alias=7), at=now, seq=0)
    stage.gateway.send("spBv1.0/Group/NBIRTH/born", birth)
    name = "Group|born", "power"
    stage.nadi.wait_until(lambda _: stage.stored("sparkplug").get(name) == {now: 2.5})
    stage.nadi.kill()
    stage.nadi.start()
    data = encoded(metric(None, "Float", 3.5, at=now + 1, alias=7), at=now + 1, seq=1)
    stage.gateway.send("spBv1.0/Group/NDATA/born", data)
    stage.nadi.wait_until(lambda _: stage.stored("sparkplug").get(name) == {now: 2.5, now + 1: 3.5})
