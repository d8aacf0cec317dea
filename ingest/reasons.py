"""What a broker's reason codes mean for us (MQTT 3.1.1 table 3.1; MQTT 5 section 2.4)."""

from __future__ import annotations

from ingest.properties import REASON_STRING
from ingest.wire import V5, ConnAck, Disconnect
from telemetry.errors import NadiError

TAKEN_OVER = 0x8E

_CONNACK_311 = {
    1: "it does not speak MQTT 3.1.1",
    2: "it does not allow our client id",
    3: "it is not available",
    4: "wrong user name or password",
    5: "not authorised",
}
_CODES = {
    0x80: "unspecified error",
    0x81: "malformed packet",
    0x82: "protocol error",
    0x83: "implementation specific error",
    0x84: "it does not speak MQTT 5; set mqtt.protocol to '3.1.1'",
    0x85: "it does not allow our client id",
    0x86: "wrong user name or password",
    0x87: "not authorised",
    0x88: "it is not available",
    0x89: "it is busy",
    0x8A: "we are banned",
    0x8B: "it is shutting down",
    0x8C: "bad authentication method",
    0x8D: "it heard nothing from us for too long",
    0x8E: "another client has connected with our client id",
    0x8F: "topic filter invalid",
    0x93: "we took more messages than our receive maximum",
    0x95: "packet too large",
    0x97: "quota exceeded",
    0x98: "closed by an administrator",
    0x9B: "it does not support this QoS",
    0x9C: "use another server",
    0x9D: "it has moved",
    0x9E: "it does not support shared subscriptions",
    0x9F: "we connect too often",
    0xA2: "it does not support wildcard subscriptions",
}
_SLOW_311 = frozenset((1, 2, 4, 5))
_SLOW = frozenset((0x84, 0x85, 0x86, 0x87, 0x8A, 0x8C, 0x9C, 0x9D))
"""Only a person can mend these: said once, and retried slowly."""


class ConnectRefused(NadiError):
    """The broker answered CONNECT with a refusal."""

    def __init__(self, message: str, *, slow: bool) -> None:
        super().__init__(message)
        self.slow = slow


class SubscriptionRefused(NadiError):
    """The broker refuses every topic filter."""


class TakenOver(NadiError):
    """Another client uses our client id."""


class Lost(NadiError):
    """The connection ended; it is made again."""


class Dismissed(Lost):
    """The broker ended it, and said why."""


def refused(version: int, answer: ConnAck) -> ConnectRefused:
    codes, slow = (_CODES, _SLOW) if version == V5 else (_CONNACK_311, _SLOW_311)
    reason = codes.get(answer.code, f"reason code 0x{answer.code:02x}")
    return ConnectRefused(f"the broker refuses the connection: {reason}{_said(answer)}", slow=answer.code in slow)


def dismissed(packet: Disconnect) -> NadiError:
    """What a DISCONNECT from the broker amounts to."""
    reason = _CODES.get(packet.code, f"reason code 0x{packet.code:02x}")
    message = f"the broker has ended the connection: {reason}{_said(packet)}"
    return TakenOver(message) if packet.code == TAKEN_OVER else Dismissed(message)


def meaning(code: int) -> str:
    """In words, that of a SUBACK or PUBACK."""
    return _CODES.get(code, f"reason code 0x{code:02x}")


def _said(packet: ConnAck | Disconnect) -> str:
    text = packet.properties.get(REASON_STRING)
    return f" ({str(text)[:200]})" if text else ""
