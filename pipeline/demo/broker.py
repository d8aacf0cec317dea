"""The demo's broker: amqtt, in our own process and event loop, on a free loopback port.

What amqtt 0.12 is and is not (so that nobody runs a city on it):
- MQTT 3.1.1 only. With one QoS 1 subscriber it costs 300 to 500 us of CPU a message: keep the demo
  below 1,000 messages/s, and pack readings.
- It acknowledges a message before it passes it on: what a publisher sent in the moment before it
  disconnects may be lost.
- A session of a client without a user name is forgotten a second after it disconnects, whatever
  its clean-session flag says. So this broker wants a user name, and makes one up that only the
  demo knows.
- A QoS 1 message that is not acknowledged within 5 s, or whose connection breaks, is dropped
  (github.com/Yakifo/amqtt/issues/391). The queue of an absent subscriber lives in memory, without
  a limit (issue 14).
- It delivers at the subscription's QoS, also what was published at QoS 0.
"""

from __future__ import annotations

import logging
import secrets
import socket
from types import TracebackType
from typing import Self

from amqtt.broker import Broker  # type: ignore[import-untyped]
from amqtt.contexts import BrokerConfig, ListenerConfig  # type: ignore[import-untyped]
from amqtt.errors import BrokerError as AmqttError  # type: ignore[import-untyped]

from telemetry.errors import BrokerError

_ATTEMPTS = 5
_PLUGINS = {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": False}}
_LOGGERS = ("amqtt", "transitions")


class DemoBroker:
    """`async with DemoBroker() as broker:` listens until the block ends, and logs nothing.

    port: 0 until it listens. username: what clients must give (there is no password).
    """

    def __init__(self) -> None:
        self.host = "127.0.0.1"
        self.port = 0
        self.username = f"demo-{secrets.token_hex(8)}"
        self._broker: Broker | None = None

    @property
    def url(self) -> str:
        """With the user name in it."""
        return f"mqtt://{self.username}@{self.host}:{self.port}"

    @property
    def address(self) -> str:
        """To show to a person."""
        return f"mqtt://{self.host}:{self.port}"

    @property
    def clients(self) -> int:
        """How many are connected."""
        if self._broker is None:
            return 0
        return sum(session.transitions.state == "connected" for session, _ in self._broker.sessions.values())

    async def start(self) -> None:
        """Listen on a free port. Raises BrokerError if that does not work out."""
        for name in _LOGGERS:
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
        for attempt in range(_ATTEMPTS):
            port = _free_port(self.host)
            listener = ListenerConfig(bind=f"{self.host}:{port}")
            broker = Broker(BrokerConfig(listeners={"default": listener}, plugins=_PLUGINS))
            try:
                await broker.start()
            except AmqttError as error:  # someone else was quicker to take the port
                if attempt == _ATTEMPTS - 1:
                    raise BrokerError(f"the demo's broker can't listen on {self.host}: {error}") from error
                continue
            self.port, self._broker = port, broker
            return

    async def stop(self) -> None:
        """Disconnect everyone and stop listening; nothing if it does not run."""
        broker, self._broker, self.port = self._broker, None, 0
        if broker is not None:
            await broker.shutdown()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()


def _free_port(host: str) -> int:
    with socket.create_server((host, 0)) as probe:
        port: int = probe.getsockname()[1]
        return port
