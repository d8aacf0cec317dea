"""A publishing connection for volume: a non-blocking socket, one piece of packets at a time."""

from __future__ import annotations

import socket
import ssl
import time
from collections import deque

from simulators.broker import Broker
from simulators.messages import Messages
from simulators.packets import Acks, Protocol, connect, count_acks, read_connack, read_varint
from simulators.timeline import Timeline
from telemetry.errors import BrokerError

_TIMEOUT = 10.0
_KEPT_LATENCIES = 100_000


class Connection:
    """Publishes `messages` and counts what comes back; never waits once it is open.

    window: QoS 1 messages without PUBACK at most; the broker's receive maximum lowers it.
    """

    def __init__(self, broker: Broker, client_id: str, messages: Messages, timeline: Timeline, window: int) -> None:
        self.messages = messages
        self.timeline = timeline
        self.acks = Acks()
        self.latencies: deque[float] = deque(maxlen=_KEPT_LATENCIES)
        """Seconds from handing a piece to the socket to its last PUBACK, of the newest pieces."""
        self.last_time = 0
        """Event time (ms) of the newest reading offered."""
        self._qos = messages.shape.qos
        self._received = bytearray(1 << 16)
        self._kept = 0
        self._rest = memoryview(b"")
        self._pieces: deque[tuple[int, float]] = deque()
        self._broker = broker
        self.socket = self._open(broker, client_id, messages.shape.protocol)
        self.window = min(window, self._allowed)

    @property
    def acknowledged(self) -> int:
        return self.acks.accepted + self.acks.refused

    @property
    def sent(self) -> int:
        """Messages wholly handed to the socket."""
        return self.messages.count - -(-len(self._rest) // self.messages.size)

    @property
    def outstanding(self) -> int:
        """Messages made and not yet answered (QoS 1)."""
        return self.messages.count - self.acknowledged if self._qos else 0

    @property
    def wide(self) -> bool:
        """Whether many messages fit in flight. Then PUBACKs may gather, and the window empty by a
        quarter, before more is sent. With a narrow one every PUBACK must be followed at once
        (or Nagle's algorithm at the broker and our delayed TCP ACK wait 40 ms for each other)."""
        return self.window >= 1000

    @property
    def room(self) -> int:
        """How many messages may be offered now."""
        free = self.window - self.outstanding
        return 0 if len(self._rest) or (self.wide and free < self.window // 4) else free

    @property
    def unsent(self) -> bool:
        return len(self._rest) > 0

    def offer(self, limit: int) -> int:
        """Make and send up to `limit` messages, as the window allows; returns how many."""
        count = self.messages.run(min(limit, self.room))
        if count <= 0:
            return 0
        times = self.timeline.times(*self.messages.place(count))
        self.last_time = int(times[-1, -1])
        self._rest = self.messages.make(times)
        if self._qos:
            self._pieces.append((self.messages.count, time.perf_counter()))
        self.flush()
        return count

    def flush(self) -> None:
        """Hand on what the socket takes of the present piece."""
        try:
            while len(self._rest):
                self._rest = self._rest[self.socket.send(self._rest) :]
        except (BlockingIOError, ssl.SSLWantWriteError, ssl.SSLWantReadError):
            return
        except OSError as error:
            raise BrokerError(f"{self._broker}: the connection broke: {error}") from None

    def receive(self) -> None:
        """Count the PUBACKs that have arrived. Raises BrokerError if the broker went away."""
        while True:
            try:
                size = self.socket.recv_into(memoryview(self._received)[self._kept :])
            except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
                break
            except OSError as error:
                raise BrokerError(f"{self._broker}: the connection broke: {error}") from None
            if not size:
                raise BrokerError(f"{self._broker} closed the connection{self._reason()}")
            end = self._kept + size
            used = count_acks(memoryview(self._received)[:end], self.acks)
            self._received[: end - used] = self._received[used:end]
            self._kept = end - used
        self._settle()

    def _settle(self) -> None:
        now = time.perf_counter()
        acknowledged = self.acknowledged
        while self._pieces and self._pieces[0][0] <= acknowledged:
            self.latencies.append(now - self._pieces.popleft()[1])

    def _reason(self) -> str:
        return "" if self.acks.closing is None else f" (reason code 0x{self.acks.closing:02x})"

    def _open(self, broker: Broker, client_id: str, protocol: Protocol) -> socket.socket:
        context = broker.tls_context()
        try:
            plain = socket.create_connection((broker.host, broker.port), _TIMEOUT)
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            opened = context.wrap_socket(plain, server_hostname=broker.host) if context else plain
            opened.sendall(connect(client_id, protocol, broker.username, broker.password))
            packet = _first_packet(opened)
        except OSError as error:
            raise BrokerError(f"{broker}: {error}") from None
        try:
            self._allowed = read_connack(packet, protocol).receive_maximum
        except BrokerError as error:
            raise BrokerError(f"{broker} {error}") from None
        opened.setblocking(False)
        return opened

    def close(self) -> None:
        """DISCONNECT, if the socket still takes it, and close."""
        try:
            self.socket.send(b"\xe0\x00")
        except OSError:
            return
        finally:
            self.socket.close()


def _first_packet(opened: socket.socket) -> bytes:
    packet = b""
    while True:
        data = opened.recv(1)
        if not data:
            raise ConnectionError("closed the connection without an answer")
        packet += data
        if len(packet) > 1 and packet[-1] < 0x80:
            break
    length, _ = read_varint(packet, 1)
    body = b""
    while len(body) < length:
        data = opened.recv(length - len(body))
        if not data:
            raise ConnectionError("closed the connection in mid-answer")
        body += data
    return packet + body
