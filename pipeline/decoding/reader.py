"""Messages of one format, or of whichever they look like, as readings in nadi's names and units."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Final, NamedTuple

from config.settings import DecoderSettings
from ingest.admission import locate
from ingest.decoders import native
from ingest.decoders.base import Decoded, Decoder, Message, Reading, Refused, too_long
from ingest.decoders.table import FORMATS, Forgetful, Options
from ingest.mapping.mapper import Company, Mapper, MappingFault, Target
from ingest.mapping.places import Placing
from ingest.mapping.sources import Sources
from ingest.packing import PackingFault, unpack
from telemetry.errors import SettingsError
from telemetry.sensors import Sensor
from telemetry.series import Device as Place
from telemetry.series import Identity
from telemetry.units import CANONICAL, UnitError, canonical_unit, conversion

NATIVE, AUTO = "native", "auto"
MAX_UNPACKED: Final = 100_000_000
_UNITS: Final = {quantity: unit for (_, quantity), unit in CANONICAL.items()}


class Context(NamedTuple):
    """Whose catalogue and rules hold, if any."""

    sensors: Sequence[Sensor] = ()
    rules: Sequence[DecoderSettings] = ()
    timezone: str = "UTC"


class Native:
    """nadi's own format, seen as one of many."""

    def decode(self, message: Message) -> Decoded:
        found = native.decode(message.payload)
        place = locate(message.topic.encode("utf-8", "replace"))
        decoded = Decoded()
        if isinstance(place, str) and message.topic:
            decoded.refuse("topic", place)
            return decoded
        device = place.device if isinstance(place, Place) else ""
        for item in found.items:
            decoded.gateway = item.gateway or decoded.gateway
            decoded.readings += [(device, each.quantity, each.value, each.unit, item.time) for each in item.readings]
        for reason, (detail, _) in found.faults.by_reason.items():
            decoded.refuse(reason, detail)
        return decoded

    def target(self, topic: str, reading: Reading) -> Target:
        """Its names are nadi's already; only units are converted. Raises MappingFault."""
        sensor, quantity, _, unit, _ = reading
        place = locate(topic.encode("utf-8", "replace"))
        known = isinstance(place, Place)
        identity = Identity(*place, quantity) if isinstance(place, Place) else Identity("", "", "", sensor, quantity)
        wanted = canonical_unit(identity.domain, quantity) if known else _UNITS.get(quantity)
        if wanted is None or unit is None:
            return Target(identity, unit=wanted or unit)
        try:
            return Target(identity, *conversion(unit, wanted), wanted)
        except UnitError as error:
            raise MappingFault("unit", f"{quantity}: {error}") from None


def _native(reading: Reading) -> dict[str, Any]:
    sensor, quantity, value, unit, _ = reading
    return {"sensor": sensor, "quantity": quantity, "value": value, "unit": unit}


class Reader:
    """Decodes messages one after the other, and keeps between them what a format keeps.

    form: a format's name, `native` or `auto`. Raises SettingsError for a mapping that is wrong."""

    def __init__(self, form: str, options: Options, context: Context = Context()) -> None:  # noqa: B008
        self.form = form
        self._native = Native()
        self._sources = Sources({sensor.identity: sensor for sensor in context.sensors})
        self._decoders: dict[str, Decoder] = {}
        self._mappers: dict[str, Mapper] = {}
        for name in FORMATS if form == AUTO else ({form} - {NATIVE}):
            if name != "json" or options.mapping is not None:
                self._add(name, options, context.rules)

    def _add(self, name: str, options: Options, rules: Sequence[DecoderSettings]) -> None:
        if name not in FORMATS:
            raise SettingsError(f"{name} can't be read; allowed: {', '.join((NATIVE, AUTO, *FORMATS))}")
        rule = next((rule for rule in rules if rule.format == name), None)
        zone = rule.timezone if rule is not None else None
        tag = rule.device_tag if rule is not None else None
        try:
            own = replace(options, memory=Forgetful(), timezone=zone or options.timezone, device_tag=tag)
            self._decoders[name] = FORMATS[name].make(own)
        except ValueError as error:
            raise SettingsError(f"{name}: {error}") from error
        placing = Placing.of(rule) if rule is not None else Placing(name, "-", None, "-")
        self._mappers[name] = Mapper(placing, self._sources, Forgetful())

    def read(self, message: Message) -> Iterator[dict[str, Any]]:
        """What the message holds, as `./nadi decode` prints it but for `message`: readings, then what is refused."""
        try:
            message = message._replace(payload=unpack(message.payload, MAX_UNPACKED, self.form))
        except PackingFault as fault:
            yield {"error": fault.reason, "detail": str(fault)}
            return
        form, decoded = self._decode(message)
        marked = decoded.marked()
        company = Company(marked, form)
        for reading, sent in zip(marked, decoded.readings, strict=True):
            try:
                yield self._told(form, message, decoded, reading, company) | {"native": _native(sent)}
            except MappingFault as fault:
                yield {"error": fault.reason, "detail": str(fault)}
        for reason, detail in decoded.refused:
            yield {"error": reason, "detail": detail}

    def _told(
        self, form: str, message: Message, decoded: Decoded, reading: Reading, company: Company
    ) -> dict[str, Any]:
        sensor, quantity, value, unit, time = reading
        if form == NATIVE:
            target = self._native.target(message.topic, reading)
        else:
            mapper = self._mappers[form]
            context = mapper.placing.context(message.topic, decoded.labels, decoded.gateway)
            target = mapper.target(context, sensor, (quantity, unit), company)
            mapper.settle(target)
        result = value * target.scale + target.offset if (target.scale, target.offset) != (1.0, 0.0) else value
        if not math.isfinite(result):
            raise MappingFault("not_finite", f"{quantity}: {value} {unit or ''} is not finite in {target.unit}")
        return {
            "device": target.identity.device,
            "quantity": target.identity.quantity,
            "value": result,
            "unit": target.unit,
            "time_ms": message.arrival if time is None else time,
        }

    def _decode(self, message: Message) -> tuple[str, Decoded]:
        if (fault := too_long(message.topic)) is not None:
            return self.form, Decoded(refused=[Refused("topic", fault)])
        if self.form == NATIVE:
            return NATIVE, self._native.decode(message)
        if self.form != AUTO:
            return self.form, self._decoders[self.form].decode(message)
        best: tuple[str, Decoded] | None = None
        for form in self._likely(message):
            decoded = self._native.decode(message) if form == NATIVE else self._decoders[form].decode(message)
            if not decoded.refused:
                return form, decoded
            if best is None or len(decoded.readings) > len(best[1].readings):
                best = form, decoded
        if best is None:
            nothing = Decoded()
            nothing.refuse("schema", f"it looks like none of {', '.join((NATIVE, *self._decoders))}; name its format")
            return NATIVE, nothing
        return best

    def _likely(self, message: Message) -> Iterator[str]:
        """The formats that a message may be of, the most recognisable first."""
        own = message.topic.startswith("nadi/") or (not message.topic and b'"values"' in message.payload)
        if own:
            yield NATIVE
        yield from (form for form in self._decoders if FORMATS[form].looks_like(message))
        if not own and b'"value' in message.payload and not message.topic:
            yield NATIVE
