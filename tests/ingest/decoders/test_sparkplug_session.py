"""What births, deaths, gaps and restarts do to what is known of an edge node."""

from __future__ import annotations

import pytest

from ingest.decoders.base import Decoded, Message, Presence
from ingest.decoders.sparkplug import Sparkplug, births
from ingest.decoders.sparkplug.session import AGAIN_AFTER, BURST, PER_REQUEST
from ingest.decoders.table import Forgetful
from tests.ingest.decoders.example import ARRIVAL
from tests.ingest.decoders.sparkplug_encoder import metric, payload

MINUTE = 60_000


class Bench:
    """A decoder, and an edge node with a device to feed it."""

    def __init__(self) -> None:
        self.memory: Forgetful = Forgetful()
        self.now = ARRIVAL
        self.restart()

    def restart(self) -> None:
        self.decoder = Sparkplug(self.memory)

    def sends(self, kind: str, *metrics: bytes, seq: int | None = None, node: str = "n", device: str = "d") -> Decoded:
        rest = f"/{device}" if kind.startswith("D") else ""
        return self.decoder.decode(
            Message(f"spBv1.0/g/{kind}/{node}{rest}", payload(*metrics, at=self.now, seq=seq), self.now)
        )

    def node_born(self, seq: int = 0, bdseq: int = 0, node: str = "n") -> Decoded:
        return self.sends(
            "NBIRTH", metric("bdSeq", "UInt64", bdseq), metric("V", "Float", 12.0, alias=1), seq=seq, node=node
        )

    def device_born(self, seq: int = 1) -> Decoded:
        return self.sends("DBIRTH", metric("T", "Int16", 5, alias=2, properties={"engUnit": "degC"}), seq=seq)

    def device_data(self, seq: int, alias: int = 2, value: int = 7) -> Decoded:
        return self.sends("DDATA", metric(None, "Int16", value, alias=alias, typed=None), seq=seq)


def test_sequence_numbers_wrap_and_repeat_without_a_gap() -> None:
    bench = Bench()
    bench.node_born(seq=253)
    bench.device_born(seq=254)
    for seq in (255, 0, 0, 1, 2):
        assert bench.device_data(seq).requests == []


def test_a_birth_may_begin_with_any_sequence_number() -> None:
    bench = Bench()
    bench.node_born(seq=0)
    assert bench.node_born(seq=77).requests == []
    assert bench.device_born(seq=78).requests == []


def test_a_gap_asks_for_a_rebirth_and_keeps_the_readings() -> None:
    bench = Bench()
    bench.node_born()
    bench.device_born()
    result = bench.device_data(seq=3)
    assert [reading[2] for reading in result.readings] == [7.0]
    assert [request.topic for request in result.requests] == ["spBv1.0/g/NCMD/n"]


def test_the_request_is_that_of_the_specification() -> None:
    """Sparkplug 3.0, section 6.4.23: Node Control/Rebirth, a Boolean, true, at the time of the message; no seq."""
    bench = Bench()
    (request,) = bench.device_data(seq=5).requests
    assert request.payload == payload(metric("Node Control/Rebirth", "Boolean", True, at=bench.now), at=bench.now)


def test_an_episode_asks_once_and_again_only_after_a_while() -> None:
    bench = Bench()
    bench.node_born()
    asked = sum(len(bench.device_data(seq=seq, alias=99).requests) for seq in range(5, 250, 2))
    assert asked == 1
    bench.now += AGAIN_AFTER
    assert len(bench.device_data(seq=0).requests) == 1
    bench.now += AGAIN_AFTER
    assert bench.device_data(seq=1).requests == []
    bench.now += AGAIN_AFTER
    assert len(bench.device_data(seq=2).requests) == 1


def test_a_birth_ends_the_episode() -> None:
    bench = Bench()
    bench.node_born()
    assert len(bench.device_data(seq=9).requests) == 1
    bench.node_born()
    bench.device_born()
    bench.now += 1
    assert bench.device_data(seq=2).requests == []
    assert len(bench.device_data(seq=9).requests) == 1


def test_a_node_that_is_in_trouble_after_each_birth_is_not_asked_each_time() -> None:
    bench = Bench()
    asked = 0
    for _ in range(600):
        bench.node_born()
        asked += len(bench.device_data(seq=100).requests)
        bench.now += 1000
    assert asked == BURST + 1
    bench.now += PER_REQUEST
    bench.node_born()
    assert len(bench.device_data(seq=100).requests) == 1


def test_a_clock_that_is_set_back_silences_nobody() -> None:
    bench = Bench()
    bench.device_data(seq=0)
    bench.now -= 1000 * PER_REQUEST
    assert len(bench.device_data(seq=1).requests) == 1


def test_an_unknown_alias_is_refused_and_asked_for() -> None:
    bench = Bench()
    bench.node_born()
    bench.device_born()
    result = bench.device_data(seq=2, alias=3)
    assert [refused.reason for refused in result.refused] == ["schema"]
    assert "alias 3" in result.refused[0].detail
    assert len(result.requests) == 1


def test_data_before_any_birth_is_taken_by_name_and_a_birth_is_asked_for() -> None:
    bench = Bench()
    result = bench.sends("DDATA", metric("T", "Int16", 65535), seq=8)
    assert result.readings == [("g/n/d", "T", -1.0, None, bench.now)]
    assert len(result.requests) == 1


def test_a_birth_replaces_all_aliases() -> None:
    bench = Bench()
    bench.node_born()
    bench.sends("NBIRTH", metric("A", "Float", 1.0, alias=3), seq=0)
    assert bench.sends("NDATA", metric(None, "Float", 2.0, alias=1, typed=None), seq=1).readings == []
    assert bench.sends("NDATA", metric(None, "Float", 2.0, alias=3, typed=None), seq=2).readings[0][1] == "A"


def test_a_devices_birth_replaces_its_own_aliases_only() -> None:
    bench = Bench()
    bench.node_born()
    bench.device_born()
    bench.sends("DBIRTH", metric("H", "Float", 1.0, alias=5), seq=2)
    assert bench.device_data(seq=3, alias=2).readings == []
    assert bench.sends("NDATA", metric(None, "Float", 2.0, alias=1, typed=None), seq=4).readings[0][1] == "V"


def test_the_nodes_birth_voids_those_of_its_devices() -> None:
    bench = Bench()
    bench.node_born()
    bench.device_born()
    bench.node_born()
    assert len(bench.device_data(seq=1).refused) == 1
    bench.restart()
    assert len(bench.device_data(seq=1).refused) == 1
    bench.device_born(seq=2)
    bench.restart()
    assert bench.device_data(seq=3).readings == [("g/n/d", "T", 7.0, "degC", bench.now)]


def test_devices_that_number_their_metrics_alike_are_told_apart() -> None:
    bench = Bench()
    bench.node_born()
    bench.sends("DBIRTH", metric("a", "Float", 1.0, alias=0), seq=1, device="one")
    bench.sends("DBIRTH", metric("b", "Float", 1.0, alias=0), seq=2, device="two")
    one = bench.sends("DDATA", metric(None, "Float", 2.0, alias=0, typed=None), seq=3, device="one")
    assert one.readings[0][:2] == ("g/n/one", "a")


def test_a_restart_forgets_no_alias_type_or_unit() -> None:
    bench = Bench()
    bench.node_born()
    bench.device_born()
    bench.restart()
    result = bench.device_data(seq=200, value=65535)
    assert result.readings == [("g/n/d", "T", -1.0, "degC", bench.now)]


def test_a_birth_may_have_been_missed_during_a_restart_so_one_is_asked_for() -> None:
    bench = Bench()
    bench.node_born()
    bench.device_born()
    bench.restart()
    assert len(bench.device_data(seq=2).requests) == 1
    assert bench.device_data(seq=3).requests == []
    bench.restart()
    bench.node_born()
    assert bench.device_born().requests == []


def test_a_unit_that_changes_later_is_remembered() -> None:
    bench = Bench()
    bench.node_born()
    bench.device_born()
    bench.sends("DDATA", metric(None, "Int16", 1, alias=2, typed=None, properties={"engUnit": "K"}), seq=2)
    bench.restart()
    assert bench.device_data(seq=3).readings[0][3] == "K"
    assert bench.sends("DDATA", metric("T", "Int16", 1, typed=None), seq=4).readings[0][3] == "K"


class Counting(Forgetful):
    puts = 0

    def put(self, key: str, value: bytes | None) -> None:
        self.puts += 1
        super().put(key, value)


def test_a_unit_that_changes_all_the_time_is_not_written_each_time() -> None:
    bench = Bench()
    bench.memory = memory = Counting()
    bench.restart()
    bench.node_born()
    bench.device_born()
    before = memory.puts
    for number in range(50):
        unit = metric(None, "Int16", 1, alias=2, typed=None, properties={"engUnit": "FK"[number % 2]})
        assert bench.sends("DDATA", unit, seq=2 + number).readings[0][3] == "FK"[number % 2]
    assert memory.puts == before + 1
    bench.now += births.SAVE_EVERY
    bench.device_data(seq=52)
    bench.restart()
    assert bench.device_data(seq=53).readings[0][3] == "K"


def test_a_metric_that_takes_another_alias_gives_its_own_back() -> None:
    birth = births.Birth("g/n")
    birth.learn(b"A", 1, 9, None)
    birth.learn(b"A", 2, 9, None)
    assert (birth.index.get(1), birth.index[2][1]) == (None, "A")
    birth.learn(b"B", 2, 9, None)
    birth.learn(b"A", None, 9, "V")
    assert birth.index[2][1] == "B"


def test_births_and_deaths_are_presence() -> None:
    bench = Bench()
    assert bench.node_born(bdseq=4).presence == [Presence("g/n", True)]
    assert bench.device_born().presence == [Presence("g/n", True, "g/n/d")]
    assert bench.sends("DDEATH", seq=2).presence == [Presence("g/n", False, "g/n/d")]
    assert bench.sends("NDEATH", metric("bdSeq", "UInt64", 4)).presence == [Presence("g/n", False)]


def test_the_will_of_a_former_session_kills_nobody() -> None:
    bench = Bench()
    bench.node_born(bdseq=5)
    bench.restart()
    assert bench.sends("NDEATH", metric("bdSeq", "Int64", 4)).presence == []
    assert bench.sends("NDEATH").presence == [Presence("g/n", False)]


def test_a_birth_with_a_broken_metric_is_a_birth() -> None:
    bench = Bench()
    result = bench.sends("NBIRTH", b"\x0a\x7f", metric("bdSeq", "UInt64", 3), metric("V", "Float", 1.0, alias=1), seq=0)
    assert len(result.refused) == len(result.readings) == 1
    assert bench.sends("NDEATH", metric("bdSeq", "UInt64", 2)).presence == []
    assert bench.sends("NDATA", metric(None, "Float", 1.0, alias=1, typed=None), seq=1).readings[0][1] == "V"


def test_data_after_a_death_asks_for_a_birth() -> None:
    bench = Bench()
    bench.node_born()
    bench.sends("NDEATH", metric("bdSeq", "UInt64", 0))
    assert len(bench.sends("NDATA", metric(None, "Float", 1.0, alias=1, typed=None), seq=9).requests) == 1


def test_only_so_many_nodes_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(births, "MAX_NODES", 64)
    monkeypatch.setattr(births, "MAX_CACHED", 10_000)
    bench = Bench()
    for number in range(500):
        bench.node_born(node=f"n{number}")
        bench.sends("DBIRTH", metric("T", "Float", 1.0, alias=2), seq=1, node=f"n{number}")
    assert len([key for key in bench.memory.facts if "#" not in key]) <= 2 * 64
    last = bench.sends("DDATA", metric(None, "Float", 1.0, alias=2, typed=None), seq=2, node="n499")
    assert len(last.readings) == 1


def test_only_so_many_metrics_and_devices_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(births, "MAX_METRICS", 10)
    monkeypatch.setattr(births, "MAX_DEVICES", 3)
    bench = Bench()
    result = bench.sends("NBIRTH", *(metric(f"m{number}", "Float", 1.0, alias=number) for number in range(15)), seq=0)
    assert (len(result.readings), len(result.refused)) == (10, 5)
    crowd = [bench.sends("DBIRTH", metric("T", "Float", 1.0), seq=1, device=f"d{number}") for number in range(5)]
    assert [len(one.refused) for one in crowd] == [0, 0, 0, 1, 1]
    assert [len(one.readings) for one in crowd] == [1] * 5


def test_nodes_out_of_hand_are_read_from_memory_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(births, "MAX_CACHED", 300)
    bench = Bench()
    for number in range(20):
        bench.node_born(node=f"n{number}")
    for number in range(20):
        result = bench.sends("NDATA", metric(None, "Float", 2.0, alias=1, typed=None), seq=1, node=f"n{number}")
        assert result.readings[0][:2] == (f"g/n{number}", "V")
        assert result.requests == []
