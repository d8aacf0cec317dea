"""What a message costs the load generator: CPU seconds against a socket that acknowledges everything.

python -m bench.load        prints messages/s of one core, for both protocols and packings
"""

from __future__ import annotations

import json
import multiprocessing
import socket
from multiprocessing.connection import Connection as Pipe

from simulators.broker import Broker
from simulators.load import Load
from simulators.messages import Messages
from simulators.packets import Protocol, varint
from simulators.plan import LoadPlan

_PUBACKS = b"".join(b"\x40\x02" + (number + 1).to_bytes(2, "big") for number in range(65_535))
_START = 1_763_683_200_000


def serve(pipe: Pipe, size: int, protocol: Protocol) -> None:
    """Accept one client, answer CONNECT, and send a PUBACK for every `size` bytes."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        pipe.send(listener.getsockname()[1])
        client, _ = listener.accept()
        with client:
            _acknowledge(client, size, protocol)


def _acknowledge(client: socket.socket, size: int, protocol: Protocol) -> None:
    client.recv(1 << 16)
    properties = b"\x03\x21\xff\xff" if protocol == "5" else b""
    client.sendall(b"\x20" + varint(2 + len(properties)) + b"\0\0" + properties)
    buffer = bytearray(1 << 20)
    received = acknowledged = 0
    while got := client.recv_into(buffer):
        received += got
        whole = received // size
        while acknowledged < whole:
            at = acknowledged % 65_535
            run = min(whole - acknowledged, 65_535 - at)
            client.sendall(_PUBACKS[4 * at : 4 * (at + run)])
            acknowledged += run


def measure(messages: int, protocol: Protocol, pack: int = 1) -> dict[str, float]:
    """Messages and readings per second of the generator's CPU, and CPU microseconds a message."""
    plan = LoadPlan(
        Broker("127.0.0.1", 0), rate=None, messages=messages, protocol=protocol, pack=pack, start=_START, window=20_000
    )
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    size = Messages(plan.shapes()[0]).size
    sink = context.Process(target=serve, args=(theirs, size, protocol), daemon=True)
    sink.start()
    try:
        report = Load(plan.at(Broker("127.0.0.1", ours.recv()))).run()
    finally:
        sink.terminate()
        sink.join()
    if report.acknowledged != messages:
        raise RuntimeError(f"{report.acknowledged} of {messages} acknowledged: {report.error}")
    return {
        "messages_per_cpu_second": messages / report.cpu_seconds,
        "readings_per_cpu_second": messages * pack / report.cpu_seconds,
        "us_per_message": report.cpu_seconds / messages * 1e6,
        "bytes_per_message": float(size),
    }


def run(messages: int = 1_000_000) -> dict[str, dict[str, float]]:
    """All cases, by name."""
    return {
        "MQTT 5": measure(messages, "5"),
        "MQTT 3.1.1": measure(messages, "3.1.1"),
        "MQTT 5, 10 readings a message": measure(messages // 5, "5", pack=10),
    }


if __name__ == "__main__":
    print(json.dumps(run(), indent=2))
