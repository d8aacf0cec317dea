"""A running nadi against its own OpenAPI document: schemathesis asks what may be asked, and what may not."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tests.end_to_end.city import Message
from tests.end_to_end.process import Nadi
from tests.end_to_end.publisher import publish
from tests.servers import Mosquitto

ENDLESS = "/api/v1/events"
WITH_USERS = "/session"
"""Operations that are there only with users."""
CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,"
    "response_headers_conformance,negative_data_rejection"
)
SECONDS = 600


def test_nadi_answers_as_its_document_says(tmp_path: Path, make_mosquitto: Callable[..., Mosquitto]) -> None:
    with make_mosquitto() as broker:
        wanted = {"mqtt": {"url": broker.url}, "historian": str(tmp_path / "history.duckdb"), "windows": ["1s", "1m"]}
        with Nadi(tmp_path / "nadi", wanted) as nadi:
            nadi.wait_until(lambda status: status["ready"])
            payload = b'[{"values": {"flow": 12.4, "own": 3}}]'
            publish(broker.port, [Message("nadi/v1/3578/water/Genteng/meter-07", payload)])
            nadi.wait_until(lambda status: status["sinks"]["historian"]["delivered"] == 2)
            command = [
                *(sys.executable, "-m", "schemathesis.cli", "run", f"http://127.0.0.1:{nadi.port}/api/v1/openapi.json"),
                *("--exclude-path", ENDLESS, "--exclude-path-regex", WITH_USERS, "--checks", CHECKS),
                *("--phases", "examples,coverage,fuzzing", "--max-examples", "8", "--seed", "1", "--no-color"),
                *("--url", f"http://127.0.0.1:{nadi.port}"),
            ]
            done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=SECONDS, check=False)
            assert done.returncode == 0, f"{done.stdout[-8000:]}\n{done.stderr[-2000:]}"
            assert nadi.status()["ready"], "and goes on as before"
