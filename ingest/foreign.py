"""Messages of other formats at work: from a decoder's readings to the lists of `Gathered`.

    payload ──▶ unpacked ──▶ Decoder ──▶ readings ──▶ records, remembered by (sensor, quantity, unit)

Whose a topic's messages are: `ingest/rules.py`. What is remembered of readings: `ingest/records.py`.
"""

from __future__ import annotations

import logging
import math
from collections import Counter
from collections.abc import Sequence
from typing import Final

import numpy as np

from ingest.columns import Conversions, Gathered
from ingest.content import form_of
from ingest.decoders.base import Decoded, Decoder, Message, Reading, Refused, too_long
from ingest.decoders.native import Faults
from ingest.effort import HEAVY, LIGHT, OVER, UNIT, Efforts
from ingest.mapping.mapper import Company, Mapper, MappingFault
from ingest.mapping.names import NameFault, level_name
from ingest.packing import PackingFault, unpack
from ingest.records import Known, Records
from journal.entries import GatewayState, Refusal
from telemetry.errors import Unavailable
from telemetry.flags import NO_TIME
from telemetry.sensors import SensorTable
from telemetry.time import YEAR_2000

log = logging.getLogger("nadi.ingest")

TOPIC_SHARE: Final = 10
"""So many gateways may stand behind one topic of another format, where nadi's own is one device's."""
CHARGED: Final = TOPIC_SHARE * HEAVY
"""What takes less is not charged to its sender."""
MAX_UNPLACED: Final = 5_000
"""Readings of one message that find no place, after which others of names that are not known are refused unseen:
to look for a place takes 20 us, and what has found none is not remembered."""
UNSEEN: Final = "too many of this sender's readings find no place; those of names that are not known are not looked at"
ENDLESS: Final = 10**12

_PLAIN: Final = (b"{", b"[")
"""How a payload begins that is not packed."""


class Rule:
    """One rule of the settings at work. decoders: by name of format; `form` is the rule's own."""

    def __init__(
        self,
        form: str,
        filters: Sequence[str],
        decoders: dict[str, Decoder],
        mapper: Mapper,
        sensors: SensorTable,
        conversions: Conversions,
        *,
        max_future: int,
        max_unpacked: int,
    ) -> None:
        self.form = form
        self.filters = [tuple(name.split("/")) for name in filters]
        self.decoders = decoders
        self.mapper = mapper
        self.table = sensors.table
        self.max_future = max_future
        self.max_unpacked = max_unpacked
        self.messages: Counter[str] = Counter()
        """Decoded, by format."""
        self.efforts = Efforts(ENDLESS)
        """What each sender's packed messages took."""
        self.vain = Efforts(ENDLESS)
        """Of how many of each sender's readings the place was looked for in vain."""
        self._decoder = decoders[form]
        self.records = Records(mapper, sensors, conversions, (form, *filters))
        self._faults = Faults()
        self._failed: set[str] = set()

    def take(
        self,
        work: Gathered,
        topic: str,
        payload: bytes,
        now: int,
        content_type: str | None = None,
        *,
        retained: bool = False,
    ) -> None:
        """Add what a message holds to `work`; the message is already counted in `work.tails`."""
        first = len(work.times)
        faults = self._faults
        gateway = -1
        try:
            unpacked = payload
            if len(payload) > LIGHT or payload[:1] not in _PLAIN:
                unpacked = self._unpacked(work, topic, payload, now)
            form, decoded = self._decode(Message(topic, unpacked, now, content_type, retained))
        except PackingFault as fault:
            faults.add(fault.reason, str(fault))
        else:
            for reason, detail in decoded.refused:
                faults.add(reason, detail)
            effort = len(decoded.readings) + len(decoded.refused)
            if effort < decoded.effort:
                effort = decoded.effort
            work.effort += effort
            if effort >= CHARGED:
                self._charge(topic, decoded, effort, packed=decoded.packed or unpacked is not payload, now=now)
            if decoded.readings or decoded.presence:
                gateway = self._take(work, topic, form, decoded, now, faults)
            if decoded.requests:
                work.requests += decoded.requests
        items = len(work.times) - first
        if items != 1:
            work.spans.append((len(work.tails) - 1, items))
        if faults:
            self._faults = Faults()
            work.refusals += [
                Refusal(now, topic, payload, reason, detail, gateway, number)
                for reason, (detail, number) in faults.by_reason.items()
            ]

    def _charge(self, topic: str, decoded: Decoded, effort: int, *, packed: bool, now: int) -> None:
        """What is packed costs its sender a share, and so does what was looked at for nothing."""
        if decoded.readings and not packed:
            effort = len(decoded.refused)
        self.efforts.charge(topic.encode(), effort // TOPIC_SHARE, now)

    def _unpacked(self, work: Gathered, topic: str, payload: bytes, now: int) -> bytes:
        """What a payload holds that may be packed, or is large. Raises PackingFault."""
        sender = topic.encode()
        if self.efforts.over(sender, now):
            raise PackingFault("rate", OVER)
        if payload[:1] in _PLAIN:
            return payload
        effort = self.max_unpacked // UNIT
        try:
            unpacked = unpack(payload, self.max_unpacked, self.form)
            effort = len(unpacked) // UNIT if unpacked is not payload else 0
        finally:
            work.effort += effort
            self.efforts.charge(sender, effort // TOPIC_SHARE, now)
        return unpacked

    def _decode(self, message: Message) -> tuple[str, Decoded]:
        """The format that it was taken for, and what was in it."""
        form, decoder = self.form, self._decoder
        if message.content_type is not None:
            named = form_of(message.content_type)
            if named in self.decoders:
                form, decoder = named, self.decoders[named]
        self.messages[form] += 1
        if (fault := too_long(message.topic)) is not None:
            return form, Decoded(refused=[Refused("topic", fault)])
        try:
            return form, decoder.decode(message)
        except Unavailable:
            raise  # no fault of the message: it is asked for again, and not refused
        except Exception:
            # A decoder promises not to raise. Where it does all the same, one message must not stop the others.
            if form not in self._failed:
                self._failed.add(form)
                log.exception("a decoder failed", extra={"format": form, "topic": message.topic})
            decoded = Decoded()
            decoded.refuse("schema", f"{form}: the decoder failed; the log says how")
            return form, decoded

    def _take(self, work: Gathered, topic: str, form: str, decoded: Decoded, now: int, faults: Faults) -> int:
        """The readings and presences of a message. Returns its gateway, -1 where unknown."""
        placing = self.mapper.placing
        context = placing.context(topic, decoded.labels, decoded.gateway) if placing.fields else ()
        try:
            known = self.records.of(form, decoded.gateway, context)
            for one in decoded.presence:
                # A device stands beside gateways here: what processes it tells them apart by their names.
                name = level_name(one.gateway if one.device is None else one.device)
                work.gateways.append(GatewayState(placing.city_in(context), name, one.online))
        except NameFault as fault:
            faults.add("schema", f"gateway: {fault}", max(1, len(decoded.readings)))
            return -1
        if decoded.readings:
            readings = decoded.marked()
            if not self._all(work, known, readings, now):
                self._each_of(topic, work, known, readings, now, faults)
            if known.gateway >= 0:
                self.records.follow(known, readings)
        return known.gateway

    def _all(self, work: Gathered, known: Known, readings: Sequence[Reading], now: int) -> bool:
        """Add all readings, where they are as usual: known, plausible, and either all timed or none. Else nothing.

        A loop takes half the time of zip and map over columns, for ten readings as for one."""
        records, latest = known.records, now + self.max_future
        values: list[float] = []
        times: list[int] = []
        made: list[bytes] = []
        try:
            for sensor, quantity, value, unit, time in readings:
                if value.__class__ is not float:
                    return False
                made.append(records[sensor, quantity, unit])
                values.append(value)
                if time is not None:
                    if not YEAR_2000 <= time <= latest:
                        return False
                    times.append(time)
        except KeyError:
            return False
        if len(times) != len(made):
            if times or len(set(made)) != len(made):
                return False
            _mark(work, len(made), NO_TIME)
            times = [now] * len(made)
        work.values += values
        work.times += times
        work.records += made
        return True

    def _each_of(
        self, topic: str, work: Gathered, known: Known, readings: Sequence[Reading], now: int, faults: Faults
    ) -> None:
        """Add what can be taken, one by one, and say what can't. Whoever makes nadi look for places in vain again and
        again is looked for none: what is known is taken all the same."""
        sender = topic.encode()
        most = 0 if self.vain.over(sender, now) else MAX_UNPLACED
        self.vain.charge(sender, self._each(work, known, readings, now, faults, most), now, least=1)

    def _each(
        self, work: Gathered, known: Known, readings: Sequence[Reading], now: int, faults: Faults, most: int
    ) -> int:
        """most: readings that may find no place. Returns how many have."""
        latest = now + self.max_future
        timeless: set[bytes] = set()
        unplaced = 0
        company = Company(readings, known.form)
        for sensor, quantity, value, unit, time in readings:
            made = known.records.get((sensor, quantity, unit))
            if made is None:
                if unplaced >= most:
                    faults.add("rate", UNSEEN)
                    continue
                try:
                    made = self.records.make(known, company, (sensor, quantity, unit))
                except MappingFault as fault:
                    faults.add(fault.reason, str(fault))
                    unplaced += 1
                    continue
            if time is None:
                if made in timeless:
                    faults.add("time", f"{sensor:.60} {quantity:.60}: a second reading without a time in one message")
                    continue
                timeless.add(made)
                _mark(work, 1, NO_TIME)
                time = now
            elif not YEAR_2000 <= time <= latest:
                self._refuse_time(work, made, f"{sensor:.60} {quantity:.60}", time, now, faults)
                continue
            work.values.append(_double(value))
            work.times.append(time)
            work.records.append(made)
        return unplaced

    def _refuse_time(self, work: Gathered, made: bytes, name: str, time: int, now: int, faults: Faults) -> None:
        if time < YEAR_2000:
            faults.add("time", f"{name}: {time} ms is before the year 2000")
        else:
            faults.add("future", f"{name}: {time - now} ms ahead of our clock")
        device = self.table.devices[int(self.table.device_of[np.frombuffer(made, np.int32)[0]])]
        assert device is not None
        work.clock(device, time)


def _mark(work: Gathered, items: int, flags: int) -> None:
    """The next items have these flags."""
    first = end = len(work.times)
    if work.marks and work.marks[-1][1:] == (first, flags):
        first = work.marks.pop()[0]
    work.marks.append((first, end + items, flags))


def _double(value: float) -> float:
    """What a float64 holds of a number; an infinity, which is refused later, for more than that."""
    try:
        return float(value)
    except OverflowError:
        return math.inf
