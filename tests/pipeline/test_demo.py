"""`./nadi demo`, whole."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from telemetry.series import DOMAINS


def test_the_demo_shows_all_four_domains_and_ends_by_itself(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pipeline", "demo", "--seconds", "20", "--port", "0", "--state-dir", str(tmp_path)]
    made = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)
    assert made.returncode == 0, made.stderr
    assert "Traceback" not in made.stdout + made.stderr
    assert re.search(r"Page: http://127\.0\.0\.1:\d+/", made.stdout)
    for domain in DOMAINS:
        line = re.search(rf"{domain} +([\d,]+) readings stored, +([\d,]+) windows, +([\d,]+) anomalies", made.stdout)
        assert line, made.stdout
        readings, windows, _ = (int(number.replace(",", "")) for number in line.groups())
        assert readings > 50
        assert windows > 20
    found = re.findall(r"([\d,]+) anomalies$", made.stdout, re.MULTILINE)
    assert sum(int(number.replace(",", "")) for number in found) > 0
    delivered = re.search(r"historian: ([\d,]+) readings delivered, (\d+) pending", made.stdout)
    assert delivered
    assert delivered[2] == "0"


def test_a_port_in_use_is_told_in_a_line() -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        command = [sys.executable, "-m", "pipeline", "demo", "--seconds", "3", "--port", str(port)]
        made = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert made.returncode == 1
    assert made.stderr == (f"nadi: can't listen on 127.0.0.1:{port}: Address already in use; choose another address\n")
