"""Settings change while gateways publish: nothing is lost, nothing is doubled, and each change counts at once."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.city import City, Message, city
from tests.end_to_end.stored import differences, influx_v1, start_of_past, stored
from tests.reliability.gateway import Gateway
from tests.reliability.ledger import check_balance, check_sink
from tests.reliability.stage import DATABASE, Stage

DOMAINS = ("water", "energy", "waste", "disaster")
EXTRA = "nadi/v1/3578/water/zone 0/extra"
"""A device that the catalogue comes to know, and then to know otherwise."""
HEAD = "city,domain,zone,device,quantity,unit,min,max\n"


class Reloading:
    """A stage whose nadi gets other settings, and is told so."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.file = stage.nadi.folder / "nadi.yaml"
        self.said = {"are in effect": 0, "the running ones stay": 0}

    def reload(self, words: str = "are in effect") -> str:
        """SIGHUP; the log's line that says what came of it."""
        self.said[words] += 1
        os.kill(self.stage.nadi.pid, signal.SIGHUP)

        def told(_: Any) -> bool:
            return len(self.lines(words)) == self.said[words]

        self.stage.nadi.wait_until(told)
        return self.lines(words)[-1]

    def change(self, **sections: Any) -> None:
        """Take over `sections`; a topic, a limit or a sink of them replaces the former."""
        self.stage.nadi.settings.update(sections)
        self.stage.nadi.command()
        self.reload()

    def topics(self, *topics: str, **sections: Any) -> None:
        """Other topics; returns when the broker has answered."""
        self.stage.nadi.wait_until(lambda status: bool(status["mqtt"]["connected"]))
        before = len(self.lines('"subscribed"'))
        mqtt = self.stage.nadi.settings["mqtt"] | {"topics": list(topics)}
        self.change(mqtt=mqtt, **sections)
        self.stage.nadi.wait_until(lambda _: len(self.lines('"subscribed"')) > before)

    def lines(self, words: str) -> list[str]:
        return [line for line in self.stage.nadi.log.read_text().splitlines() if words in line]


def extra(stage: Stage, *bodies: dict[str, Any] | bytes, topic: str = EXTRA, name: str = "extra") -> None:
    payloads = [body if isinstance(body, bytes) else json.dumps(body).encode() for body in bodies]
    gateway = Gateway(stage.broker.port, [Message(topic, payload) for payload in payloads], name)
    gateway.start()
    gateway.release()
    gateway.wait_done()
    gateway.stop()


def flow(start: int, second: int, value: float) -> dict[str, Any]:
    return {"ts": start + second * 1000, "values": {"flow": value}}


def flags(stage: Stage, start: int) -> dict[int, int]:
    """Of the extra device's readings, by the seconds since `start`."""
    rows = stage.influx.query("SELECT flags FROM water WHERE device = 'extra'", DATABASE)
    return {(row["time"] - start) // 1000: row["flags"] for row in rows}


@pytest.fixture(scope="module")
def made() -> City:
    return city(8, 400, start_of_past())


def test_settings_change_under_load_and_every_reading_is_stored_once(tmp_path: Path, made: City) -> None:
    start = start_of_past()
    catalogue = tmp_path / "sensors.csv"
    catalogue.write_text(HEAD)
    with Stage(tmp_path, journal={"segment_bytes": "20kB"}, limits={"max_payload": "10kB"}) as stage:
        nadi, settings = stage.nadi, Reloading(stage)
        gateways = stage.gateways(made, 2)
        steps = 8

        def load(step: int) -> None:
            for gateway in gateways:
                gateway.release(len(gateway.messages) * step // steps)

        load(1)
        settings.topics(*(f"nadi/v1/3578/{domain}/+/+" for domain in DOMAINS))
        # No topic covers this any more: it is not among what is stored in the end.
        extra(stage, flow(start, 5, 1.0), topic="nadi/v1/foreign/disaster/z/d", name="foreign")
        load(2)
        catalogue.write_text(HEAD + "3578,water,zone 0,extra,flow,L/s,0,1000\n")
        settings.change(catalogue=str(catalogue))
        extra(stage, flow(start, 1, 500.0))
        nadi.wait_until(lambda _: flags(stage, start) == {1: 0})
        load(3)
        catalogue.write_text(HEAD + "3578,water,zone 0,extra,flow,L/s,0,100\n")
        settings.reload()
        extra(stage, flow(start, 2, 500.0))
        nadi.wait_until(lambda _: flags(stage, start) == {1: 0, 2: 0x600})
        load(4)
        nadi.kill()
        nadi.start()
        good = settings.file.read_text()
        settings.file.write_text(good + "grace: tomorrow\nnonsense: 1\n")
        refused = settings.reload("the running ones stay")
        assert all(words in refused for words in ("nadi.yaml", "nonsense", "grace"))
        settings.change(limits={"max_payload": "2kB"})
        extra(stage, b"x" * 3000)
        nadi.wait_until(lambda status: status["rejects"].get("too_large") == 1)
        load(5)
        sink = influx_v1(stage.influx, DATABASE)
        settings.change(influx=sink | {"url": "http://127.0.0.1:1", "backlog": "1GB"})
        nadi.wait_until(lambda status: status["sinks"]["influx"]["last_error"])
        load(6)
        settings.change(influx=sink | {"timeout": "5s"}, historian=str(tmp_path / "history.duckdb"))
        nadi.wait_until(lambda status: status["sinks"]["historian"]["delivered"] > 0)
        load(7)
        settings.topics("nadi/v1/3578/+/+/+", "nadi/v1/other/+/+/+", historian=None)
        assert list(nadi.status()["sinks"]) == ["influx"]
        extra(stage, flow(start, 1, 1.0), topic="nadi/v1/other/disaster/z/d", name="other")
        settings.change(http={"listen": "127.0.0.1:1"})
        assert "http.listen" in settings.lines("need a restart")[-1]
        load(8)
        for gateway in gateways:
            gateway.wait_done()
        check_everything(stage, made)


def check_everything(stage: Stage, made: City) -> None:
    """The truth of the city, and what the extra device sent beside it."""
    nadi, influx = stage.nadi, stage.influx

    def wrong() -> list[str]:
        return [each for each in differences(influx, DATABASE, made) if "extra" not in each and "'d'" not in each]

    nadi.wait_until(lambda status: not status["sinks"]["influx"]["pending"] and not wrong())
    check_balance(nadi, stored=made.distinct + 3)
    check_sink(nadi, "influx")
    assert nadi.terminate() == 0, nadi.log_tail()
    assert wrong() == []
    found = stored(influx, DATABASE, made)
    assert {key: found[key] for key in made.truth} == made.truth
    assert {key[1] for key in found} - {key[1] for key in made.truth} == {"extra", "d"}
