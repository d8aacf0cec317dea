"""OGC SensorThings API 1.0 and 1.1: Observations over MQTT, created by devices or published by a server.

Source: OGC 18-088 (and 15-078r6 for 1.0), clauses 8 (entities), 13 (dataArray) and 14 (MQTT); FROST-Server's
documentation for `$expand` in topics.

| topic | payload |
|---|---|
| `v1.1/Datastreams(7)/Observations`, `v1.1/MultiDatastreams(7)/Observations` | an Observation |
| `v1.1/Observations` | an Observation that refers to its Datastream: `{"Datastream": {"@iot.id": 7}}` |
| any | an array of Observations, `{"value": […]}`, or the dataArray extension |
| any | Things or Datastreams that are expanded down to their Observations |

In a reading

- sensor is the Datastream as the standard writes it: `Datastreams(7)`, `Datastreams('a')`, `MultiDatastreams(7)`.
  Without an id it is the Datastream's name; where neither payload nor topic refers to one, it is the topic, and
  `Datastream` for a payload that came without a topic.
- quantity is the ObservedProperty's name where it is expanded, else `result`; keys and indices of a result that is an
  object or an array are joined to it by dots. The results of a MultiDatastream are named by its ObservedProperties.
- unit is the symbol of `unitOfMeasurement`, else its name, where the Datastream is expanded.
- time is `phenomenonTime`, else `resultTime`; of an interval the end, for only then is the result known; UTC where
  there is no offset.

Names of the Thing and the Datastream, where they are expanded, are the labels `thing` and `datastream`. Skipped are
results that are texts or booleans, entities that are no Observations, resultQuality, validTime and parameters. An
Observation on `…/Observations` that refers to no Datastream is refused, for its series can't be known.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple

from ingest.decoders.base import Decoded, Message
from ingest.decoders.documents import bounded, instant, kind, label, read, records, take
from ingest.decoders.recent import MAX_REMEMBERED, Remembered

TOPICS: Final = tuple(
    f"{version}/{path}" for version in ("v1.1", "v1.0") for path in ("Observations", "+/Observations")
)

_PATH = re.compile(r"((?:Multi)?Datastreams)\(([^()/]{1,128})\)")
_COLLECTION = re.compile(r"(?:^|/)(?:Create)?Observations(?:\([^()]*\))?(?:$|[/?])")
_REFERENCES: Final = (
    ("Datastream", "Datastreams", "Datastream@iot.navigationLink"),
    ("MultiDatastream", "MultiDatastreams", "MultiDatastream@iot.navigationLink"),
)
"""How an Observation refers: expanded, of which collection, by link."""
_NEVER_OBSERVATIONS: Final = frozenset(("name", "description", "unitOfMeasurement", "encodingType", "time"))
"""Only other entities have these."""
_NUMBERED: Final = 2**63
"""Streams of smaller ids are remembered."""


class _Stream(NamedTuple):
    """A Datastream, as far as it is told."""

    sensor: str
    properties: Sequence[str] = ()
    """Names of the ObservedProperties."""
    units: Sequence[str | None] = ()


def _of_topic(topic: str) -> _Stream | None:
    if match := _PATH.search(topic):
        return _Stream(match[0])
    return None if _COLLECTION.search(topic) else _Stream(topic or "Datastream")


_streams: Final = Remembered(_of_topic)


class SensorThings:
    def decode(self, message: Message) -> Decoded:
        decoded = Decoded()
        document = read(message.payload, decoded)
        if document is not None:
            if type(document) is dict and type(document.get("value")) is list and "result" not in document:
                document = document["value"]
            stream = _streams[message.topic]
            for index, entity in enumerate(records(document, decoded)):
                _entity(entity, stream, f"entity {index}", decoded)
        return bounded(decoded)


def _entity(entity: Any, stream: _Stream | None, where: str, decoded: Decoded) -> None:
    if type(entity) is not dict:
        decoded.refuse("schema", f"{where}: expected an Observation, which is an object, got {kind(entity)}")
    elif "result" in entity:
        if known := _referred(entity, stream, where, decoded):
            _observation(entity, known, where, decoded)
    elif "dataArray" in entity:
        if known := _referred(entity, stream, where, decoded):
            _data_array(entity, known, where, decoded)
    elif not _expanded(entity, where, decoded) and _NEVER_OBSERVATIONS.isdisjoint(entity):
        decoded.refuse("schema", f"{where}: expected an Observation with `result`, or a dataArray")


def _observation(entity: dict[str, Any], stream: _Stream, where: str, decoded: Decoded) -> None:
    time = entity.get("phenomenonTime")
    if time is None:
        time = entity.get("resultTime")
    try:
        _result(entity["result"], time, stream, decoded)
    except ValueError as error:
        decoded.refuse("time", f"{where}: {error}")


def _result(result: Any, time: Any, stream: _Stream, decoded: Decoded) -> None:
    """Raises ValueError for a time that can't be read."""
    moment = None if time is None else instant(time)
    if type(result) is list and (len(stream.properties) > 1 or len(stream.units) > 1):
        for index, one in enumerate(result):
            name = stream.properties[index] if index < len(stream.properties) else f"result.{index}"
            unit = stream.units[index] if index < len(stream.units) else None
            take(decoded, stream.sensor, name, one, unit, moment)
        return
    name = stream.properties[0] if stream.properties else "result"
    take(decoded, stream.sensor, name, result, stream.units[0] if stream.units else None, moment)


def _data_array(entity: dict[str, Any], stream: _Stream, where: str, decoded: Decoded) -> None:
    """Clause 13: `components` names the columns of the rows in `dataArray`."""
    components, rows = entity.get("components"), entity["dataArray"]
    if type(components) is not list or "result" not in components or type(rows) is not list:
        decoded.refuse("schema", f"{where}: expected `components`, with `result` among them, and rows in `dataArray`")
        return
    result, width = components.index("result"), len(components)
    times = [components.index(name) for name in ("phenomenonTime", "resultTime") if name in components]
    for index, row in enumerate(records(rows, decoded)):
        if type(row) is not list or len(row) != width:
            decoded.refuse("schema", f"{where}, row {index}: expected {width} components, got {_length(row)}")
            continue
        time = row[times[0]] if times else None
        if time is None and len(times) == 2:
            time = row[times[1]]
        try:
            _result(row[result], time, stream, decoded)
        except ValueError as error:
            decoded.refuse("time", f"{where}, row {index}: {error}")


def _length(row: Any) -> str:
    return str(len(row)) if type(row) is list else kind(row)


def _expanded(entity: dict[str, Any], where: str, decoded: Decoded) -> bool:
    """A Thing with its Datastreams, or a Datastream with its Observations, as FROST's `$expand` sends them."""
    found = False
    for collection in ("Datastreams", "MultiDatastreams"):
        if type(streams := entity.get(collection)) is list:
            found = True
            for index, one in enumerate(streams):
                if type(one) is dict and "Observations" in one:
                    _observations(one, collection, f"{where}, {collection} {index}", decoded)
            label(decoded, "thing", entity.get("name"))
    if "Observations" in entity:
        multi = "multiObservationDataTypes" in entity or "unitOfMeasurements" in entity
        _observations(entity, "MultiDatastreams" if multi else "Datastreams", where, decoded)
        found = True
    return found


def _observations(stream: dict[str, Any], collection: str, where: str, decoded: Decoded) -> None:
    observations, known = stream["Observations"], _described(stream, collection, decoded)
    if known is None or type(observations) is not list:
        decoded.refuse("schema", f"{where}: expected `@iot.id` or a name, and an array of Observations")
        return
    for index, observation in enumerate(records(observations, decoded)):
        if type(observation) is dict and "result" in observation:
            _observation(observation, known, f"{where}, observation {index}", decoded)


def _referred(entity: dict[str, Any], stream: _Stream | None, where: str, decoded: Decoded) -> _Stream | None:
    """The Datastream of an Observation: expanded in it, by its link, or by the topic."""
    for name, collection, link in _REFERENCES:
        if name in entity and type(inner := entity[name]) is dict:
            described = _described(inner, collection, decoded)
            if described is None and stream is not None:
                described = _described({**inner, "name": stream.sensor}, collection, decoded)
            if described is not None:
                return described
        if link in entity and (match := _PATH.search(str(entity[link]))):
            return _Stream(match[0])
    if stream is None:
        decoded.refuse("schema", f'{where}: refers to no Datastream; expected {{"Datastream": {{"@iot.id": 7}}}}')
    return stream


def _described(stream: dict[str, Any], collection: str, decoded: Decoded) -> _Stream | None:
    if len(stream) == 1 and type(identity := stream.get("@iot.id")) is int and -_NUMBERED < identity < _NUMBERED:
        return _plain(collection, identity)
    sensor = _name(stream, collection)
    if sensor is None:
        return None
    label(decoded, "datastream", stream.get("name"))
    label(decoded, "thing", _text(stream.get("Thing"), "name"))
    properties = stream.get("ObservedProperties", [stream.get("ObservedProperty")])
    units = stream.get("unitOfMeasurements", [stream.get("unitOfMeasurement")])
    names = [_text(one, "name") for one in properties] if type(properties) is list else []
    return _Stream(
        sensor,
        [name or ("result" if len(names) == 1 else f"result.{index}") for index, name in enumerate(names)],
        [_text(one, "symbol") or _text(one, "name") for one in units] if type(units) is list else (),
    )


@lru_cache(maxsize=MAX_REMEMBERED)
def _plain(collection: str, identity: int) -> _Stream:
    return _Stream(_address(collection, identity))


def _address(collection: str, identity: int | str) -> str:
    return f"{collection}({identity})" if type(identity) is int else f"{collection}('{identity}')"


def _name(stream: dict[str, Any], collection: str) -> str | None:
    identity = stream.get("@iot.id")
    if isinstance(identity, int | str) and type(identity) is not bool:
        return _address(collection, identity)
    return _text(stream, "name")


def _text(entity: Any, key: str) -> str | None:
    text = entity.get(key) if type(entity) is dict else None
    return text if type(text) is str and text else None


def looks_like(message: Message) -> bool:
    payload = message.payload
    if b'"result"' in payload or b'"dataArray"' in payload:
        return b'"phenomenonTime"' in payload or b"@iot." in payload or _COLLECTION.search(message.topic) is not None
    return b'"Observations"' in payload or _COLLECTION.search(message.topic) is not None
