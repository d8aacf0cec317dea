"""One MQTT client that publishes at QoS 1, in order, and keeps what is not acknowledged.

    sender = Sender(broker, "3578-gw-1", Counts(), status="nadi/v1/3578/gateway/gw-1/status")
    task = group.create_task(sender.run())
    sender.send(topic, payload); sender.flush()
    sender.leave(); await task

MQTT 3.1.1, which every broker speaks. A message costs about 2 us of CPU, an aiomqtt publish above
100: nothing here is awaited for a message, packets are joined to one write, and PUBACKs only take
what they acknowledge out of a dict. What is in flight when the connection breaks is sent again on
the next one, as the same bytes.
"""

from __future__ import annotations

import asyncio
import random
from collections import deque
from dataclasses import dataclass
from functools import cache
from typing import cast

from simulators.broker import Broker
from simulators.packets import CONNACK, PUBACK, Will, connect, read_connack, text, varint
from telemetry.errors import BrokerError

KEPT = 20_000
"""Messages that wait while the broker is away; then the oldest are lost."""
IN_FLIGHT = 200
"""Messages without PUBACK on a connection."""
KEEP_ALIVE = 30
"""Seconds of silence after which a connection is given up, here and at the broker (times 1.5)."""
TICK = 5.0
"""Seconds between the calls of `tick` that keep a connection alive."""
_STATUS_ID = 0xFFFF
"""Packet id of a status. Messages have the others: as fewer are kept, none is used twice at a time."""
_RETRY = (0.2, 10.0)
_TIMEOUT = 10.0
_PINGREQ, _DISCONNECT = b"\xc0\0", b"\xe0\0"


_context = cache(Broker.tls_context)


@dataclass(slots=True)
class Counts:
    """Over all senders that share it. messages, readings: acknowledged; lost: dropped since too many waited."""

    messages: int = 0
    readings: int = 0
    lost: int = 0
    reached: bool = False
    """The broker has let one of them in. Before that, what is wrong ends the sender."""
    trouble: str | None = None
    """Why a sender could not connect, until one can."""


class Sender(asyncio.Protocol):
    """status: topic of its retained `online` and `offline`, the latter also as last will. None: it has none."""

    def __init__(self, broker: Broker, client_id: str, counts: Counts, status: str | None = None) -> None:
        self.counts = counts
        self.online = False
        """Connected, and accepted by the broker."""
        self._broker = broker
        self._status = status
        will = Will(status, "offline") if status else None
        self._hello = connect(
            client_id, "3.1.1", broker.username, broker.password, keep_alive=KEEP_ALIVE, will=will
        )  # fmt: skip
        self._waiting: deque[tuple[int, bytes, int]] = deque()
        """Packet id, packet, readings."""
        self._flying: dict[int, tuple[bytes, int]] = {}
        self._id = 0
        self._wanted = asyncio.Event()
        """It should be connected."""
        self._wanted.set()
        self._leaving = self._goodbye = False
        """Asked to leave; has said `offline`."""
        self._transport: asyncio.Transport | None = None
        self._received = b""
        self._answer: asyncio.Future[None] | None = None
        """Done when the present connection is accepted; fails when it is refused, or breaks before."""
        self._broken = asyncio.Event()
        self._spoke = self._asked = 0.0
        """Loop times: when it last wrote, and since when it has had no answer to that (0: it has)."""

    @property
    def waiting(self) -> int:
        """Messages that are not acknowledged yet."""
        return len(self._waiting) + len(self._flying)

    @property
    def gone(self) -> bool:
        """It has left, and the connection is closed."""
        return not self._wanted.is_set() and self._transport is None

    def send(self, topic: bytes, payload: bytes, readings: int = 0, retain: bool = False) -> None:
        """Queue a message; `flush()` sends what is queued. topic: with its length before it, as `packets.text`."""
        if len(self._waiting) >= KEPT:
            self._waiting.popleft()
            self.counts.lost += 1
        self._id = number = self._id % (_STATUS_ID - 1) + 1
        self._waiting.append((number, _packet(topic, number, payload, retain), readings))

    def flush(self) -> None:
        """Send what waits, as far as the window allows."""
        if not self.online:
            return
        waiting, flying = self._waiting, self._flying
        packets = []
        for _ in range(min(len(waiting), IN_FLIGHT - len(flying))):
            number, packet, readings = waiting.popleft()
            flying[number] = packet, readings
            packets.append(packet)
        if packets:
            self._write(b"".join(packets))
        elif self._leaving and not flying:
            self._depart()

    def drop(self) -> None:
        """Break the connection without a word, so that the last will speaks; stay away until `come()`."""
        self._wanted.clear()
        self._leaving = False
        if self._transport is not None:
            self._transport.abort()

    def leave(self) -> None:
        """When all that waits is acknowledged, say `offline` and disconnect; stay away until `come()`."""
        self._leaving = True
        if self._transport is None and not self.waiting:
            self._wanted.clear()
        self.flush()

    def come(self) -> None:
        """Be connected (again)."""
        self._leaving = False
        self._wanted.set()
        if self._goodbye and self.online:
            self._say("online")

    async def run(self) -> None:
        """Be connected as `drop`, `leave` and `come` say, until cancelled; then the last will speaks.

        Raises BrokerError where the broker can't be reached and never could.
        """
        try:
            await self._stay()
        finally:
            if self._transport is not None:
                self._transport.abort()

    async def _stay(self) -> None:
        pause = _RETRY[0]
        while True:
            await self._wanted.wait()
            try:
                await self._connect()
                pause = _RETRY[0]
                await self._broken.wait()
            except BrokerError as error:
                if not self._wanted.is_set():
                    continue
                if not self.counts.reached:
                    raise
                self.counts.trouble = str(error)
                await asyncio.sleep(pause * random.uniform(0.5, 1.0))
                pause = min(2 * pause, _RETRY[1])

    def tick(self) -> None:
        """Call it every TICK: it keeps the connection alive, and gives up one that is silent."""
        if not self.online or self._transport is None:
            return
        now = asyncio.get_running_loop().time()
        if self._asked and now > self._asked + KEEP_ALIVE:
            self._transport.abort()
        elif now > self._spoke + KEEP_ALIVE / 2:
            self._write(b"\xc0\0")

    async def _connect(self) -> None:
        broker, loop = self._broker, asyncio.get_running_loop()
        self._answer = loop.create_future()
        self._broken.clear()
        self._received = b""
        try:
            async with asyncio.timeout(_TIMEOUT):
                await loop.create_connection(lambda: self, broker.host, broker.port, ssl=_context(broker))
                await self._answer
        except (OSError, BrokerError) as error:
            if self._transport is not None:
                self._transport.abort()
            told = f"no answer within {_TIMEOUT:.0f} s" if isinstance(error, TimeoutError) else error
            raise BrokerError(f"{broker}: {told}") from None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        if not self._wanted.is_set():
            self._transport.abort()
            return
        self._write(self._hello)

    def connection_lost(self, error: Exception | None) -> None:
        self._transport, self.online = None, False
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(BrokerError("closed the connection without an answer"))
        self._broken.set()

    def data_received(self, data: bytes) -> None:
        self._asked = 0.0
        data = self._received + data
        at, size, flying, counts = 0, len(data), self._flying, self.counts
        while size - at >= 4 or (size - at >= 2 and data[at + 1] == 0):
            if data[at] == PUBACK:
                done = flying.pop(data[at + 2] << 8 | data[at + 3], None)
                if done is not None and done[1] >= 0:
                    counts.messages += 1
                    counts.readings += done[1]
            elif data[at] == CONNACK:
                self._accept(data[at : at + 4])
            at += 2 + data[at + 1]
        self._received = data[at:]
        self.flush()

    def _accept(self, packet: bytes) -> None:
        if self._answer is None or self._answer.done():
            return
        try:
            read_connack(packet, "3.1.1")
        except BrokerError as error:
            self._answer.set_exception(error)
            return
        self._answer.set_result(None)
        self.online = True
        self.counts.reached, self.counts.trouble = True, None
        self._flying.pop(_STATUS_ID, None)
        again = b"".join([packet for packet, _ in self._flying.values()])
        if self._status:
            self._say("online")
        if again:
            self._write(again)

    def _say(self, state: str) -> None:
        """Publish the status, which is no message in the counts."""
        assert self._status is not None
        self._goodbye = state == "offline"
        packet = _packet(text(self._status), _STATUS_ID, state.encode(), True)
        self._flying[_STATUS_ID] = packet, -1
        self._write(packet)

    def _depart(self) -> None:
        """All is acknowledged: the last word, and once that is acknowledged too, the end."""
        if self._status and not self._goodbye:
            self._say("offline")
            return
        self._wanted.clear()
        self._leaving = self.online = False
        self._write(b"\xe0\0")
        assert self._transport is not None
        self._transport.close()

    def _write(self, data: bytes) -> None:
        assert self._transport is not None
        self._spoke = asyncio.get_running_loop().time()
        self._asked = self._asked or self._spoke
        self._transport.write(data)


def _packet(topic: bytes, number: int, payload: bytes, retain: bool) -> bytes:
    """PUBLISH at QoS 1 of MQTT 3.1.1 (3.3)."""
    size = varint(len(topic) + 2 + len(payload))
    return b"%c%b%b%c%c%b" % (0x32 | retain, size, topic, number >> 8, number & 0xFF, payload)
