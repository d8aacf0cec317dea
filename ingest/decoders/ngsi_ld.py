"""NGSI-LD notifications and entities, in all three representations, and those of NGSI v2.

Sources: ETSI GS CIM 009 (clauses 4.5 representations, 5.2.2 common members, 7.2 notifications over MQTT), FIWARE
NGSI v2 specification, Smart Data Models (smartdatamodels.org).

A payload is a notification (`{"type": "Notification", "data": […]}`), with or without MQTT's `metadata` and `body`
around it, an entity, or an array of entities. An attribute is taken whichever way it is written:

| representation | attribute |
|---|---|
| normalised | `{"type": "Property", "value": 12.2, "unitCode": "CEL", "observedAt": "…Z"}` |
| concise | `{"value": 12.2, "unitCode": "CEL", "observedAt": "…Z"}`, or the value alone |
| simplified (key-values) | the value alone |
| temporal, simplified | `{"type": "Property", "values": [[12.2, "…Z"]]}` |
| NGSI v2 normalised | `{"type": "Number", "value": 12.2, "metadata": {"unitCode": {"value": "CEL"}}}` |

In a reading

- sensor is the entity's `id`, as written.
- quantity is the attribute's name, as written; keys of a value that is an object are joined to it by dots, and so is
  the `datasetId` of an attribute that comes several times.
- unit is `unitCode`, as written: a code of UN/CEFACT Recommendation 20.
- time is the attribute's `observedAt` (v2: metadata `TimeInstant`, `timestamp` or `dateObserved`); else the entity's
  `observedAt`, `dateObserved`, `dateObservedTo`, `TimeInstant`, `timestamp`, `dateLastValueReported` or
  `dateLastReported`; else the notification's `notifiedAt`; else that of arrival. Of an interval it is the end. A time
  without an offset is UTC, as in NGSI v2.

The type of the entities is the label `type`, where they have but one. Skipped are texts, booleans, relationships,
places (GeoProperty, GeoJSON), languages and vocabularies, and properties of properties (accuracy, reliability), which
say something of the value and are none themselves.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

from ingest.decoders.base import Decoded, Message
from ingest.decoders.documents import bounded, instant, kind, read, records, shown, take

TOPICS: Final = ()
"""A subscription names its own topic."""

_GEOMETRIES: Final = frozenset(
    ("Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon", "GeometryCollection")
)
_NO_NUMBERS: Final = _GEOMETRIES | {
    *("Relationship", "ListRelationship", "GeoProperty", "LanguageProperty", "VocabProperty", "VocabularyProperty"),
    *("geo:json", "geo:point", "geo:line", "geo:box", "geo:polygon"),
}
"""Types of attributes, and of places in the simplified representation."""
_OTHER_VALUES: Final = ("valueList", "json")
"""Where ListProperty and JsonProperty keep theirs."""
_OTHER_SHAPES: Final = frozenset(("object", "objectList", "languageMap", "vocab", "coordinates"))
"""Concise relationships, languages, vocabularies and places."""
_TIMES: Final = (
    *("observedAt", "dateObserved", "dateObservedTo", "TimeInstant", "timestamp"),
    *("dateLastValueReported", "dateLastReported"),
)
_METADATA_TIMES: Final = ("TimeInstant", "timestamp", "dateObserved", "observedAt")
_NOT_READ: Final = {
    *("id", "type", "@id", "@type", "@context", "scope", "createdAt", "modifiedAt", "deletedAt", "expiresAt"),
    *(*_TIMES, "dateObservedFrom"),
}


_repeated = lru_cache(maxsize=1024)(instant)
"""The attributes of an entity are mostly observed at once."""
_LONGEST_REPEATED: Final = 64


class NgsiLd:
    def decode(self, message: Message) -> Decoded:
        decoded = Decoded()
        document = read(message.payload, decoded)
        if document is not None:
            _document(document, decoded)
        return bounded(decoded)


def _document(document: Any, decoded: Decoded) -> None:
    if type(document) is dict and type(document.get("body")) is dict and "id" not in document:
        document = document["body"]
    entities, notified = document, None
    if type(document) is dict:
        if document.get("type") == "Notification" or ("subscriptionId" in document and "data" in document):
            entities = document.get("data")
            notified = _notified(document.get("notifiedAt"))
        if type(entities) is dict:
            entities = entities["features"] if type(entities.get("features")) is list else [entities]
    if type(entities) is not list:
        decoded.refuse("schema", f"expected a notification with `data`, an entity or an array, got {kind(entities)}")
        return
    types = {_entity(entity, notified, index, decoded) for index, entity in enumerate(records(entities, decoded))}
    if len(types) == 1 and (only := types.pop()):
        decoded.labels["type"] = only


def _notified(text: Any) -> int | None:
    """The last resort, so an unreadable one counts as missing."""
    try:
        return instant(text)
    except ValueError:
        return None


def _entity(entity: Any, notified: int | None, index: int, decoded: Decoded) -> str | None:
    """The type of the entity, where it has one."""
    sensor = entity.get("id", entity.get("@id")) if type(entity) is dict else None
    if type(sensor) is not str:
        decoded.refuse("schema", f"entity {index}: expected an object with `id`")
        return None
    if entity.get("type") == "Feature" and type(entity.get("properties")) is dict:
        entity = entity["properties"]
    try:
        usual = _entity_time(entity, notified)
    except ValueError as error:
        decoded.refuse("time", f"{shown(sensor)}: {error}")
        return _type(entity)
    for name, attribute in entity.items():
        sort = type(attribute)
        if sort is str or sort is bool or name in _NOT_READ:
            continue
        try:
            if sort is dict:
                _attribute(attribute, sensor, name, usual, decoded)
            elif sort is list and any(type(instance) is dict for instance in attribute):
                _instances(attribute, sensor, name, usual, decoded)
            else:
                take(decoded, sensor, name, attribute, None, usual)
        except ValueError as error:
            decoded.refuse("time", f"{shown(sensor)}, {shown(name)}: {error}")
    return _type(entity)


def _type(entity: dict[str, Any]) -> str | None:
    named = entity.get("type", entity.get("@type"))
    if type(named) is list and named:
        named = named[0]
    return named if type(named) is str else None


def _entity_time(entity: dict[str, Any], notified: int | None) -> int | None:
    """The time that Smart Data Models and IoT Agents give the whole entity. Raises ValueError."""
    for name in _TIMES:
        if name in entity and (text := _bare(entity[name])) is not None:
            return instant(text)
    return notified


def _bare(attribute: Any) -> str | None:
    """A text out of the representations of an attribute: `"x"`, `{"value": "x"}`, `{"value": {"@value": "x"}}`."""
    for key in ("value", "@value"):
        if type(attribute) is dict and key in attribute:
            attribute = attribute[key]
    return attribute if type(attribute) is str and attribute else None


def _instances(instances: list[Any], sensor: str, name: str, usual: int | None, decoded: Decoded) -> None:
    """One attribute several times: by datasetId, or over time. A bad one keeps the others."""
    for index, instance in enumerate(records(instances, decoded)):
        if type(instance) is dict:
            try:
                _attribute(instance, sensor, name, usual, decoded)
            except ValueError as error:
                decoded.refuse("time", f"{shown(sensor)}, {shown(name)}, instance {index}: {error}")


def _attribute(attribute: dict[str, Any], sensor: str, name: str, usual: int | None, decoded: Decoded) -> None:
    """Raises ValueError for a time that can't be read."""
    sort = attribute.get("type")
    if type(sort) is str and sort in _NO_NUMBERS:
        return
    if type(dataset := attribute.get("datasetId")) is str:
        name = f"{name}.{dataset}"
    if "value" in attribute:
        value = attribute["value"]
    elif (key := next((key for key in _OTHER_VALUES if key in attribute), None)) is not None:
        value = attribute[key]
    else:
        _without_value(attribute, sensor, name, usual, decoded)
        return
    if type(value) is dict:
        if "coordinates" in value and type(shape := value.get("type")) is str and shape in _GEOMETRIES:
            return
        value = value.get("@value", value)
    if type(value) is str:
        return
    unit, observed = attribute.get("unitCode"), attribute.get("observedAt")
    if "metadata" in attribute and type(metadata := attribute["metadata"]) is dict:
        unit = unit or _bare(metadata.get("unitCode"))
        observed = observed or next((text for name in _METADATA_TIMES if (text := _bare(metadata.get(name)))), None)
    if observed is not None:
        usual = (
            _repeated(observed) if type(observed) is str and len(observed) <= _LONGEST_REPEATED else instant(observed)
        )
    take(decoded, sensor, name, value, unit if type(unit) is str else None, usual)


def _without_value(attribute: dict[str, Any], sensor: str, name: str, usual: int | None, decoded: Decoded) -> None:
    """The other shapes of an attribute: over time, by dataset, or, simplified, an object as it stands."""
    if "type" in attribute and type(attribute.get("values")) is list:
        _pairs(attribute["values"], sensor, name, decoded)
    elif type(attribute.get("dataset")) is dict:
        for dataset, value in attribute["dataset"].items():
            take(decoded, sensor, name if dataset == "@none" else f"{name}.{dataset}", value, None, usual)
    elif _OTHER_SHAPES.isdisjoint(attribute):
        take(decoded, sensor, name, attribute, None, usual)


def _pairs(pairs: list[Any], sensor: str, name: str, decoded: Decoded) -> None:
    """Value and time, as the simplified temporal representation has them. A bad one keeps the others."""
    for index, pair in enumerate(records(pairs, decoded)):
        try:
            if type(pair) is not list or len(pair) != 2:
                raise ValueError(f"expected [value, time], got {kind(pair)}")
            take(decoded, sensor, name, pair[0], None, instant(pair[1]))
        except ValueError as error:
            decoded.refuse("time", f"{shown(sensor)}, {shown(name)}, pair {index}: {error}")


def looks_like(message: Message) -> bool:
    payload = message.payload
    if payload[:1] not in (b"{", b"[") and not payload.lstrip().startswith((b"{", b"[")):
        return False
    return b'"Notification"' in payload or b"urn:ngsi-ld:" in payload or (b'"id"' in payload and b'"type"' in payload)
