"""Homie: what its examples give, what a value may be, and what is remembered of a device."""

from __future__ import annotations

import pytest

from ingest.decoders import homie_devices
from ingest.decoders.base import Decoded, Message, Presence
from ingest.decoders.homie import Homie, looks_like
from ingest.decoders.table import Forgetful
from tests.ingest.decoders.conformance import Conformance
from tests.ingest.decoders.example import ARRIVAL
from tests.ingest.decoders.examples.homie import EXAMPLES
from tests.ingest.decoders.hostile import BOMBS


class TestHomie(Conformance):
    format = "homie"
    examples = EXAMPLES


class Bench:
    def __init__(self) -> None:
        self.memory = Forgetful()
        self.restart()

    def restart(self) -> None:
        self.decoder = Homie(self.memory)

    def hears(self, topic: str, text: str) -> Decoded:
        return self.decoder.decode(Message(topic, text.encode(), ARRIVAL))

    def value(self, text: str, datatype: str | None = None) -> list[object]:
        """Of a property of that datatype: its readings' values, and reasons of refusal."""
        if datatype is not None:
            self.hears("homie/d/n/p/$datatype", datatype)
        result = self.hears("homie/d/n/p", text)
        return [reading[2] for reading in result.readings] + [refused.reason for refused in result.refused]


@pytest.mark.parametrize(
    ("datatype", "text", "result"),
    [
        ("integer", "-9223372036854775808", [-(2.0**63)]),
        ("integer", "21.0", [21.0]),
        ("integer", "-", ["schema"]),
        ("integer", "", []),
        ("float", "2.5e-3", [0.0025]),
        ("float", "1,5", ["schema"]),
        ("float", "NaN", ["not_finite"]),
        ("float", "-Infinity", ["not_finite"]),
        ("float", "1e999", ["not_finite"]),
        ("float", "٣", ["schema"]),
        ("float", "1_000", ["schema"]),
        ("float", "9" * 500, ["schema"]),
        ("percent", "55", [55.0]),
        ("boolean", "true", [1.0]),
        ("boolean", "false", [0.0]),
        ("boolean", "TRUE", ["schema"]),
        ("boolean", "1", ["schema"]),
        ("string", "42", []),
        ("string", "\0", []),
        ("enum", "on", []),
        ("color", "rgb,100,100,100", []),
        ("datetime", "2026-11-22T09:30:00Z", []),
        ("duration", "PT5M", []),
        ("json", '{"a":1}', []),
        (None, "21.5", [21.5]),
        (None, "true", [1.0]),
        (None, "on", []),
        (None, "", []),
    ],
)
def test_a_value_is_read_as_its_datatype_says(datatype: str | None, text: str, result: list[object]) -> None:
    assert Bench().value(text, datatype) == result


def test_percent_is_a_unit_too() -> None:
    bench = Bench()
    bench.value("1", "percent")
    assert bench.hears("homie/d/n/p", "5").readings[0][3] == "%"


@pytest.mark.parametrize(
    ("state", "online"),
    [("init", True), ("ready", True), ("alert", True), ("sleeping", True), ("disconnected", False), ("lost", False)],
)
@pytest.mark.parametrize("base", ["homie/d", "homie/5/d"])
def test_a_state_is_presence(base: str, state: str, online: bool) -> None:
    assert Bench().hears(f"{base}/$state", state).presence == [Presence("d", online)]


def test_a_state_that_is_none_is_refused() -> None:
    result = Bench().hears("homie/d/$state", "dancing")
    assert (result.presence, [refused.reason for refused in result.refused]) == ([], ["schema"])


def test_a_removed_device_is_gone_and_forgotten() -> None:
    bench = Bench()
    bench.hears("homie/d/n/p/$unit", "K")
    assert bench.hears("homie/d/$state", "").presence == [Presence("d", False)]
    assert bench.hears("homie/d/n/p", "5").readings[0][3] is None
    bench.restart()
    assert bench.hears("homie/d/n/p", "5").readings[0][3] is None


def test_a_childs_gateway_is_its_root() -> None:
    bench = Bench()
    bench.hears("homie/5/child/$description", '{"homie":"5.0","root":"bridge"}')
    bench.restart()
    result = bench.hears("homie/5/child/n/p", "5")
    assert (result.gateway, result.readings[0][0]) == ("bridge", "child")
    assert bench.hears("homie/5/child/$state", "lost").presence == [Presence("bridge", False, "child")]


def test_attributes_outlive_a_restart_and_may_be_taken_back() -> None:
    bench = Bench()
    bench.hears("homie/d/n/p/$unit", "V")
    bench.restart()
    assert bench.hears("homie/d/n/p", "230").readings[0][3] == "V"
    bench.hears("homie/d/n/p/$unit", "")
    assert bench.hears("homie/d/n/p", "230").readings[0][3] is None


def test_a_new_description_replaces_the_former() -> None:
    bench = Bench()
    for prop, unit in (("p", "V"), ("q", "A")):
        text = f'{{"nodes":{{"n":{{"properties":{{"{prop}":{{"datatype":"float","unit":"{unit}"}}}}}}}}}}'
        bench.hears("homie/5/d/$description", text)
    assert bench.hears("homie/5/d/n/p", "1").readings[0][3] is None
    assert bench.hears("homie/5/d/n/q", "1").readings[0][3] == "A"


def test_a_description_of_the_drafts_is_understood() -> None:
    bench = Bench()
    text = '{"nodes":[{"id":"n","properties":[{"id":"p","datatype":"float","unit":"psi"}]},{"properties":[]}]}'
    bench.hears("homie/5/d/$description", text)
    assert bench.hears("homie/5/d/n/p", "1").readings[0][3] == "psi"


@pytest.mark.parametrize(
    ("text", "reason"), [("{", "json"), ("[]", "schema"), ('{"nodes":7}', "schema"), ('{"a":' * 100_000, "json")]
)
def test_a_description_that_is_none_is_refused(text: str, reason: str) -> None:
    assert [refused.reason for refused in Bench().hears("homie/5/d/$description", text).refused] == [reason]


@pytest.mark.parametrize(
    ("topic", "sensor"),
    [
        ("city/homie/5/d/n/p", "d"),
        ("other/5/d/n/p", "d"),
        ("public/homie/d/n/p", "d"),
        ("other/d/n/p", "d"),
        ("homie/homie/n/p", "homie"),
    ],
)
def test_the_base_may_be_another(topic: str, sensor: str) -> None:
    assert Bench().hears(topic, "5").readings == [(sensor, "n.p", 5.0, None, None)]


@pytest.mark.parametrize("topic", ["homie", "homie/d", "homie/d/n/p/x/y", "homie//n/p", "homie/d/n//"])
def test_a_topic_that_is_none_is_refused(topic: str) -> None:
    assert [refused.reason for refused in Bench().hears(topic, "5").refused] == ["topic"]


@pytest.mark.parametrize(
    "topic",
    [
        "homie/$broadcast/alert",
        "homie/5/$broadcast/security/alert",
        "homie/5/d/$log/debug",
        "homie/5/d/n/p/$target",
        "homie/d/n/p/set",
        "homie/d/$stats/interval",
        "homie/d/$implementation/a/b/c",
    ],
)
def test_what_is_no_property_of_a_device_is_passed_over(topic: str) -> None:
    result = Bench().hears(topic, "5")
    assert (result.readings, result.refused) == ([], [])


def test_devices_of_two_bases_are_told_apart() -> None:
    bench = Bench()
    bench.hears("homie/d/n/p/$unit", "V")
    assert bench.hears("other/d/n/p", "1").readings[0][3] is None


def test_another_base_is_recognised_by_what_only_homie_has() -> None:
    def like(topic: str) -> bool:
        return looks_like(Message(topic, b"", ARRIVAL))

    assert like("x/d/$homie")
    assert like("x/5/d/$state")
    assert not like("x/d/n/p")
    assert not like("homie/d")


def test_only_so_many_devices_and_properties_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(homie_devices, "MAX_DEVICES", 64)
    monkeypatch.setattr(homie_devices, "MAX_PROPERTIES", 3)
    bench = Bench()
    for number in range(300):
        bench.hears(f"homie/d{number}/n/p/$unit", "V")
    assert len([key for key in bench.memory.facts if "#" not in key]) <= 64
    results = [bench.hears(f"homie/d/n/p{number}/$unit", "V") for number in range(5)]
    assert [[refused.reason for refused in result.refused] for result in results] == [[], [], [], *[["too_large"]] * 2]


def test_an_attribute_told_again_is_not_written_again() -> None:
    bench = Bench()
    bench.hears("homie/d/n/p/$unit", "V")
    bench.memory.facts.clear()
    bench.hears("homie/d/n/p/$unit", "V")
    assert bench.memory.facts == {}


@pytest.mark.parametrize("topic", ["homie/d/n/p", "homie/d/n/p/$unit", "homie/d/$state", "homie/5/d/$description"])
def test_bombs_are_read_or_refused_on_every_topic(topic: str) -> None:
    decoder = Homie(Forgetful())
    for bomb in BOMBS.values():
        result = decoder.decode(Message(topic, bomb, ARRIVAL))
        assert all(len(refused.detail) < 500 for refused in result.refused)
