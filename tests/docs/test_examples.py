"""What the documentation tells a gateway maker to write does what it says."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.decoders import native
from tests.deploy.mqtt_client import Peer
from tests.servers import Mosquitto

EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "examples"


def test_ten_lines_of_python_publish_readings_and_a_state(make_mosquitto: Callable[..., Mosquitto]) -> None:
    with make_mosquitto() as broker, Peer(broker.port, None, None) as peer:
        peer.subscribe("nadi/v1/#")
        command = [sys.executable, str(EXAMPLES / "publish.py"), "127.0.0.1", str(broker.port)]
        subprocess.run(command, check=True, timeout=60, capture_output=True)
        messages = peer.receive(5)
    # The state, three readings, and the last will of a gateway that went without a goodbye.
    states = [message.payload for message in messages if message.topic.endswith("/status")]
    readings = [message for message in messages if message.topic == "nadi/v1/3578/water/mulyosari/meter-07"]
    assert states == [b"online", b"offline"]
    assert [json.loads(each.payload)["seq"] for each in readings] == [1, 2, 3]
    for each in readings:
        decoded = native.decode(bytes(each.payload))
        assert not decoded.faults
        assert [reading.quantity for reading in decoded.items[0].readings] == ["flow", "pressure"]


@pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler here")
def test_the_message_of_the_c_example_is_one_that_nadi_takes(tmp_path: Path) -> None:
    """ESP-IDF is not here: its one format string is what is compiled."""
    source = (EXAMPLES / "esp32.c").read_text()
    found = re.search(r'snprintf\(payload, sizeof payload,\s*(".*?"), *\n?\s*\(long long\)', source, re.DOTALL)
    assert found is not None
    program = tmp_path / "message.c"
    program.write_text(
        '#include <stdio.h>\n#define GATEWAY "gw-mulyosari"\n'
        f"int main(void) {{ printf({found[1]}, 1763769600LL, 12.4f, 7UL); }}\n"
    )
    subprocess.run(["cc", "-Wall", "-Werror", "-o", str(tmp_path / "message"), str(program)], check=True, timeout=60)
    payload = subprocess.run([str(tmp_path / "message")], check=True, capture_output=True, timeout=10).stdout
    decoded = native.decode(payload)
    assert not decoded.faults
    (item,) = decoded.items
    assert (item.time, item.gateway, item.seq, item.readings[0].value) == (1763769600000, "gw-mulyosari", 7, 12.4)
