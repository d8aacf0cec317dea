"""The careful way of one message: reasons for what is wrong, names for what is new.

Costs about 15 us a message, where the scanner's loop costs 1: it is for a device's first message,
for changes, and for faults.
"""

from __future__ import annotations

from collections import Counter
from typing import Final

from ingest.admission import OUT, GatewayPlace, locate
from ingest.columns import Gathered
from ingest.decoders import native
from ingest.decoders.native import Faults, Item
from ingest.devices import Device, Devices, Refused
from ingest.effort import LIGHT, OVER, UNIT, Efforts
from ingest.packing import PackingFault, unpack
from ingest.rules import Rules
from journal.entries import GatewayState, Refusal
from telemetry.flags import NO_TIME
from telemetry.series import Device as Place
from telemetry.time import YEAR_2000

_STATES: Final = {b"online": True, b"offline": False}


class SlowPath:
    """Takes a message that no typed decoder fits. max_future: ms ahead of our clock. max_unpacked: bytes that
    come of a packed payload. efforts: what each sender's messages took."""

    def __init__(self, devices: Devices, rules: Rules, efforts: Efforts, *, max_future: int, max_unpacked: int) -> None:
        self.devices = devices
        self.efforts = efforts
        self.max_unpacked = max_unpacked
        self.rules = rules
        self.max_future = max_future

    def take(
        self, work: Gathered, topic: bytes, payload: bytes, now: int, properties: bytes = b"", *, retained: bool = False
    ) -> None:
        """Add a message's good readings to `work`, and a refusal per reason for the others.

        The message is already counted in `work.tails`. properties: the PUBLISH's (MQTT 5), from their length on."""
        sender = self.rules.sender(topic, self.devices)
        if sender is not None:
            sender.take(work, payload, properties, now, retained=retained)
            return
        first = len(work.times)
        faults = Faults()
        gateway = -1
        if topic.startswith(OUT):
            work.ignored += 1
        else:
            entry = self.devices.entries.get(topic)
            place = entry[3].place if entry else locate(topic)
            if isinstance(place, Place):
                gateway = self._readings(work, topic, place, payload, now, faults)
            elif isinstance(place, GatewayPlace):
                _gateway_state(work, place, payload, faults)
            else:
                faults.add("topic", place)
        items = len(work.times) - first
        if items != 1:
            work.spans.append((len(work.tails) - 1, items))
        if faults:
            name = topic.decode("utf-8", "replace")
            work.refusals += [
                Refusal(now, name, payload, reason, detail, gateway, number)
                for reason, (detail, number) in faults.by_reason.items()
            ]

    def _readings(self, work: Gathered, topic: bytes, place: Place, payload: bytes, now: int, faults: Faults) -> int:
        """Returns the device's gateway, -1 where unknown."""
        device = self.devices.device(topic, place)
        if self.efforts.over(topic, now) and not (payload[:1] == b"{" and len(payload) <= LIGHT):
            faults.add("rate", OVER)
            return device.gateway
        effort = self.max_unpacked // UNIT
        try:
            plain = unpack(payload, self.max_unpacked)
            decoded = native.decode(plain)
            effort = max(decoded.size, 0 if plain is payload else len(plain) // UNIT)
        except PackingFault as fault:
            faults.add(fault.reason, str(fault))
            return device.gateway
        finally:
            work.effort += effort
            self.efforts.charge(topic, effort, now)
        faults.by_reason = decoded.faults.by_reason
        untimed: Counter[str] = Counter()
        for item in decoded.items:
            self._item(work, device, item, now, faults, untimed)
        if not faults:
            self.devices.learn(device, decoded)
        return device.gateway

    def _item(
        self, work: Gathered, device: Device, item: Item, now: int, faults: Faults, untimed: Counter[str]
    ) -> None:
        readings = len(item.readings)
        believed = item.gateway is None or self.devices.assign(device, item.gateway)
        # A counter that is another gateway's must move nobody's receipts.
        if item.seq is not None and device.gateway >= 0 and believed:
            work.sequence(device.gateway, item.seq)
        if not readings:
            return
        if item.time is not None and item.time < YEAR_2000:
            faults.add("time", f"ts: {item.time} ms is before the year 2000", readings)
            work.clock(device.place, item.time)
            return
        if item.time is not None and item.time > now + self.max_future:
            faults.add("future", f"ts: {item.time - now} ms ahead of our clock", readings)
            work.clock(device.place, item.time)
            return
        self._records(work, device, item, now, faults, untimed)

    def _records(
        self, work: Gathered, device: Device, item: Item, now: int, faults: Faults, untimed: Counter[str]
    ) -> None:
        """Add what can be recorded of an item whose time is good."""
        records: list[bytes] = []
        values: list[float] = []
        for quantity, value, unit in item.readings:
            if item.time is None and untimed[quantity]:
                faults.add("time", f"{quantity}: a second reading without ts in one message")
                continue
            try:
                records.append(self.devices.record(device, quantity, unit))
            except Refused as refused:
                faults.add(refused.reason, str(refused))
                continue
            values.append(value)
            untimed[quantity] += item.time is None
        if not records:
            return
        if item.time is None:
            work.marks.append((len(work.times), len(work.times) + 1, NO_TIME))
        work.times.append(now if item.time is None else item.time)
        work.records.append(b"".join(records))
        work.values += values


def _gateway_state(work: Gathered, place: GatewayPlace, payload: bytes, faults: Faults) -> None:
    online = _STATES.get(payload)
    if online is not None:
        work.gateways.append(GatewayState(place.city, place.gateway, online))
    elif payload:
        faults.add("schema", "a gateway's state is `online` or `offline`")
    # An empty payload deletes a retained state: the gateway is no more, and says nothing.
