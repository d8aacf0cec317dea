"""A gateway that keeps each message until it is sure of it, and sends it again until then."""

from __future__ import annotations

import contextlib
import json
import select
import socket
import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ingest import wire
from tests.end_to_end.city import Message

WINDOW = 20
"""Messages sent and not acknowledged by the broker, at most."""
AHEAD = 300
"""Messages under way without a receipt, at most."""
PATIENCE = 1.0
"""Seconds without any progress after which what has no receipt is sent again; twice as many each time until a receipt
comes. Mosquitto reads one packet of each client in turn, and saves its whole queue each time: two gateways that only
repeat fill it faster than nadi's one connection can empty it, and receipts come behind all that."""

Until = Literal["puback", "receipt"]


@dataclass(frozen=True, slots=True)
class Numbered:
    """A message as it is sent. seq: the gateway's counter; None where the message can't carry one."""

    topic: str
    payload: bytes
    seq: int | None


def numbered(messages: Sequence[Message], gateway: str) -> list[Numbered]:
    """`messages` with `gw` and `seq`: one that is sent twice keeps its number, garbage has none."""
    known: dict[int, Numbered] = {}
    made: list[Numbered] = []
    for message in messages:
        if id(message) not in known:
            try:
                body = json.loads(message.payload)
            except ValueError:
                known[id(message)] = Numbered(message.topic, message.payload, None)
            else:
                seq = 1 + sum(1 for each in known.values() if each.seq is not None)
                body |= {"gw": gateway, "seq": seq}
                known[id(message)] = Numbered(message.topic, json.dumps(body).encode(), seq)
        made.append(known[id(message)])
    return made


def share(messages: Sequence[Message], number: int, of: int) -> list[Message]:
    """The messages of every `of`-th device: a device belongs to one gateway."""
    return [message for message in messages if int(message.topic.split("=")[1].split(",")[0]) % of == number]


class Gateway(threading.Thread):
    """Publishes at QoS 1 and connects again for ever, in a thread of its own.

    until: what it waits for before it forgets a message: the broker's "puback", or nadi's
    "receipt" (`nadi-out/v1/{city}/ack/{gateway}`). It sends only what was `release`d, and
    nothing before the place `first`.
    """

    def __init__(
        self, port: int, messages: Sequence[Message], name: str, protocol: str = "5", until: Until = "puback",
        city: str = "3578", first: int = 0,
    ) -> None:  # fmt: skip
        super().__init__(name=name, daemon=True)
        self.port = port
        self.messages = numbered(messages, name)
        self.version = wire.V5 if protocol == "5" else wire.V311
        self.until = until
        self.receipt_topic = f"nadi-out/v1/{city}/ack/{name}".encode()
        self.receipt = 0
        self.sent = 0
        """Messages sent, each repetition counted."""
        self.failure: BaseException | None = None
        self._kept: dict[int, None] = {}
        """Places in `messages` that are released and not yet sure, in order."""
        self._taken = self.released = first
        self._ending = threading.Event()
        self._changed = threading.Condition()

    # What a test calls.

    def release(self, upto: int | None = None) -> None:
        """Send the messages up to this place (all by default)."""
        self.released = len(self.messages) if upto is None else max(self.released, upto)

    def wait_done(self, timeout: float = 240) -> None:
        """Return when every released message is sure."""
        with self._changed:
            done = self._changed.wait_for(lambda: self.done or self.failure is not None, timeout)
        if self.failure is not None:
            raise AssertionError(f"{self.name} failed") from self.failure
        assert done, f"{self.name}: {len(self._kept)} of {self.released} messages are not sure (receipt {self.receipt})"

    @property
    def last_seq(self) -> int:
        return max(message.seq or 0 for message in self.messages)

    @property
    def done(self) -> bool:
        return self._taken == self.released and not self._kept

    def stop(self) -> None:
        self._ending.set()
        self.join(10)

    # The thread.

    def run(self) -> None:
        try:
            while not self._ending.is_set():
                with contextlib.suppress(OSError):
                    self._connection()
                self._ending.wait(0.05)
        except BaseException as error:
            self.failure = error
            raise

    def _connection(self) -> None:
        with socket.create_connection(("127.0.0.1", self.port), timeout=5) as link:
            link.sendall(wire.connect(self.version, self.name, keep_alive=60, session_expiry=0, receive_maximum=100))
            if self.until == "receipt":
                link.sendall(wire.subscribe(self.version, 1, [self.receipt_topic.decode()], 0))
            received = bytearray()
            to_send: deque[int] = deque(self._kept)
            in_flight: dict[int, int] = {}
            progress, patience, receipt = time.monotonic(), PATIENCE, self.receipt
            while not self._ending.is_set():
                self._take_released(to_send)
                before = (self.sent, self.receipt, len(in_flight))
                self._send(link, to_send, in_flight)
                if select.select([link], [], [], 0.02)[0]:
                    data = link.recv(65_536)
                    if not data:
                        return
                    received += data
                    self._read(received, in_flight)
                if before != (self.sent, self.receipt, len(in_flight)):
                    progress = time.monotonic()
                elif self._kept and time.monotonic() - progress > patience:
                    patience = 2 * patience if receipt == self.receipt else PATIENCE
                    to_send, progress, receipt = deque(self._kept), time.monotonic(), self.receipt

    def _take_released(self, to_send: deque[int]) -> None:
        released = self.released  # read once: a test may release more at any moment
        for place in range(self._taken, released):
            self._kept[place] = None
            to_send.append(place)
        self._taken = max(self._taken, released)

    def _send(self, link: socket.socket, to_send: deque[int], in_flight: dict[int, int]) -> None:
        farthest = next(iter(self._kept), 0) + (AHEAD if self.until == "receipt" else len(self.messages))
        while to_send and len(in_flight) < WINDOW and to_send[0] < farthest:
            place = to_send.popleft()
            packet_id = 2 + place % 60_000
            if place in self._kept and packet_id not in in_flight:
                message = self.messages[place]
                link.sendall(wire.publish(self.version, message.topic, message.payload, qos=1, packet_id=packet_id))
                in_flight[packet_id] = place
                self.sent += 1

    def _read(self, received: bytearray, in_flight: dict[int, int]) -> None:
        data, at = bytes(received), 0
        while (packet := wire.frame(data, at)) is not None and packet.end <= len(data):
            at = packet.end
            if packet.head >> 4 == wire.PUBLISH:
                said = wire.publish_of(self.version, data, packet)
                assert said.topic == self.receipt_topic
                self._confirm_upto(json.loads(said.payload)["seq"])
            elif isinstance(answer := wire.decode(self.version, data, packet), wire.PubAck):
                place = in_flight.pop(answer.packet_id, None)
                if place is not None and (self.until == "puback" or self.messages[place].seq is None):
                    self._confirm([place])
            elif isinstance(answer, wire.ConnAck):
                assert answer.code == 0, f"{self.name}: the broker refuses the connection: {answer}"
        del received[:at]

    def _confirm_upto(self, seq: int) -> None:
        assert seq <= max((self.messages[place].seq or 0 for place in range(self._taken)), default=0)
        self.receipt = max(self.receipt, seq)
        self._confirm([place for place in self._kept if (self.messages[place].seq or seq + 1) <= seq])

    def _confirm(self, places: Sequence[int]) -> None:
        with self._changed:
            for place in places:
                self._kept.pop(place, None)
            self._changed.notify_all()
