"""`./nadi sniff`: the formats of the published examples are told apart, and what is proposed takes them in."""

from __future__ import annotations

import importlib
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from config.loader import load_settings
from ingest.decoders.base import Message
from ingest.decoders.table import FORMATS
from ingest.rules import fits
from pipeline.cli import app
from pipeline.decoding.sniffing import UNKNOWN, Sniffer
from tests.end_to_end.city import Message as Sent
from tests.end_to_end.publisher import publish
from tests.ingest.decoders.example import ARRIVAL, Example
from tests.servers import Mosquitto

TELLABLE = [form for form in FORMATS if form not in ("json",)]


def examples(form: str) -> list[Example]:
    module = importlib.import_module(f"tests.ingest.decoders.examples.{form.replace('-', '_')}")
    return [each for each in module.EXAMPLES if each.readings and not each.refused]


def heard(*messages: tuple[str, bytes]) -> Sniffer:
    sniffer = Sniffer()
    for topic, payload in messages:
        sniffer.take(Message(topic, payload, ARRIVAL))
    return sniffer


def proposed(sniffer: Sniffer, tmp_path: Path) -> dict[str, tuple[str, ...]]:
    """Format to topics, after the proposal has been accepted as settings."""
    path = tmp_path / "nadi.yaml"
    path.write_text(yaml.safe_dump({"historian": "h.duckdb", **sniffer.settings("3578")}))
    return {rule.format: rule.topics or FORMATS[rule.format].topics for rule in load_settings(path, {}).decoders}


@pytest.mark.parametrize("form", TELLABLE)
def test_every_format_is_recognised_and_proposed(form: str, tmp_path: Path) -> None:
    example = max(examples(form), key=lambda each: len(each.readings))
    sniffer = heard(*example.messages)
    told = {row.form for row in sniffer.rows() if row.examples}
    assert form in told
    topics = proposed(sniffer, tmp_path)[form]
    for topic, _ in example.messages:
        if sniffer.form_of(topic) == form:
            assert any(fits(each.split("/"), topic.split("/")) for each in topics), topic


def test_topics_that_differ_are_told_together(tmp_path: Path) -> None:
    pack = b'[{"n": "urn:dev:ow:1:voltage", "u": "V", "v": 230}]'
    native = ("nadi/v1/c/water/z/d", b'{"values": {"flow": 1}}')
    sniffer = heard(
        *((f"site/{at}/meters", pack) for at in range(5)),
        ("/site/x", pack),
        ("other", b"\x00\x01"),
        native,
        ("nadi-out/v1/c/ack/g", b"{}"),
    )
    rows = {row.filter: row for row in sniffer.rows()}
    assert (rows["site/+/meters"].topics, rows["site/+/meters"].messages) == (5, 5)
    assert rows["/site/x"].form == "senml-json"
    assert rows["other"].form == UNKNOWN
    assert sniffer.messages == 8
    assert proposed(sniffer, tmp_path) == {"senml-json": ("/site/x", "site/+/meters")}
    assert sniffer.settings("c")["decoders"][0]["domain"] == "energy"


def test_topics_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.decoding.sniffing.MAX_TOPICS", 3)
    sniffer = heard(*((f"t/{at}", b"{}") for at in range(5)))
    assert (sniffer.messages, sniffer.forgotten, len(sniffer._topics)) == (5, 2, 3)


def test_at_a_real_broker(make_mosquitto: Callable[..., Mosquitto], tmp_path: Path) -> None:
    with make_mosquitto() as broker:
        (topic, payload), *_ = examples("chirpstack")[0].messages
        ended = threading.Event()

        def send() -> None:
            while not ended.wait(0.2):
                publish(broker.port, [Sent(topic, payload), Sent("x", b"\x1b[2J")])

        sender = threading.Thread(target=send)
        sender.start()
        try:
            command = ["sniff", "--broker", broker.url, "--seconds", "3", "--city", "3578"]
            result = CliRunner().invoke(app, command)
        finally:
            ended.set()
            sender.join()
    assert result.exit_code == 0, result.output
    assert "\x1b[2J" not in result.output
    found = result.stdout[result.stdout.index("decoders:") :].split("\n\n")[0]
    path = tmp_path / "nadi.yaml"
    path.write_text("historian: h.duckdb\n" + found)
    assert [rule.format for rule in load_settings(path, {}).decoders] == ["chirpstack"]
