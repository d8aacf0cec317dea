"""From a message that a typed decoder has read to the lists of `Gathered`, for every form.

The scanner's loop has the commonest forms written out once more, where a call would cost too much.
"""

from __future__ import annotations

from typing import Any, Final

from msgspec import UNSET
from msgspec.structs import astuple

from ingest.columns import RECORD, Gathered
from ingest.decoders.native import MAX_READINGS, MAX_SEQ
from ingest.devices import Device
from ingest.shapes import Flexible, Form
from telemetry.flags import NO_TIME

MAX_BYTES: Final = MAX_READINGS * RECORD
"""Of the records of one message."""


def append(work: Gathered, form: Form, record: bytes, device: Device, message: Any, now: int) -> bool:
    """Add a whole message, or nothing and return False: then it needs a careful look.

    The message is already counted in `work.tails`. Raises KeyError where `device` has no record
    of a quantity or unit, having added nothing."""
    if form is Form.PACKED:
        return _packed(work, record, message)
    if form is Form.FLEXIBLE:
        return _flexible(work, device, message, now)
    if form is Form.SIGNED:
        if message.gw != device.gateway_name or not 0 <= message.seq <= MAX_SEQ:
            return False
        work.sequence(device.gateway, message.seq)
    if form is Form.SINGLE:
        record = device.records[message.quantity]
        work.values.append(message.value)
    elif form is Form.SINGLE_UNIT:
        record = device.records[message.quantity, message.unit]
        work.values.append(message.value)
    else:
        work.values += astuple(message.values)
    work.times.append(message.ts)
    work.records.append(record)
    return True


def _packed(work: Gathered, record: bytes, messages: list[Any]) -> bool:
    number = len(messages)
    if not number or number * len(record) > MAX_BYTES:
        return False
    if len(messages[0].values.__struct_fields__) == 1:
        work.values += [message.values.v0 for message in messages]
    else:
        for message in messages:
            work.values += astuple(message.values)
    work.times += [message.ts for message in messages]
    work.records += [record] * number
    work.spans.append((len(work.tails) - 1, number))
    return True


def _flexible(work: Gathered, device: Device, message: Flexible | list[Flexible], now: int) -> bool:
    if isinstance(message, list):
        # Several objects without `ts` may name a series twice: that needs a careful look.
        if not message or any(item.ts is UNSET for item in message):
            return False
        read = [_record(item, device) for item in message]
        if None in read or sum(len(record or b"") for record in read) > MAX_BYTES:
            return False
        work.spans.append((len(work.tails) - 1, len(message)))
        for item, record in zip(message, read, strict=True):
            _add(work, device, item, record or b"", now)
        return True
    record = _record(message, device)
    if record is None or len(record) > MAX_BYTES:
        return False
    _add(work, device, message, record, now)
    return True


def _record(item: Flexible, device: Device) -> bytes | None:
    """The records of an object's readings, joined; None if it is not plainly right."""
    records, values = device.records, item.values
    if item.gw is not UNSET and item.gw != device.gateway_name:
        return None
    if item.seq is not UNSET and not 0 <= item.seq <= MAX_SEQ:
        return None
    if values is UNSET:
        if item.quantity is UNSET or item.value is UNSET or item.units is not UNSET:
            return None
        return records[item.quantity if item.unit is UNSET else (item.quantity, item.unit)]
    if not values or not (item.quantity is item.value is item.unit is UNSET):
        return None
    units = item.units
    if units is UNSET:
        return b"".join([records[quantity] for quantity in values])
    return b"".join([records[(quantity, units[quantity]) if quantity in units else quantity] for quantity in values])


def _add(work: Gathered, device: Device, item: Flexible, record: bytes, now: int) -> None:
    number, ts = len(work.times), item.ts
    if isinstance(ts, int):
        work.times.append(ts)
    else:
        work.times.append(now if ts is UNSET else 0)
        if isinstance(ts, float):
            work.floats.append((number, ts))
        elif isinstance(ts, str):
            work.texts.append((number, ts))
        else:
            work.marks.append((number, number + 1, NO_TIME))
    if item.values is UNSET:
        assert item.value is not UNSET
        work.values.append(item.value)
    else:
        work.values += item.values.values()
    work.records.append(record)
    if item.seq is not UNSET and device.gateway >= 0:
        work.sequence(device.gateway, item.seq)
