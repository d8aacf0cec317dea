"""Puts the parts of the hot path together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from config.settings import DecoderSettings, Settings
from ingest.content import FORMS
from ingest.decoders.base import Decoder, Memory
from ingest.devices import Devices
from ingest.foreign import Rule
from ingest.gatekeeper import Gatekeeper
from ingest.mapping.documents import load_mapping
from ingest.mapping.mapper import Mapper
from ingest.mapping.places import Placing
from ingest.mapping.sources import Sources
from ingest.rules import Rules
from ingest.scanner import Scanner
from ingest.slow import SlowPath
from telemetry.errors import SettingsError
from telemetry.sensors import SensorTable
from telemetry.series import SeriesTable

if TYPE_CHECKING:
    from ingest.decoders.table import Options  # all formats' modules: only where one is used


def build_scanner(
    table: SeriesTable,
    sensors: SensorTable,
    *,
    max_payload: int = 1_000_000,
    max_future: int = 120_000,
    gateway_rate: int = 5_000,
    ignore_retained: bool = False,
    decoders: Sequence[DecoderSettings] = (),
    timezone: str = "UTC",
    memory: Memory | None = None,
) -> Scanner:
    """A scanner for these limits (the settings' names and units). timezone: of times without one. memory: of
    decoders; None for one that ends with the process. Raises SettingsError for a rule that can't be followed."""
    devices = Devices(sensors)
    gatekeeper = Gatekeeper(table, devices.conversions, max_future=max_future, gateway_rate=gateway_rate)
    rules = Rules()
    if decoders:
        rules = Rules(_rules(decoders, devices, memory, timezone, max_future, max_payload), gatekeeper.efforts)
    return Scanner(
        SlowPath(devices, rules, gatekeeper.efforts, max_future=max_future, max_unpacked=max_payload),
        gatekeeper,
        max_payload=max_payload,
        ignore_retained=ignore_retained,
    )


def scanner_of(settings: Settings, table: SeriesTable, sensors: SensorTable, memory: Memory | None = None) -> Scanner:
    """The scanner that these settings describe. Raises SettingsError."""
    return build_scanner(
        table,
        sensors,
        max_payload=settings.limits.max_payload,
        max_future=settings.max_future,
        gateway_rate=settings.limits.gateway_rate,
        ignore_retained=settings.mqtt.retained == "ignore",
        decoders=settings.decoders,
        timezone=settings.timezone,
        memory=memory,
    )


def filters(settings: Settings) -> tuple[str, ...]:
    """All topic filters to subscribe to: nadi's own, and those of the rules."""
    found = list(settings.mqtt.topics)
    for rule in settings.decoders:
        found += topics_of(rule)
    return tuple(dict.fromkeys(found))


def topics_of(rule: DecoderSettings) -> tuple[str, ...]:
    """The filters of a rule: its own, or those that are usual for its format."""
    if rule.topics:
        return rule.topics
    from ingest.decoders.table import FORMATS  # all formats' modules: only where one is used

    return FORMATS[rule.format].topics


def check_decoders(settings: Settings) -> None:
    """Raise SettingsError for a rule that can't be followed, such as one whose mapping is wrong."""
    if settings.decoders:
        table = SeriesTable()
        _rules(settings.decoders, Devices(SensorTable(table)), None, settings.timezone, settings.max_future, 1)


def _rules(
    settings: Sequence[DecoderSettings],
    devices: Devices,
    memory: Memory | None,
    timezone: str,
    max_future: int,
    max_unpacked: int,
) -> list[Rule]:
    from ingest.decoders.table import FORMATS, Forgetful, Options

    memory = memory if memory is not None else Forgetful()
    by_content = sorted(set(FORMS.values()) & FORMATS.keys())
    named = {
        form: FORMATS[form].make(Options(memory=_Part(memory, form), timezone=timezone, max_unpacked=max_unpacked))
        for form in by_content
    }
    sources = Sources(devices.sensors.sensors)
    rules = []
    for number, rule in enumerate(settings):
        mapper = Mapper(Placing.of(rule), sources, _Part(memory, "names"))
        own = Options(memory=_Part(memory, rule.format), timezone=timezone, max_unpacked=max_unpacked)
        rules.append(
            Rule(
                rule.format,
                [_shared(topic) for topic in topics_of(rule)],
                named | {rule.format: _decoder(rule, f"decoders[{number}]", own)},
                mapper,
                devices.sensors,
                devices.conversions,
                max_future=max_future,
                max_unpacked=max_unpacked,
            )
        )
    return rules


def _decoder(rule: DecoderSettings, key: str, options: Options) -> Decoder:
    """options: but for what the rule says. Raises SettingsError that names the key at fault."""
    from ingest.decoders.table import FORMATS

    own = replace(
        options,
        precision=rule.precision,
        mapping=load_mapping(rule.mapping, f"{key}.mapping"),
        timezone=rule.timezone or options.timezone,
        device_tag=rule.device_tag,
    )
    try:
        return FORMATS[rule.format].make(own)
    except ValueError as error:
        raise SettingsError(f"{key}.mapping: {error}") from error


def _shared(topic: str) -> str:
    """The filter of a shared subscription (MQTT 5, section 4.8.2) is what follows the group's name."""
    return topic.split("/", 2)[2] if topic.startswith("$share/") else topic


@dataclass(frozen=True, slots=True)
class _Part:
    """What one format keeps in the common memory."""

    memory: Memory
    name: str

    def get(self, key: str) -> bytes | None:
        return self.memory.get(f"{self.name}/{key}")

    def put(self, key: str, value: bytes | None) -> None:
        self.memory.put(f"{self.name}/{key}", value)
