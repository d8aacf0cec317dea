"""The hot path: from received bytes to columns, in one loop.

    bytes ──▶ frame ──▶ topic ──▶ typed decode ──▶ lists ──▶ columns ──▶ checks ──▶ Scanned
               │          │           │
               └──────────┴───────────┴──▶ whatever is unusual: `ingest/slow.py`, with a reason

What made it fast, in microseconds per message of one value (bench/ingest.py):
- the first five bytes of a packet are looked up in a dict of frames seen before, which gives all
  offsets at once: 0.08, against 0.2 for arithmetic byte by byte;
- the topic's bytes lead to the device's entry, which holds the decoder and, as packed bytes, series,
  gateway, flags and conversion: joined they are four columns without a look-up per reading;
- packet ids are gathered by numpy from the offsets; times are scaled and checked as columns;
- forms are compared by identity, the commonest first, in the loop itself: a call costs 0.05.
Joining payloads to decode them together, regular expressions and struct.unpack_from were slower.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from msgspec.structs import astuple
from numpy.typing import NDArray

from ingest.columns import Gathered
from ingest.decoders.base import Request
from ingest.decoders.native import MAX_SEQ
from ingest.effort import AT_ONCE, BUDGET
from ingest.forms import append
from ingest.gatekeeper import Gatekeeper
from ingest.shapes import REFUSED, Form
from ingest.slow import SlowPath
from ingest.wire import PUBLISH, V5, Control, Frame, PublishHead, check_control, decode, frame, publish_head
from journal.entries import GatewayState, Refusal
from telemetry.batch import Readings, Sequences
from telemetry.errors import WireError
from telemetry.flags import RETAINED

MAX_FRAMES: Final = 4096
MAX_PROPERTIES: Final = 65_536
KEPT_OF_TOO_LARGE: Final = 1024
"""Bytes of a payload above the limit that go to the dead letters."""

_ONE, _MANY, _SIGNED, _SINGLE, _SINGLE_UNIT = Form.ONE, Form.MANY, Form.SIGNED, Form.SINGLE, Form.SINGLE_UNIT
_FOREIGN = Form.FOREIGN

_NOT_SO = (KeyError, *REFUSED)
"""A device not known, or a message that is not as it usually is."""

Packet = tuple[int, int, int, int, bool]
"""length, and the offsets of topic, topic's end and payload (without properties); at QoS 0."""


@dataclass(frozen=True, slots=True)
class Scanned:
    """What was in the bytes: `consumed` of them need not be given again."""

    consumed: int
    wanted: int
    """Bytes, from there on, without which the next packet can't be whole; 0 if unknown."""
    messages: int
    readings: Readings
    sequences: Sequences
    refusals: tuple[Refusal, ...]
    packet_ids: NDArray[np.uint16]
    """To acknowledge, in the order received."""
    control: tuple[Control, ...]
    gateways: tuple[GatewayState, ...]
    ignored: int
    requests: tuple[Request, ...]
    """What decoders ask nadi to publish."""
    error: WireError | None
    """The bytes after these are not MQTT: close the connection."""


class Scanner:
    """Scans one connection's bytes at a time; what it learns of devices outlives connections."""

    def __init__(
        self, slow: SlowPath, gatekeeper: Gatekeeper, *, max_payload: int, ignore_retained: bool = False
    ) -> None:
        self.slow = slow
        self.gatekeeper = gatekeeper
        self.devices = slow.devices
        self.max_payload = max_payload
        self.ignore_retained = ignore_retained
        self.version = V5
        self._frames: dict[bytes, Packet] = {}
        self._skip = 0

    def reset(self, version: int) -> None:
        """A new connection begins."""
        self.version = version
        self._frames = {}
        self._skip = 0

    def succeeded_by(self, other: Scanner) -> Scanner:
        """`other`, which goes on where this one's last scan ended."""
        other.version, other._skip = self.version, self._skip
        other.slow.rules.messages.update(self.slow.rules.messages)
        return other

    def scan(self, data: bytes, now: int) -> Scanned:
        """Take whole packets from `data`, which begins where the last scan ended. now: ms, the time of arrival."""
        at = min(self._skip, len(data))
        self._skip -= at
        work = Gathered(start=at)
        error = None
        try:
            at, wanted = self._scan(data, at, work, now)
        except WireError as raised:
            error, at, wanted = raised, len(data), 0
        return self._finish(data, at, wanted, work, now, error)

    def _scan(self, data: bytes, at: int, work: Gathered, now: int) -> tuple[int, int]:
        """The loop. Returns where the first packet that is not whole begins, and the bytes it needs."""
        size, v5, properties = len(data), self.version == V5, 0
        frames, entries, slow = self._frames, self.devices.entries, self.slow
        columns, unacknowledged = work.values, work.unacknowledged.append
        value, time, record, tail = work.values.append, work.times.append, work.records.append, work.tails.append
        seq, seq_gateway = work.seqs.append, work.seq_gateways.append
        while True:
            known = frames.get(data[at : at + 5])
            if known is None:
                at, wanted = self._unusual(data, at, work, now)
                if wanted is not None:
                    return at, wanted
                if work.effort > BUDGET:
                    return at, AT_ONCE
                continue
            length, topic, topic_end, payload, plain = known
            end = at + length
            if end > size:
                return at, length
            topic_end += at
            payload += at
            if v5 and (properties := data[payload - 1]):
                payload += properties
                if properties > 127 or payload > end:
                    at, _ = self._unusual(data, at, work, now)
                    if work.effort > BUDGET:
                        return at, AT_ONCE
                    continue
            if plain:
                unacknowledged(len(work.tails))
            tail(topic_end)
            try:
                decode, form, known_record, device = entries[data[at + topic : topic_end]]
                message = decode(data[payload:end])
                if form is _ONE:
                    value(message.values.v0)
                elif form is _MANY:
                    columns += astuple(message.values)
                elif form is _SIGNED and message.gw == device.gateway_name and 0 <= message.seq <= MAX_SEQ:
                    columns += astuple(message.values)
                    seq(message.seq)
                    seq_gateway(device.gateway)
                elif form is _SINGLE:
                    known_record = device.records[message.quantity]
                    value(message.value)
                elif form is _SINGLE_UNIT:
                    known_record = device.records[message.quantity, message.unit]
                    value(message.value)
                elif form is _FOREIGN:
                    device.take(work, message, data[payload - properties - 1 : payload] if properties else b"", now)
                    at = end
                    if work.effort > BUDGET:
                        return at, AT_ONCE
                    continue
                else:
                    if not append(work, form, known_record, device, message, now):
                        slow.take(work, data[at + topic : topic_end], data[payload:end], now)
                    at = end
                    if work.effort > BUDGET:
                        return at, AT_ONCE
                    continue
                time(message.ts)
                record(known_record)
            except _NOT_SO:
                slow.take(work, data[at + topic : topic_end], data[payload:end], now)
                if work.effort > BUDGET:
                    return end, AT_ONCE
            at = end

    def _unusual(self, data: bytes, at: int, work: Gathered, now: int) -> tuple[int, int | None]:
        """A packet whose frame is not known: learn it, or deal with what it is.

        Returns where the next packet begins and None; or `at` and the bytes that the packet needs."""
        packet = frame(data, at)
        if packet is None:
            return at, 0
        whole = packet.end <= len(data)
        if packet.head >> 4 != PUBLISH:
            check_control(packet)
            if not whole:
                return at, packet.end - at
            work.control.append(decode(self.version, data, packet))
            return packet.end, None
        head = publish_head(self.version, data, packet)
        if head is None:
            return at, 0
        if packet.end - head.payload > self.max_payload or head.payload - head.topic_end > MAX_PROPERTIES:
            return self._too_large(data, packet, head, work, now), None
        if not whole:
            return at, packet.end - at
        self._learn(data, at, packet, head)
        self._message(data, packet, head, work, now)
        return packet.end, None

    def _learn(self, data: bytes, at: int, packet: Frame, head: PublishHead) -> None:
        """Retained messages and those of 16 kB and more keep to this slower way, and those that
        without properties would have too large a payload."""
        plain = not packet.head & 0x06
        payload = head.topic_end + (0 if plain else 2) + (self.version == V5)
        if packet.head & 1 or packet.start - at > 3 or packet.end - payload > self.max_payload:
            return
        if len(self._frames) >= MAX_FRAMES:
            self._frames.clear()
        self._frames[data[at : at + 5]] = packet.end - at, head.topic - at, head.topic_end - at, payload - at, plain

    def _message(self, data: bytes, packet: Frame, head: PublishHead, work: Gathered, now: int) -> None:
        topic, payload = data[head.topic : head.topic_end], data[head.payload : packet.end]
        if not packet.head & 0x06:
            work.unacknowledged.append(len(work.tails))
        work.tails.append(head.topic_end)
        retained, first = packet.head & 1, len(work.times)
        if retained and self.ignore_retained:
            work.ignored += 1
            work.spans.append((len(work.tails) - 1, 0))
            return
        properties = data[head.topic_end + (2 if packet.head & 0x06 else 0) : head.payload]
        taken = False
        try:
            decode_payload, form, record, device = self.devices.entries[topic]
            if form is not _FOREIGN:
                taken = append(work, form, record, device, decode_payload(payload), now)
        except _NOT_SO:
            pass
        if not taken:
            self.slow.take(work, topic, payload, now, properties, retained=bool(retained))
        if retained:
            work.marks.append((first, len(work.times), RETAINED))

    def _too_large(self, data: bytes, packet: Frame, head: PublishHead, work: Gathered, now: int) -> int:
        """Refuse a message by what stands before its payload, and skip the rest as it comes."""
        if not packet.head & 0x06:
            work.unacknowledged.append(len(work.tails))
        work.spans.append((len(work.tails), 0))
        work.tails.append(head.topic_end)
        size = packet.end - head.payload
        detail = f"a payload of {size} bytes; limits.max_payload is {self.max_payload}"
        if size <= self.max_payload:
            detail = f"properties of {head.payload - head.topic_end} bytes; at most {MAX_PROPERTIES} are read"
        kept = data[head.payload : min(packet.end, head.payload + KEPT_OF_TOO_LARGE)]
        topic = data[head.topic : head.topic_end].decode("utf-8", "replace")
        work.refusals.append(Refusal(now, topic, kept, "too_large", detail))
        self._skip = max(0, packet.end - len(data))
        return min(packet.end, len(data))

    def _finish(
        self, data: bytes, consumed: int, wanted: int, work: Gathered, now: int, error: WireError | None
    ) -> Scanned:
        packet_ids = _packet_ids(data, work)
        if error is None and not packet_ids.all():
            error = WireError("a PUBLISH with packet id 0")
        readings, late_refusals = self.gatekeeper.admit(data, work, self.version, now)
        return Scanned(
            consumed=consumed,
            wanted=wanted,
            messages=len(work.tails) - work.ignored,
            readings=readings,
            sequences=_sequences(work),
            refusals=(*work.refusals, *late_refusals),
            packet_ids=packet_ids,
            control=tuple(work.control),
            gateways=tuple(work.gateways),
            ignored=work.ignored,
            requests=tuple(work.requests),
            error=error,
        )


def _packet_ids(data: bytes, work: Gathered) -> NDArray[np.uint16]:
    tails = np.fromiter(work.tails, np.intp, len(work.tails))
    if work.unacknowledged:
        tails = np.delete(tails, work.unacknowledged)
    if not len(tails):
        return np.empty(0, np.uint16)
    every = np.ndarray((len(data) - 1,), ">u2", data, strides=(1,))  # the two bytes at each offset
    return every[tails].astype(np.uint16)


def _sequences(work: Gathered) -> Sequences:
    number = len(work.seqs)
    return Sequences(np.fromiter(work.seq_gateways, np.int32, number), np.fromiter(work.seqs, np.int64, number))
