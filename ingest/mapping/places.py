"""Where a sensor stands by the rules of the settings: city, domain and zone."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import translate
from typing import Final, NamedTuple

from config.formats import FIELD
from config.settings import DecoderSettings
from ingest.mapping.names import NameFault, level_name

ABSENT: Final = "unknown"
"""Stands for a label or level that a message does not have."""

Context = tuple[str, ...]
"""The values of a rule's fields in one message, in the order of `Placing.fields`."""


class Spot(NamedTuple):
    """domain: None for whichever has the quantity."""

    city: str
    domain: str | None
    zone: str


@dataclass(frozen=True, slots=True)
class _Place:
    device: re.Pattern[str]
    domain: str | None
    zone: str | None


class Placing:
    """The places of one rule. Texts with {fields} are filled from a message's topic (numbers, from 1), labels,
    `gateway` and `format`."""

    def __init__(
        self,
        form: str,
        city: str,
        domain: str | None,
        zone: str,
        places: Sequence[tuple[str, str | None, str | None]] = (),
    ) -> None:
        self.form = form
        self.city = city
        self.domain = domain
        self.zone = zone
        self._places = [_Place(re.compile(translate(device)), of, at) for device, of, at in places]
        texts = [city, zone, *(place.zone or "" for place in self._places)]
        self.fields = tuple(dict.fromkeys(name for text in texts for name in FIELD.findall(text) if name != "format"))

    @classmethod
    def of(cls, rule: DecoderSettings) -> Placing:
        return cls(
            rule.format,
            rule.city,
            rule.domain,
            rule.zone,
            [(place.device, place.domain, place.zone) for place in rule.places],
        )

    def context(self, topic: str, labels: Mapping[str, str], gateway: str | None) -> Context:
        """What of a message decides where its sensors stand."""
        if not self.fields:
            return ()
        levels = topic.split("/")
        values = []
        for name in self.fields:
            if name.isdecimal():
                number = int(name)
                values.append(levels[number - 1] if 0 < number <= len(levels) else ABSENT)
            elif name == "gateway":
                values.append(gateway or ABSENT)
            else:
                values.append(labels.get(name) or ABSENT)
        return tuple(values)

    def city_in(self, context: Context) -> str:
        """Raises NameFault."""
        return self._fill(self.city, context)

    def spot(self, context: Context, sensor: str) -> Spot:
        """Where `sensor` stands. Raises NameFault."""
        domain, zone = self.domain, self.zone
        for place in self._places:
            if place.device.match(sensor):
                domain, zone = place.domain or domain, place.zone or zone
                break
        return Spot(self._fill(self.city, context), domain, self._fill(zone, context))

    def _fill(self, text: str, context: Context) -> str:
        values = dict(zip(self.fields, context, strict=True)) | {"format": self.form}
        filled = FIELD.sub(lambda found: values[found[1]], text)
        try:
            return level_name(filled)
        except NameFault as fault:
            raise NameFault(f"{text}: {fault}") from None
