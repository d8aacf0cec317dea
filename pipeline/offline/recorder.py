"""Listens to a broker and writes what comes to a recording: MQTT 5, QoS 1.

MQTT 5, since only there a message keeps the retain flag that it was published with.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from typing import Generic, Protocol, TypeVar

import numpy as np

from config.settings import MqttSettings
from ingest import wire
from ingest.endpoint import endpoint
from ingest.keepalive import KeepAlive
from ingest.link import Link
from ingest.reasons import ConnectRefused, Lost, TakenOver, dismissed, meaning
from ingest.session import introduce, open_link
from ingest.waiting import pause, unless
from simulators.recording import Message
from telemetry.errors import BrokerError, WireError

FLUSH = 1.0
"""Seconds after which what has come is in the file at the latest."""
_BUDGET = 1 << 22
"""Bytes gathered before the socket is left alone."""
_RETRY = (0.5, 10.0)


class Keeper(Protocol):
    """Where messages go: a recording's Writer, say."""

    @property
    def messages(self) -> int:
        """Taken so far."""
        ...

    def write(self, message: Message) -> None: ...

    def flush(self) -> None: ...


K = TypeVar("K", bound=Keeper)


class Recorder(Generic[K]):
    """Records until `stop()`, or until `limit` messages are written. A lost connection is opened again."""

    def __init__(self, settings: MqttSettings, writer: K, limit: int | None = None) -> None:
        self.settings = settings
        self.writer = writer
        self.limit = limit
        self.losses = 0
        """Connections that broke: what was published until the next one is missing."""
        self.trouble: str | None = None
        self.listening = asyncio.Event()
        """The broker has accepted the filters, at least once."""
        self._client_id = f"nadi-record-{secrets.token_hex(6)}"
        self._endpoint = endpoint(settings)
        self._stopping = asyncio.Event()
        self._link: Link | None = None

    def stop(self) -> None:
        """End after what has come is written."""
        self._stopping.set()
        if self._link is not None:
            self._link.wake()

    async def run(self) -> None:
        """Raises BrokerError where the broker can't be reached at first, or refuses us."""
        wait = _RETRY[0]
        while not self._stopping.is_set():
            try:
                await self._connection()
            except (OSError, Lost, TakenOver, WireError) as error:
                told = f"{self._endpoint}: {str(error) or type(error).__name__}"
                if not self.listening.is_set():
                    raise BrokerError(told) from None
                self.losses += self.trouble is None
                self.trouble = told
                await pause(self._stopping, wait)
                wait = min(2 * wait, _RETRY[1])
            except ConnectRefused as error:
                raise BrokerError(f"{self._endpoint}: {error}") from None
            else:
                wait = _RETRY[0]

    async def _connection(self) -> None:
        link = self._link = await unless(self._stopping, open_link(self._endpoint, _BUDGET))
        if link is None:
            return
        waking = asyncio.create_task(_wake(link))
        try:
            granted = await unless(self._stopping, introduce(link, self.settings, self._client_id))
            if granted is None:
                return
            keep_alive = KeepAlive(link, granted.keep_alive)
            try:
                link.write(wire.subscribe(wire.V5, 1, self.settings.topics, self.settings.qos, retain_as=1))
                await self._take(link)
            finally:
                keep_alive.stop()
        finally:
            waking.cancel()
            link.close()

    async def _take(self, link: Link) -> None:
        """Write and acknowledge, until the end."""
        flushed = time.monotonic()
        while not self._stopping.is_set():
            await link.readable()
            data = link.peek(_BUDGET)
            arrival = time.time_ns() // 1000
            at, acknowledged = 0, list[int]()
            while (packet := wire.frame(data, at)) is not None and packet.end <= len(data):
                if packet.head >> 4 == wire.PUBLISH:
                    self._write(wire.publish_of(wire.V5, data, packet), arrival, acknowledged)
                else:
                    self._control(wire.decode(wire.V5, data, packet))
                at = packet.end
            link.consume(at, max(1, packet.end - at if packet else len(data) - at + 1))
            link.write(wire.pubacks(np.array(acknowledged, np.uint16)))
            if time.monotonic() - flushed >= FLUSH:
                self.writer.flush()
                flushed = time.monotonic()
            if link.closed and not at:
                raise Lost(link.failure)
        link.write(wire.disconnect(wire.V5))

    def _write(self, found: wire.Publish, arrival: int, acknowledged: list[int]) -> None:
        if self.limit is not None and self.writer.messages >= self.limit:
            self._stopping.set()
            return
        topic = found.topic.decode("utf-8", "replace")
        self.writer.write(Message(arrival, topic, found.payload, found.qos, found.retain))
        if found.qos:
            acknowledged.append(found.packet_id)
        if self.writer.messages == self.limit:
            self._stopping.set()

    def _control(self, packet: wire.Control) -> None:
        if isinstance(packet, wire.Disconnect):
            raise Lost(dismissed(packet))
        if isinstance(packet, wire.SubAck):
            refused = [
                f"{name}: {meaning(code)}"
                for name, code in zip(self.settings.topics, packet.codes, strict=False)
                if code >= 0x80
            ]
            if refused:
                raise BrokerError(f"{self._endpoint} refuses {', '.join(refused)}")
            self.listening.set()
            self.trouble = None


async def _wake(link: Link) -> None:
    """So that it is looked at now and then, though nothing comes."""
    while True:
        await asyncio.sleep(FLUSH)
        link.wake()
