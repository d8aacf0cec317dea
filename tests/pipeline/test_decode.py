"""`./nadi decode`: what goes in by file, line or base64, and the lines that come out."""

from __future__ import annotations

import base64
import io
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from pipeline.cli import app
from telemetry.errors import NadiError, SettingsError
from tests.servers import Mosquitto

ROOT = Path(__file__).resolve().parents[2]

SENML = '[{"bn": "urn:dev:1/", "bt": 1763769600, "n": "temp", "u": "Cel", "v": 23.1}, {"n": "x", "u": "zz", "v": 1}]'


def decode(*arguments: str, stdin: bytes = b"") -> list[dict[str, Any]]:
    result = CliRunner().invoke(app, ["decode", *arguments], input=stdin)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_native_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "message"
    file.write_text('{"values": {"flow": 3.6, "colour": 2, "ph": "x"}, "units": {"flow": "m3/h", "colour": "TCU"}}\n')
    topic = "nadi/v1/3578/water/gubeng/meter-17"
    assert decode("--format", "native", "--topic", topic, "--recv-ms", "1763769600123", str(file)) == [
        {
            "message": 0,
            "device": "meter-17",
            "quantity": "flow",
            "value": 1.0,
            "unit": "L/s",
            "time_ms": 1763769600123,
            "native": {"sensor": "meter-17", "quantity": "flow", "value": 3.6, "unit": "m3/h"},
        },
        {
            "message": 0,
            "device": "meter-17",
            "quantity": "colour",
            "value": 2.0,
            "unit": "TCU",
            "time_ms": 1763769600123,
            "native": {"sensor": "meter-17", "quantity": "colour", "value": 2.0, "unit": "TCU"},
        },
        {"message": 0, "error": "schema", "detail": "ph: expected a number, got a string 'x'"},
    ]


@pytest.mark.parametrize("form", ["senml-json", "auto"])
def test_another_format_is_mapped(form: str) -> None:
    found = decode("--format", form, "-", stdin=SENML.encode())
    assert [(each["quantity"], each["value"], each["unit"], each["time_ms"]) for each in found] == [
        ("temperature", 23.1, "degC", 1763769600000),
        ("x", 1.0, "zz", 1763769600000),
    ]


def test_lines_keep_their_numbers_and_order() -> None:
    lines = [
        {"topic": "a", "payload": SENML},
        {"topic": "a", "payload_b64": base64.b64encode(SENML.encode()).decode()},
        {"topic": "a", "payload_hex": SENML.encode().hex()},
        {"topic": "a", "payload": json.loads(SENML)},
        {"topic": "a", "payload": "nonsense"},
        {"topic": "a", "payload": '[{"n": "a", "v": 1}]', "recv_ms": 5},
    ]
    stdin = b"\n\n".join(json.dumps(line).encode() for line in lines)
    found = decode("--format", "senml-json", "--lines", "--recv-ms", "7", stdin=stdin)
    assert [each["message"] for each in found] == [0, 0, 1, 1, 2, 2, 3, 3, 4, 5]
    assert found[8]["error"] == "json"
    assert found[9]["time_ms"] == 5


def test_a_line_is_answered_when_it_comes() -> None:
    """As from a broker: the next line may be long in coming."""
    command = [sys.executable, "-m", "pipeline", "decode", "--format", "senml-json", "--lines"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for value in (1, 2):
            line = {"topic": "a", "payload": f'[{{"n": "temp", "v": {value}}}]'}
            process.stdin.write(json.dumps(line).encode() + b"\n")
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["value"] == value
        process.stdin.close()
        assert process.wait(30) == 0


@pytest.mark.skipif(shutil.which("mosquitto_sub") is None, reason="mosquitto_sub is not here")
def test_what_the_documents_say_to_pipe_in_is_read(make_mosquitto: Callable[..., Mosquitto]) -> None:
    page = (ROOT / "docs" / "mapping.md").read_text()
    told = re.search(r"mosquitto_sub -t '#' -F '(.*)' \| \./nadi decode (.*)", page)
    assert told is not None
    with make_mosquitto() as broker:
        where = ["-h", "127.0.0.1", "-p", str(broker.port)]
        for payload in (SENML, "\x02 'odd\" %t\n"):
            publish = ["mosquitto_pub", *where, "-r", "-q", "1", "-t", "a/b", "-m", payload]
            subprocess.run(publish, check=True, timeout=30)
            command = ["mosquitto_sub", *where, "-t", "#", "-F", told[1], "-C", "1", "-W", "20"]
            line = subprocess.run(command, check=True, capture_output=True, timeout=30).stdout
            found = decode(*told[2].split(), stdin=line)
            assert found[0].get("quantity", found[0].get("error")) == ("temperature" if payload == SENML else "schema")


def test_base64_and_packing() -> None:
    import gzip

    packed = base64.encodebytes(gzip.compress(SENML.encode()))
    assert len(decode("--format", "senml-json", "--base64", stdin=packed)) == 2


def test_what_looks_like_nothing() -> None:
    (found,) = decode("--format", "auto", stdin=b"\x00\x01hello")
    assert found["error"] == "schema"


@pytest.mark.parametrize(
    ("arguments", "stdin", "told"),
    [
        (["--format", "senml"], b"", "'senml' is not a format; allowed: native, senml-json"),
        (["--format", "json"], b"", "needs --mapping"),
        (["--format", "native", "/nowhere/at/all"], b"", "No such file"),
        (["--format", "native", "--lines"], b'{"topic": "a"}', "line 1: expected"),
        (["--format", "native", "--lines"], b"\n[", "line 2 is not JSON"),
        (["--format", "native", "--lines"], b'{"payload_hex": "0g"}', "line 1 is not hexadecimal"),
        (["--format", "native", "--lines"], b'{"payload_hex": "", "payload": ""}', "line 1: expected"),
        (["--format", "native", "--base64"], b"%%%", "is not base64"),
    ],
)
def test_what_can_not_be_read_is_said(arguments: list[str], stdin: bytes, told: str) -> None:
    with pytest.raises((NadiError, SettingsError), match=told):
        decode(*arguments, stdin=stdin)


def test_names_that_no_terminal_can_show() -> None:
    from pipeline.commands.decode import _print

    class Out:
        buffer = io.BytesIO()

    before, sys.stdout = sys.stdout, Out()
    try:
        _print({"device": "\ud800"})
    finally:
        sys.stdout = before
    assert json.loads(Out.buffer.getvalue()) == {"device": "\ud800"}


def test_by_the_rules_catalogue_and_time_zone_of_settings(tmp_path: Path) -> None:
    (tmp_path / "sensors.csv").write_text(
        "city,domain,zone,device,quantity,unit,source,key,scale\n3578,water,z,meter-1,volume,m3,pump,COUNTER.C1,0.01\n"
    )
    config = tmp_path / "nadi.yaml"
    config.write_text(
        f"historian: {tmp_path}/h.duckdb\ncatalogue: {tmp_path}/sensors.csv\ntimezone: Asia/Jakarta\n"
        "decoders: [{format: tasmota, city: 3578, domain: water}]\n"
    )
    payload = b'{"Time": "2026-11-21T23:00:00", "COUNTER": {"C1": 250}, "ENERGY": {"Power": 500}}'
    arguments = ["--format", "tasmota", "--topic", "tele/pump/SENSOR", "--recv-ms", "1795276801000"]
    volume, power = decode(*arguments, "--config", str(config), stdin=payload)
    assert (volume["device"], volume["quantity"], volume["value"], volume["unit"]) == ("meter-1", "volume", 2.5, "m3")
    assert (power["device"], power["quantity"], power["value"], power["unit"]) == ("meter-1", "power", 0.5, "kW")
    assert volume["time_ms"] == 1795276800000
