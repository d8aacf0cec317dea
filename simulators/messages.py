"""PUBLISH packets by the hundred thousand: templates of one length, patched column by column.

    30 81 01 00 2b nadi/v1/3578/water/z003/d00000042 00 07 {"ts":1763769600000,"values":{"flow":  41.07}}
                                                     ^^^^^       ^^^^^^^^^^^^^                         ^^^^^
                                                     packet id   time                                  value

All packets of a load have the same length (device numbers are padded, and JSON allows
spaces before a number), so they are the rows of one uint8 table, and a time or a value is
a few columns of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulators.packets import Protocol, QoS, publish
from telemetry.series import DOMAINS

UInt8 = NDArray[np.uint8]
Int64 = NDArray[np.int64]

QUANTITIES = {
    "water": ("flow", "pressure", "level", "turbidity", "ph", "chlorine", "temperature"),
    "energy": ("power", "voltage", "current", "frequency", "power_factor", "thd"),
    "waste": ("fill", "weight", "temperature", "tilt"),
    "disaster": ("tide", "rainfall", "river_level", "soil_moisture", "pm25", "pm10", "pga"),
}
MAX_PACKET_ID = 65_535
_ZONE = 100
"""Devices per zone."""
_ROWS = 1024
"""At least this many rows, so that few devices are still written in large pieces."""
_FOUR = np.frombuffer("".join(f"{number:04d}" for number in range(10_000)).encode(), np.uint8).reshape(10_000, 4)
"""The digits of 0..9999."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What the messages look like. Times in ms.

    devices: how many, cycling through the four domains; first_device: number of the first.
    pack: readings a message (an array of objects if above 1); values: quantities a reading.
    gateways: if above 0, messages carry `gw` (numbered from first_gateway) and `seq` (from
    first_seq), in the first object of an array.
    """

    devices: int = 10_000
    first_device: int = 0
    pack: int = 1
    values: int = 1
    qos: QoS = 1
    protocol: Protocol = "5"
    gateways: int = 0
    first_gateway: int = 0
    first_seq: int = 1
    city: str = "3578"


def names(number: int, city: str = "3578") -> tuple[str, str, str, str]:
    """city, domain, zone and device of device `number`; topics have the same length throughout."""
    domain = DOMAINS[number % len(DOMAINS)]
    return city, domain, f"z{number // _ZONE:04d}", f"d{number:0{14 - len(domain)}d}"


def quantities(domain: str, values: int) -> tuple[str, ...]:
    """The first `values` quantities of a domain; made-up names once it has no more."""
    known = QUANTITIES[domain][:values]
    return known + tuple(f"extra{number:02d}" for number in range(values - len(known)))


def value_at(device: int | Int64, reading: int | Int64, column: int) -> Any:
    """Hundredths, 1500..8499: what a device sends as its `reading`-th reading in `column`.

    A formula instead of a random number, so that a test can work out what must be stored.
    Each device keeps within +-5 of its own base.
    """
    base = 2000 + (device * 37 + column * 1009) % 6000
    return base - 500 + (device * 7919 + reading * 104_729 + column * 613) % 1000


class Messages:
    """The packets of one connection, in an endless round over its devices.

    Message m is device m % devices, round m // devices; its readings are numbers
    round * pack ... + pack - 1 of that device.
    """

    def __init__(self, shape: Shape) -> None:
        self.shape = shape
        self.count = 0
        """Messages made so far."""
        packets = [self._template(device) for device in range(shape.devices)]
        template, self._id_at = packets[0]
        self.size = len(template)
        """Bytes of each packet."""
        copies = -(-_ROWS // shape.devices)
        once = np.frombuffer(b"".join(packet for packet, _ in packets), np.uint8).reshape(shape.devices, self.size)
        self._table: UInt8 = np.tile(once, (copies, 1))
        self._bytes = self._table.data.cast("B")
        self._device = np.tile(np.arange(shape.devices, dtype=np.int64), copies)
        self._ts_at = _positions(template, b'"ts":', 5)
        self._value_at = _positions(template, b"00.00", 0)
        self._seq_at = template.find(b'"seq":') + 6

    def _template(self, device: int) -> tuple[bytes, int]:
        shape = self.shape
        path = names(shape.first_device + device, shape.city)
        asked = quantities(path[1], shape.values)
        fields = ",".join(
            f'"{name}":{" " * (_width(column, shape.values) - len(name))}00.00' for column, name in enumerate(asked)
        )
        reading = f'"ts":{"0" * 13},"values":{{{fields}}}}}'
        head = "{"
        if shape.gateways:
            head += f'"gw":"g{shape.first_gateway + device % shape.gateways:04d}","seq":{" " * 10},'
        payload = head + reading if shape.pack == 1 else f"[{head}{reading}{(',{' + reading) * (shape.pack - 1)}]"
        return publish("nadi/v1/" + "/".join(path), payload.encode(), shape.qos, shape.protocol)

    def run(self, limit: int) -> int:
        """How many of the next `limit` messages lie in one piece of the table."""
        return min(limit, len(self._table) - self.count % len(self._table))

    def place(self, count: int) -> tuple[Int64, Int64]:
        """int64[count]: device (from 0) and round of the next `count` messages."""
        row = self.count % len(self._table)
        device = self._device[row : row + count]
        return device, (np.arange(self.count, self.count + count) - device) // self.shape.devices

    def make(self, times: Int64) -> memoryview:
        """The next packets, with the times (int64[messages, pack], ms) of their readings.

        The memory is that of the table: it must be sent before
        these rows come round again, at least 1,024 messages later.
        """
        shape, count = self.shape, len(times)
        row = self.count % len(self._table)
        rows = self._table[row : row + count]
        if self._id_at >= 0:
            ids = np.arange(self.count, self.count + count) % MAX_PACKET_ID + 1
            rows[:, self._id_at] = ids >> 8
            rows[:, self._id_at + 1] = ids & 0xFF
        device, round_ = self.place(count)
        self._put_values(rows, device + shape.first_device, round_)
        for reading, at in enumerate(self._ts_at):
            put_digits(rows, at, 13, times[:, reading])
        if shape.gateways:
            self._put_seq(rows, device, round_)
        self.count += count
        return self._bytes[row * self.size : (row + count) * self.size]

    def _put_values(self, rows: UInt8, device: Int64, round_: Int64) -> None:
        shape = self.shape
        for index, at in enumerate(self._value_at):
            reading, column = divmod(index, shape.values)
            digits = _FOUR[value_at(device, round_ * shape.pack + reading, column)]
            rows[:, at : at + 2] = digits[:, :2]
            rows[:, at + 3 : at + 5] = digits[:, 2:]

    def _put_seq(self, rows: UInt8, device: Int64, round_: Int64) -> None:
        """Every gateway counts its own messages, without a gap; the text is padded with spaces."""
        shape = self.shape
        owned = (shape.devices - device % shape.gateways - 1) // shape.gateways + 1
        seq = shape.first_seq + round_ * owned + device // shape.gateways
        put_digits(rows, self._seq_at, 10, seq)
        for column in range(9):
            rows[seq < 10 ** (9 - column), self._seq_at + column] = 0x20


def put_digits(rows: UInt8, at: int, width: int, numbers: Int64) -> None:
    """Write `numbers`, zero-padded to `width` digits, into the columns from `at`."""
    while width > 0:
        if numbers[0] == numbers[-1] and (numbers == numbers[0]).all():
            rows[:, at : at + width] = np.frombuffer(f"{int(numbers[0]):0{width}d}".encode(), np.uint8)
            return
        size = min(4, width)
        higher = numbers // 10_000
        rows[:, at + width - size : at + width] = _FOUR[numbers - higher * 10_000][:, 4 - size :]
        numbers, width = higher, width - size


def _width(column: int, values: int) -> int:
    return max(len(quantities(domain, values)[column]) for domain in DOMAINS)


def _positions(packet: bytes, mark: bytes, behind: int) -> Sequence[int]:
    """Where each `mark` of a packet ends."""
    found = []
    at = packet.find(mark)
    while at >= 0:
        found.append(at + behind)
        at = packet.find(mark, at + 1)
    return found
