"""Reads the messages of Sparkplug B; see the package's docstring for what it makes of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec

from ingest.decoders.base import Decoded, Memory, Message, Presence, Refused
from ingest.decoders.recent import Remembered
from ingest.decoders.sparkplug.births import Birth, Births, Node
from ingest.decoders.sparkplug.compressed import MAX_BODY, unpacked
from ingest.decoders.sparkplug.metrics import BDSEQ, Announced, Readings, Referred
from ingest.decoders.sparkplug.session import SEQUENCE, calm, follow, rebirth, worry
from ingest.decoders.sparkplug.topics import Place, place_of
from ingest.decoders.sparkplug.wire import INT, Malformed, Oversized, Payload, read_metric
from ingest.effort import UNIT

_PER_EFFORT: Final = 20
"""Bytes that count as one object. A metric of a few bytes, or one of its properties, is looked at as closely as a
longer one: the worst payload takes 10 us for so many."""


class HostState(msgspec.Struct):
    """What a host application says of itself since 3.0."""

    online: bool
    timestamp: int | None = None


class Sparkplug:
    """One for all edge nodes."""

    def __init__(self, memory: Memory, max_unpacked: int = MAX_BODY) -> None:
        """max_unpacked: bytes that the body of a compressed payload may grow to."""
        self._births = Births(memory)
        self._max_unpacked = max_unpacked
        self._places = Remembered(place_of)
        self._handlers: dict[str, Callable[[Place, Message, Decoded], None]] = {
            "NBIRTH": self._node_birth,
            "DBIRTH": self._device_birth,
            "NDATA": self._data,
            "DDATA": self._data,
            "NDEATH": self._node_death,
            "DDEATH": self._device_death,
            "NCMD": _ignore,
            "DCMD": _ignore,
            "STATE": _host_state,
        }

    def decode(self, message: Message) -> Decoded:
        place = self._places[message.topic]
        if isinstance(place, str):
            return Decoded(refused=[Refused("topic", place)])
        decoded = Decoded([], [], place.gateway, place.labels.copy(), [], [])
        try:
            self._handlers[place.kind](place, message, decoded)
        except Malformed as error:
            decoded.refuse("schema", f"not a Sparkplug B payload: {error}")
        except Oversized as error:
            decoded.refuse("too_large", str(error))
        return decoded

    def _unpacked(self, message: Message, decoded: Decoded) -> tuple[bytes, Payload]:
        """Raises Malformed, Oversized."""
        decoded.effort = self._max_unpacked // UNIT
        p, payload = unpacked(message.payload, self._max_unpacked)
        decoded.effort = len(p) // _PER_EFFORT
        decoded.packed = p is not message.payload
        return p, payload

    def _node_birth(self, place: Place, message: Message, decoded: Decoded) -> None:
        p, payload = self._unpacked(message, decoded)
        node = self._births.node(place.descriptor)
        birth = Birth(place.sensor)
        Readings(p, payload.moments, decoded, Announced(birth)).read(payload.metrics, payload.timestamp)
        self._births.node_born(node, birth, _bdseq(p, payload))
        node.seq = None if payload.seq is None else payload.seq % SEQUENCE
        node.dead = False
        calm(node)
        decoded.presence.append(Presence(place.descriptor, True))

    def _device_birth(self, place: Place, message: Message, decoded: Decoded) -> None:
        p, payload = self._unpacked(message, decoded)
        node = self._births.node(place.descriptor)
        birth = Birth(place.sensor)
        Readings(p, payload.moments, decoded, Announced(birth)).read(payload.metrics, payload.timestamp)
        try:
            self._births.device_born(node, place.device or "", birth)
        except ValueError as error:
            decoded.refuse("too_large", str(error))
        self._check(node, payload, message, decoded)
        decoded.presence.append(Presence(place.descriptor, True, place.sensor))

    def _data(self, place: Place, message: Message, decoded: Decoded) -> None:
        p, payload = self._unpacked(message, decoded)
        node = self._births.node(place.descriptor)
        birth = node.own if place.device is None else self._births.device(node, place.device)
        if birth is None:
            worry(node, f"{place.kind} of {place.sensor} came before its birth")
        referred = Referred(Birth(place.sensor) if birth is None else birth, node)
        Readings(p, payload.moments, decoded, referred).read(payload.metrics, payload.timestamp)
        if birth is not None and birth.changed:
            self._births.save(node, place.device, birth, message.arrival)
        self._check(node, payload, message, decoded)

    def _node_death(self, place: Place, message: Message, decoded: Decoded) -> None:
        """Its will may come when the node is long back; then its bdSeq is not that of the last birth."""
        bdseq = _bdseq(*self._unpacked(message, decoded))
        node = self._births.node(place.descriptor)
        if bdseq is None or node.bdseq is None or bdseq == node.bdseq:
            node.dead = True
            node.seq = None
            decoded.presence.append(Presence(place.descriptor, False))

    def _device_death(self, place: Place, message: Message, decoded: Decoded) -> None:
        _, payload = self._unpacked(message, decoded)
        decoded.presence.append(Presence(place.descriptor, False, place.sensor))
        self._check(self._births.node(place.descriptor), payload, message, decoded)

    def _check(self, node: Node, payload: Payload, message: Message, decoded: Decoded) -> None:
        """After any message of a node but its own birth and death."""
        if payload.seq is not None:
            follow(node, payload.seq)
        if node.births == 0:
            worry(node, "its birth was not heard")
        elif node.dead:
            worry(node, "it sends after its death")
        if node.trouble is not None:
            request = rebirth(node, message.arrival)
            if request is not None:
                decoded.requests.append(request)


def _ignore(place: Place, message: Message, decoded: Decoded) -> None:
    """Commands of hosts, our own among them, are not for us."""


def _host_state(place: Place, message: Message, decoded: Decoded) -> None:
    """Of a host application, which has no readings: only its form is checked."""
    if message.payload in (b"ONLINE", b"OFFLINE"):  # before 3.0
        return
    try:
        msgspec.json.decode(message.payload, type=HostState)
    except msgspec.ValidationError as error:
        decoded.refuse("schema", f"STATE: {error}"[:200])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        decoded.refuse("json", 'STATE: expected {"online": true or false, "timestamp": ms}, ONLINE or OFFLINE')


def _bdseq(p: bytes, payload: Payload) -> int | None:
    """The birth and death number among the metrics."""
    for begin, end in payload.metrics:
        try:
            name, _, _, _, _, held, value, _ = read_metric(p, begin, end, payload.moments)
        except Malformed:
            continue
        if name == BDSEQ and held is INT:
            return int(value)
    return None
