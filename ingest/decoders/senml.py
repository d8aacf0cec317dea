"""SenML packs, JSON and CBOR: RFC 8428, with the versions and units of RFC 9100 and RFC 8798.

- Names, times, units, values and sums are resolved record by record (section 4.6).
- A name is split into sensor and quantity after the identifier that it begins with (`urn:dev:…`, a UUID, an
  EUI, an IPv6 address), else at its last `:` or `/`, else where base name and name meet. A name with none of
  these is the sender's own: the topic is the sensor. A name that is all identifier has the quantity that its
  unit measures: several records at one time may differ by nothing but the unit (section 5.1.3). Where records
  of a pack share any other name, but not what their units measure, that is added: `env.temperature`.
- A resolved time below 2^28 s counts from the arrival, before (negative) or after; zero is "now", so
  the reading has no time of its own. Others are seconds since 1970.
- Units are as written; a sum is a reading of its own, `quantity.sum`, in the unit multiplied by seconds.
- Booleans are 1 and 0. Strings and data are legal, and no readings. `ut` says nothing about a value.
- Versions understood: up to 10, and 26 (10 with secondary units). A higher one, one that differs inside
  the pack, and an unknown label that ends with `_` refuse the pack, as they must.
- A record that is wrong is refused alone. A base field that is wrong refuses the records from there on,
  for they can't be resolved.

CBOR may write numbers as integers, floats, decimal fractions, bigfloats and bignums, in arrays of definite
or indefinite length; labels as integers or, leniently, as texts. A map with a label twice, bytes after
the pack, and nesting deeper than MAX_DEPTH are refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from ingest.decoders.base import MAX_READINGS, Decoded, Message, Reading
from ingest.decoders.documents import kind, read
from ingest.decoders.senml_cbor import read_cbor
from ingest.decoders.senml_names import Names
from ingest.decoders.senml_records import Pack, Stop
from ingest.decoders.senml_units import measured

_MOST = 1.7976931348623157e308
_MAX_SHAPES = 1_000


class _Labels(NamedTuple):
    """How a representation writes those that nearly all packs are made of."""

    n: str | int
    u: str | int
    v: str | int
    t: str | int
    bn: str | int
    bt: str | int
    bu: str | int


class Senml:
    """Reads one of the two representations; `reader` gives the array."""

    def __init__(self, reader: Callable[[bytes, Decoded], Any], labels: _Labels) -> None:
        self._reader = reader
        self._labels = labels
        self._usual = frozenset(labels)
        self._names = Names()
        self._shapes: dict[tuple[Any, ...], bool] = {}

    def decode(self, message: Message) -> Decoded:
        decoded = Decoded()
        pack = self._reader(message.payload, decoded)
        if decoded.refused:
            return decoded
        if type(pack) is not list:
            decoded.refuse("schema", f"expected an array of records, got {kind(pack)}")
        elif len(pack) > MAX_READINGS // 2:
            decoded.refuse("too_large", f"{len(pack)} records; at most {MAX_READINGS // 2} in a pack")
        else:
            self._resolve(pack, Pack(self._names, message, decoded))
            if len(pack) > 1 and len({reading[3] for reading in decoded.readings}) > 1:
                _tell_apart(decoded.readings)
        return decoded

    def remembered(self) -> int:
        """Names kept so far."""
        return self._names.number

    def _resolve(self, pack: list[Any], state: Pack) -> None:
        """Records with nothing unusual in them are read here; all others, and faults, by `Pack`."""
        n, u, v, t, *base = self._labels
        shapes, append = self._shapes.get, state.decoded.readings.append
        names, bt, bu, bv = state.names, state.bt, state.bu, state.bv
        seconds: float = 0
        moment: int | None = None
        for index, record in enumerate(pack):
            try:
                based = shapes(tuple(record))
                if based is not None and type(record) is dict and state.bs is None:
                    if based:
                        state.rebase(record, *base)
                        names, bt, bu = state.names, state.bt, state.bu
                    value, time, unit = record[v], record.get(t, 0), record.get(u, bu)
                    sensor, quantity = names[record.get(n, "")]
                    if (
                        (type(value) is float or type(value) is int)
                        and (type(time) is float or type(time) is int)
                        and (type(unit) is str or unit is None)
                        and -_MOST <= (number := value + bv) <= _MOST
                    ):
                        if bt + time != seconds:
                            moment = state.moment(bt + time)
                            seconds = bt + time
                        append((sensor, quantity or measured(unit), number, unit, moment))
                        continue
            except (TypeError, KeyError, OverflowError, ValueError):
                pass  # said in words below
            try:
                state.take(index, record)
            except Stop:
                return
            names, bt, bu, bv = state.names, state.bt, state.bu, state.bv
            self._learn(record)

    def _learn(self, record: Any) -> None:
        """Remembers that records of this shape are usual, and whether they change the base."""
        if len(self._shapes) >= _MAX_SHAPES or type(record) is not dict:
            return
        if self._labels.v in record and self._usual.issuperset(record):
            self._shapes[tuple(record)] = not record.keys().isdisjoint(self._labels[4:])


def _tell_apart(readings: list[Reading]) -> None:
    """Gives readings of one name, but of different things, names of their own: `env.temperature`, `env.humidity`."""
    units: dict[tuple[str, ...], str | None] = {}
    several = {name for each in readings if units.setdefault(name := each[:2], each[3]) != each[3]}
    if not several:
        return
    kinds: dict[tuple[str, ...], set[str | None]] = {name: set() for name in several}
    for each in readings:
        if each[:2] in kinds and each[3] is not None:
            kinds[each[:2]].add(_kind(each[3]))
    for at, (sensor, quantity, value, unit, time) in enumerate(readings):
        if unit is not None and len(kinds.get((sensor, quantity), ())) > 1:
            readings[at] = (sensor, f"{quantity}.{_kind(unit)}", value, unit, time)


def _kind(unit: str | None) -> str | None:
    """What a unit measures, as far as it can be told."""
    found = measured(unit)
    return unit if found == "value" else found


def json_decoder() -> Senml:
    return Senml(read, _Labels("n", "u", "v", "t", "bn", "bt", "bu"))


def cbor_decoder() -> Senml:
    return Senml(read_cbor, _Labels(0, 1, 2, 6, -2, -3, -4))


_JSON_PACK: Final = re.compile(rb"\s*\[\s*\{\s*\"(?:b[ntuvs]|bver|n|u|v|v[sbd]|u?t|s)\"\s*:")


def looks_like_json(message: Message) -> bool:
    """An array whose first record begins with a label of SenML."""
    return _JSON_PACK.match(message.payload, 0, 100) is not None


_CBOR_PACK: Final = re.compile(
    rb"(?:\xd9\xd9\xf7)?(?:[\x81-\x97\x9f]|\x98.|\x99..|\x9a....)[\xa1-\xb7\xbf](?:[\x20-\x25\x00-\x08]|[\x61-\x64][a-z])",
    re.DOTALL,
)


def looks_like_cbor(message: Message) -> bool:
    """An array whose first item is a map that begins with a label of SenML."""
    return _CBOR_PACK.match(message.payload) is not None
