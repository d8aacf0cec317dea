"""The formats that nadi reads: one line each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from ingest.decoders import (
    chirpstack,
    homie,
    influx,
    json_mapping,
    ngsi_ld,
    senml,
    sensorthings,
    shelly,
    sparkplug,
    tasmota,
    thingsboard,
    tts,
    ultralight,
    wmbusmeters,
    zigbee2mqtt,
)
from ingest.decoders.base import Decoder, Memory, Message


@dataclass(slots=True)
class Forgetful:
    """A memory for as long as the process lasts."""

    facts: dict[str, bytes] = field(default_factory=dict)

    def get(self, key: str) -> bytes | None:
        return self.facts.get(key)

    def put(self, key: str, value: bytes | None) -> None:
        if value is None:
            self.facts.pop(key, None)
        else:
            self.facts[key] = value


@dataclass(frozen=True, slots=True)
class Options:
    """What a decoder may be told; each takes what concerns it."""

    precision: str = "ns"
    """Line protocol: ns, us, ms or s."""
    mapping: Mapping[str, Any] | None = None
    """`json`: where in the document what stands."""
    memory: Memory = field(default_factory=Forgetful)
    timezone: str = "UTC"
    """IANA name of the zone of times that a format writes without one (Tasmota)."""
    device_tag: str | None = None
    """Line protocol: the tag whose value is the sensor; None: the series key is."""
    max_unpacked: int = sparkplug.MAX_BODY
    """Bytes that may come of what a format packs in a way of its own."""


class Format(NamedTuple):
    """A line of the table."""

    make: Callable[[Options], Decoder]
    topics: tuple[str, ...]
    """Topic filters that it is usually found under; empty: none is usual."""
    looks_like: Callable[[Message], bool]
    """Whether a message may be of this format: quick, by its topic and first bytes; for `auto` and `sniff`."""


def _sparkplug(options: Options) -> Decoder:
    return sparkplug.Sparkplug(options.memory, options.max_unpacked)


FORMATS: Final[dict[str, Format]] = {
    "senml-json": Format(lambda _: senml.json_decoder(), (), senml.looks_like_json),
    "influx": Format(lambda options: influx.Influx(options.precision, options.device_tag), (), influx.looks_like),
    "senml-cbor": Format(lambda _: senml.cbor_decoder(), (), senml.looks_like_cbor),
    "sparkplug": Format(_sparkplug, sparkplug.TOPICS, sparkplug.looks_like),
    "homie": Format(lambda o: homie.Homie(o.memory), homie.TOPICS, homie.looks_like),
    "chirpstack": Format(lambda _: chirpstack.Chirpstack(), chirpstack.TOPICS, chirpstack.looks_like),
    "tts": Format(lambda _: tts.Tts(), tts.TOPICS, tts.looks_like),
    "tasmota": Format(lambda o: tasmota.Tasmota(o.timezone), tasmota.TOPICS, tasmota.looks_like),
    "zigbee2mqtt": Format(lambda o: zigbee2mqtt.Zigbee2mqtt(o.memory), zigbee2mqtt.TOPICS, zigbee2mqtt.looks_like),
    "shelly": Format(lambda _: shelly.Shelly(), shelly.TOPICS, shelly.looks_like),
    "thingsboard": Format(lambda _: thingsboard.Thingsboard(), thingsboard.TOPICS, thingsboard.looks_like),
    "wmbusmeters": Format(lambda _: wmbusmeters.Wmbusmeters(), wmbusmeters.TOPICS, wmbusmeters.looks_like),
    "sensorthings": Format(lambda _: sensorthings.SensorThings(), sensorthings.TOPICS, sensorthings.looks_like),
    "ngsi-ld": Format(lambda _: ngsi_ld.NgsiLd(), ngsi_ld.TOPICS, ngsi_ld.looks_like),
    "ultralight": Format(lambda _: ultralight.Ultralight(), ultralight.TOPICS, ultralight.looks_like),
    "json": Format(lambda options: json_mapping.JsonMapping(options.mapping), (), json_mapping.looks_like),
}
"""By name, the most recognisable first: `auto` takes the first that looks right and refuses nothing."""
