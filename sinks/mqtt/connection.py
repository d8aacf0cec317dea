"""A connection that publishes and waits until the broker has answered for each message.

paho-mqtt runs it in a thread of its own; what it tells comes back through the loop.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from sinks.base import Denied, Outcome, Oversized, Refused, Throttled, Unreachable, Written

SECONDS: Final = 30.0
"""For connecting, and for the answers to messages."""
WINDOW: Final = 200
"""Messages that wait for their answers."""
HEADERS: Final = 64
"""Bytes of a packet beside topic, payload and content type."""
_NOT_ALLOWED: Final = frozenset((0x86, 0x87, 0x8A, 0x8C))
"""Bad user name or password, not authorised, banned, bad authentication method: a person has to help."""
_NO_ROOM: Final = frozenset((0x93, 0x96, 0x97))
"""Receive maximum exceeded, message rate too high, quota exceeded."""
_TOO_LARGE: Final = 0x95
_OVER_WHAT_WE_SENT: Final = frozenset((0x80, 0x81, 0x82, 0x83, 0x90, 0x95, 0x99))
"""With what a broker ends a connection over a message that it can't take: unspecified (also where it just closes),
malformed, protocol error, implementation specific, topic name, packet too large, payload format."""


@dataclass(frozen=True, slots=True)
class Broker:
    """Where the broker is and how to speak to it. tls: None without; protocol: "5" or "3.1.1"."""

    host: str
    port: int
    tls: ssl.SSLContext | None = None
    username: str | None = None
    password: str | None = None
    client_id: str = ""
    protocol: str = "5"
    keep_alive: int = 30

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Closed(Unreachable):
    """The broker has closed the connection while messages waited for their answers, maybe because of one."""


@dataclass(frozen=True, slots=True)
class Message:
    topic: str
    payload: bytes


class Failed(Exception):
    """What came of it has a name: `outcome`."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome)
        self.outcome = outcome


class Connection:
    """Made by `connect`; once it has failed it is of no more use."""

    def __init__(self, broker: Broker, loop: asyncio.AbstractEventLoop) -> None:
        self.broker = broker
        self.lost: asyncio.Future[str] = loop.create_future()
        """Why the connection has ended."""
        self._loop = loop
        self._accepted: asyncio.Future[tuple[int, str, int]] = loop.create_future()
        self._answers: dict[int, asyncio.Future[tuple[int, str]]] = {}
        self._most = 268_435_455
        self._may_blame_us = False
        version = MQTTProtocolVersion.MQTTv5 if broker.protocol == "5" else MQTTProtocolVersion.MQTTv311
        clean: dict[str, Any] = {} if broker.protocol == "5" else {"clean_session": True}
        client = Client(
            CallbackAPIVersion.VERSION2, broker.client_id, protocol=version, reconnect_on_failure=False, **clean
        )
        client.max_inflight_messages_set(WINDOW)
        client.username_pw_set(broker.username, broker.password)
        if broker.tls is not None:
            client.tls_set_context(broker.tls)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_publish = self._on_publish
        self._client = client

    @classmethod
    async def connect(cls, broker: Broker) -> Connection:
        """Raises Failed."""
        made = cls(broker, asyncio.get_running_loop())
        try:
            async with asyncio.timeout(SECONDS):
                await asyncio.to_thread(made._client.connect, broker.host, broker.port, broker.keep_alive)
                made._client.loop_start()
                code, words, made._most = await made._accepted
        except ssl.SSLCertVerificationError as error:
            raise Failed(Denied(f"{broker}: {error.verify_message}")) from error
        except TimeoutError as error:
            await made.close()
            raise Failed(Unreachable(f"{broker} does not answer within {SECONDS:g} s")) from error
        except OSError as error:
            raise Failed(Unreachable(f"{broker}: {error.strerror or error}")) from error
        except asyncio.CancelledError:
            await made.close()
            raise
        if code >= 0x80:
            await made.close()
            text = f"{broker} refuses the connection: {words}"
            raise Failed(Denied(text) if code in _NOT_ALLOWED else Unreachable(text))
        return made

    async def publish(self, messages: Sequence[Message], qos: int, media: str) -> Outcome:
        """All of them, in order; what came of the worst."""
        for batch in _batches(messages):
            if any(len(m.topic.encode()) + len(m.payload) + len(media) + HEADERS > self._most for m in batch):
                return Oversized()
            answers = await self._answered(batch, qos, media)
            if isinstance(answers, Unreachable):
                return answers
            for message, (code, words) in zip(batch, answers, strict=True):
                if code >= 0x80:
                    return _outcome(code, f"{self.broker} refuses {message.topic}: {words}")
        return Written()

    async def close(self) -> None:
        """Also where it has failed."""
        self._client.disconnect()
        await asyncio.to_thread(self._client.loop_stop)
        if not self.lost.done():
            self.lost.set_result("closed")
        self._answers.clear()

    async def _answered(self, batch: Sequence[Message], qos: int, media: str) -> list[tuple[int, str]] | Unreachable:
        properties = self._properties(media)
        waiting = []
        for message in batch:
            # No other task runs between the message and its future, so that no answer finds none.
            number = self._client.publish(message.topic, message.payload, qos, properties=properties).mid
            waiting.append(self._answers.setdefault(number, self._loop.create_future()))
        done = asyncio.gather(*waiting)
        ends: set[asyncio.Future[Any]] = {done, self.lost}
        await asyncio.wait(ends, timeout=SECONDS, return_when=asyncio.FIRST_COMPLETED)
        if done.done():
            return done.result()
        done.cancel()
        await asyncio.gather(done, return_exceptions=True)
        self._answers.clear()
        if self.lost.done():
            outcome = Closed if self._may_blame_us else Unreachable
            return outcome(f"{self.broker}: {self.lost.result()}")
        return Unreachable(f"{self.broker} does not acknowledge within {SECONDS:g} s")

    def _properties(self, media: str) -> Properties | None:
        if self.broker.protocol != "5":
            return None
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        properties.ContentType = media
        properties.PayloadFormatIndicator = 1
        return properties

    # What paho calls, in its thread.

    def _on_connect(self, client: Client, data: Any, flags: Any, reason: ReasonCode, properties: Any) -> None:
        most = getattr(properties, "MaximumPacketSize", None) or self._most
        self._tell(lambda: _settle(self._accepted, (reason.value, str(reason), most)))

    def _on_disconnect(self, client: Client, data: Any, flags: Any, reason: ReasonCode, properties: Any) -> None:
        words = f"the connection has ended: {reason}"
        self._may_blame_us = reason.value in _OVER_WHAT_WE_SENT
        self._tell(lambda: _settle(self._accepted, (0x80, words, 0)))
        self._tell(lambda: _settle(self.lost, words))

    def _on_publish(self, client: Client, data: Any, number: int, reason: ReasonCode, properties: Any) -> None:
        def settle() -> None:
            if (answer := self._answers.pop(number, None)) is not None:
                _settle(answer, (reason.value, str(reason)))

        self._tell(settle)

    def _tell(self, what: Callable[[], None]) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(what)


def _settle(future: asyncio.Future[Any], result: Any) -> None:
    if not future.done():
        future.set_result(result)


def _batches(messages: Sequence[Message]) -> Iterator[Sequence[Message]]:
    for begin in range(0, len(messages), WINDOW):
        yield messages[begin : begin + WINDOW]


def _outcome(code: int, words: str) -> Outcome:
    """MQTT 5, section 3.4.2.1."""
    if code in _NOT_ALLOWED:
        return Denied(words)
    if code in _NO_ROOM:
        return Throttled(None)
    return Oversized() if code == _TOO_LARGE else Refused(words)
