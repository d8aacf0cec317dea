"""Reads JSON by a mapping, which is compiled once.

- Sensor and quantity are what the mapping's templates make of topic, record and document; unit as the
  mapping gives it; the value is what the document holds, after `map`, times `scale`, plus `offset`.
- What a path does not find is no reading, and nothing wrong. A value that is found must be one: a number,
  true or false (1 and 0, whatever the scale), text of a number, or a text that `map` knows. Under `values` only
  numbers, and what `map` knows, are readings; texts and booleans are passed over.
- A record whose sensor has no name, or whose time can't be read, is refused alone, and so is a value.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from ingest.decoders.base import MAX_READINGS, Decoded, Message
from ingest.decoders.documents import read, shown
from ingest.decoders.json_mapping.model import KEY, TOPIC, ReadingSpec, TimeSpec, read_mapping
from ingest.decoders.json_mapping.names import Fields, Namer, compile_name, nameless
from ingest.decoders.json_mapping.paths import Find, NotFound, compile_path
from ingest.decoders.json_mapping.times import Read, compile_time
from ingest.decoders.json_mapping.topics import Topics
from ingest.decoders.json_mapping.values import Line, Refusal, convert, is_true, leaves, written


class _Time(NamedTuple):
    find: Find
    read: Read


class _Reading(NamedTuple):
    find: Find
    several: bool
    quantity: Namer
    unit: Namer
    units: Mapping[str, str]
    line: Line
    map: Mapping[str, float | None]
    omit: frozenset[str]
    when: Find | None
    time: _Time | None


class JsonMapping:
    """mapping: as `model.MappingSpec` says. Raises ValueError that names every key at fault."""

    def __init__(self, mapping: Mapping[str, Any] | None) -> None:
        if mapping is None:
            raise ValueError("json needs a mapping, which says where in the document what stands")
        spec = read_mapping(mapping)
        self._topics = Topics(spec.topic)
        self._text = spec.payload == "text"
        self._records = None if spec.records is None else compile_path(spec.records)
        self._fields = [(name, compile_path(path)) for name, path in spec.fields.items()]
        sensor = spec.sensor or ("{device}" if "device" in self._topics.fields else f"{{{TOPIC}}}")
        self._sensor = compile_name(sensor)
        self._gateway = compile_name(spec.gateway)
        self._labels = [(label, compile_name(text)) for label, text in spec.labels.items()]
        self._time = _time(spec.time)
        self._readings = [_reading(each) for each in spec.readings]

    def decode(self, message: Message) -> Decoded:
        decoded = Decoded()
        of_topic = self._topics.match(message.topic)
        if of_topic is None:
            decoded.refuse("topic", f"{shown(message.topic)!r} is not of the form that the mapping's topic says")
            return decoded
        document = self._document(message.payload, decoded)
        if decoded.refused:
            return decoded
        fields = {TOPIC: message.topic, **of_topic}
        try:
            records = self._split(document)
        except NotFound as error:
            decoded.refuse("schema", f"records: {error}")
            return decoded
        self._describe(document, fields, of_topic, decoded)
        if len(records) > MAX_READINGS:
            return _too_large(len(records))
        for index, record in enumerate(records):
            try:
                self._take(record, document, fields, decoded)
            except (Refusal, NotFound) as error:
                reason = error.reason if isinstance(error, Refusal) else "schema"
                decoded.refuse(reason, f"record {index}: {error}")
            if len(decoded.readings) > MAX_READINGS or len(decoded.refused) > MAX_READINGS:
                return _too_large(max(len(decoded.readings), len(decoded.refused)))
        return decoded

    def remembered(self) -> int:
        """Topics kept so far."""
        return self._topics.remembered()

    def _document(self, payload: bytes, decoded: Decoded) -> Any:
        if not self._text:
            return read(payload, decoded)
        try:
            return payload.decode().strip()
        except UnicodeDecodeError as error:
            decoded.refuse("schema", f"not UTF-8 at byte {error.start}")
            return None

    def _split(self, document: Any) -> list[Any]:
        found = document if self._records is None else self._records(document)
        if found is None:
            return []
        return found if type(found) is list else [found]

    def _describe(self, document: Any, fields: Fields, of_topic: Fields, decoded: Decoded) -> None:
        """Gateway and labels: of the whole message."""
        decoded.labels.update(of_topic)
        if self._labels or self._gateway is not nameless:
            known = self._filled({}, document, fields)
            decoded.gateway = self._gateway(known)
            decoded.labels.update((label, text) for label, name in self._labels if (text := name(known)) is not None)

    def _filled(self, record: Any, document: Any, fields: Fields) -> Fields:
        """The topic's fields, and those of the record or else the document."""
        if not self._fields:
            return fields
        filled = dict(fields)
        for name, find in self._fields:
            value = _first(find, record, document)
            if type(value) in (str, int, float, bool) and value != "":
                filled[name] = written(value)
        return filled

    def _take(self, record: Any, document: Any, of_topic: Fields, decoded: Decoded) -> None:
        """The readings of one record. Raises Refusal or NotFound for the whole of it."""
        fields = self._filled(record, document, of_topic)
        sensor = self._sensor(fields)
        if sensor is None:
            raise Refusal("schema", "the sensor's name has a field that is neither in the topic nor in the record")
        moment = _moment(self._time, record, document)
        append = decoded.readings.append
        for reading in self._readings:
            try:
                if reading.when is not None and not is_true(reading.when(record)):
                    continue
                at = moment if reading.time is None else _moment(reading.time, record, document)
                found = reading.find(record)
                if found is None:
                    continue
                if reading.several:
                    self._take_several(reading, sensor, found, fields, at, decoded)
                    continue
                quantity = reading.quantity(fields)
                if quantity is None:
                    raise Refusal("schema", "the quantity's name has a field that is not there")
                number = convert(found, quantity, reading.line, reading.map)
                if number is not None:
                    if type(found) is bool and written(found) not in reading.map:
                        decoded.booleans.append(len(decoded.readings))
                    append((sensor, quantity, number, reading.unit(fields), at))
            except (Refusal, NotFound) as error:
                decoded.refuse(error.reason if isinstance(error, Refusal) else "schema", str(error))

    def _take_several(
        self, reading: _Reading, sensor: str, found: Any, fields: Fields, at: int | None, decoded: Decoded
    ) -> None:
        for key, value in leaves(found, reading.omit, decoded):
            if type(value) in (str, bool) and written(value) not in reading.map:
                continue
            try:
                number = convert(value, key, reading.line, reading.map)
            except Refusal as refused:
                decoded.refuse(refused.reason, str(refused))
                continue
            named = {**fields, KEY: key}
            quantity = reading.quantity(named)
            if number is not None and quantity is not None:
                unit = reading.units.get(key) or reading.unit(named)
                decoded.readings.append((sensor, quantity, number, unit, at))
            if len(decoded.readings) > MAX_READINGS:
                return


def _reading(spec: ReadingSpec) -> _Reading:
    return _Reading(
        compile_path(spec.value if spec.value is not None else spec.values or "@"),
        spec.values is not None,
        compile_name(spec.quantity or f"{{{KEY}}}"),
        compile_name(spec.unit),
        spec.units,
        Line.of(spec.scale, spec.offset),
        spec.map,
        frozenset(spec.omit),
        None if spec.when is None else compile_path(spec.when),
        _time(spec.time),
    )


def _time(spec: TimeSpec | None) -> _Time | None:
    return None if spec is None else _Time(compile_path(spec.path), compile_time(spec.format, spec.zone))


def _first(find: Find, record: Any, document: Any) -> Any:
    found = find(record)
    return find(document) if found is None and document is not record else found


def _moment(time: _Time | None, record: Any, document: Any) -> int | None:
    if time is None:
        return None
    found = _first(time.find, record, document)
    if found is None:
        return None
    try:
        moment = time.read(found)
    except (ValueError, OverflowError) as error:
        raise Refusal("time", str(error)) from None
    if not -(2**62) < moment < 2**62:
        raise Refusal("time", f"{shown(str(found))} is no time")
    return moment


def _too_large(number: int) -> Decoded:
    decoded = Decoded(effort=MAX_READINGS)
    decoded.refuse("too_large", f"{number} readings; at most {MAX_READINGS} in a message")
    return decoded
