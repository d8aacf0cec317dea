"""A client that publishes anything as fast as the broker takes it, and what a process needs in memory."""

from __future__ import annotations

import json
import select
import socket
import time
from collections.abc import Iterable
from pathlib import Path

from ingest import wire
from tests.ingest.kit import TOPIC

PIECE = 256
"""Packets that are sent in one go."""


def peak_mb(pid: int) -> float:
    """The most that a process has had in RAM, in MiB: VmHWM."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def reading(value: float = 1.0, *, ts: int, quantity: str = "flow", **more: object) -> bytes:
    return json.dumps({"ts": ts, "values": {quantity: value}, **more}).encode()


def flood(
    port: int, messages: Iterable[tuple[str, bytes]], window: int = 1000, pace: float | None = None, timeout: float = 60
) -> int:
    """Publish all (topic, payload) at QoS 1, `window` at most unacknowledged; returns their number.

    pace: messages/s at most. Raises AssertionError where the broker is silent for `timeout` s."""
    with socket.create_connection(("127.0.0.1", port), timeout=timeout) as link:
        link.sendall(
            wire.connect(wire.V311, f"flood-{link.fileno()}-{port}", keep_alive=0, session_expiry=0, receive_maximum=1)
        )
        assert _received(link, 4)[3] == 0, "the broker refuses the connection"
        sent = acknowledged = 0
        began = time.monotonic()
        piece: list[bytes] = []
        for topic, payload in messages:
            sent += 1
            piece.append(wire.publish(wire.V311, topic, payload, qos=1, packet_id=1 + sent % 65_000))
            if len(piece) < PIECE and sum(map(len, piece)) < 1 << 20:
                continue
            link.sendall(b"".join(piece))
            piece.clear()
            while sent - acknowledged > window or select.select([link], [], [], 0)[0]:
                acknowledged += len(_received(link, 4)) // 4
            if pace is not None:
                time.sleep(max(0.0, began + sent / pace - time.monotonic()))
        link.sendall(b"".join(piece))
        while acknowledged < sent:
            acknowledged += len(_received(link, 4)) // 4
    return sent


def _received(link: socket.socket, unit: int) -> bytes:
    """Some whole packets of `unit` bytes each."""
    data = link.recv(65_536)
    while len(data) % unit:
        data += link.recv(unit - len(data) % unit)
    assert data, "the broker has closed the connection"
    return data


def topic(number: int) -> str:
    """Of a device of its own."""
    return f"{TOPIC}-{number:07d}"
