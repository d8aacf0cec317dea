"""From a topic to the rule whose messages it carries: matched once, then remembered as a Sender."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from ingest.admission import OUT
from ingest.columns import Gathered
from ingest.content import content_type
from ingest.decoders.base import MAX_TOPIC
from ingest.devices import Devices
from ingest.effort import Efforts
from ingest.foreign import Rule
from ingest.shapes import Form

LONGEST_REMEMBERED: Final = MAX_TOPIC
"""Bytes of a topic that is remembered."""
MAX_TOPICS: Final = 65_536
"""That are remembered; when there are more all are forgotten."""


class Sender:
    """A topic whose messages are a rule's: what the scanner finds under it."""

    __slots__ = ("rule", "topic")

    def __init__(self, rule: Rule, topic: str) -> None:
        self.rule = rule
        self.topic = topic

    def take(self, work: Gathered, payload: bytes, properties: bytes, now: int, *, retained: bool = False) -> None:
        """properties: those of the PUBLISH (MQTT 5), with their length before them or without; b"" for none."""
        kind = content_type(properties) if properties else None
        self.rule.take(work, self.topic, payload, now, kind, retained=retained)


class Rules:
    """All rules, in the settings' order: the first that takes a topic has it."""

    def __init__(self, rules: Sequence[Rule] = (), efforts: Efforts | None = None) -> None:
        """efforts: what each sender's messages took."""
        self.rules = rules
        self.messages: Counter[str] = Counter()
        """Decoded, by format."""
        self._remembered: list[bytes] = []
        for rule in rules:
            rule.messages = self.messages
            rule.efforts = efforts or rule.efforts
            rule.vain = Efforts(rule.efforts.rate)

    def sender(self, topic: bytes, devices: Devices) -> Sender | None:
        """Whose the messages of a topic are, remembered among `devices`; None where no rule takes it."""
        if not self.rules or topic.startswith(OUT):
            return None
        entry = devices.entries.get(topic)
        if entry is not None:
            return entry[3] if entry[1] is Form.FOREIGN else None
        try:
            name = topic.decode()
        except UnicodeDecodeError:
            return None
        levels = name.split("/")
        rule = next((rule for rule in self.rules if any(fits(each, levels) for each in rule.filters)), None)
        if rule is None:
            return None
        sender = Sender(rule, name)
        if len(topic) <= LONGEST_REMEMBERED:
            if len(self._remembered) >= MAX_TOPICS:
                for each in self._remembered:
                    devices.entries.pop(each, None)
                self._remembered.clear()
            devices.entries[topic] = (_as_it_is, Form.FOREIGN, b"", sender)
            self._remembered.append(topic)
        return sender


def _as_it_is(payload: bytes) -> bytes:
    return payload


def fits(filter_levels: Sequence[str], levels: Sequence[str]) -> bool:
    """Whether a topic matches a filter (MQTT 5, section 4.7)."""
    for at, wanted in enumerate(filter_levels):
        if wanted == "#":
            return True
        if at >= len(levels) or (wanted not in ("+", levels[at])):
            return False
    return len(filter_levels) == len(levels)
