"""Which topic filters the session is to hold, and what the broker answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from config.settings import MqttSettings
from ingest import wire
from ingest.reasons import meaning
from ingest.session import protocol
from telemetry.errors import WireError

UNSURE = -1
"""In place of the QoS of a filter that the session may hold or not."""


@dataclass(slots=True)
class Subscriptions:
    """Brings the session's topic filters in line with the settings; SUBACKs come in between messages."""

    wanted: dict[str, int]
    refused: dict[str, int]
    """Filters that the broker refused, with its reason code."""
    lowered: dict[str, int]
    """Filters that it granted at a lower QoS than was asked, with that."""
    _subscribing: dict[int, list[str]]
    _leaving: set[int]

    @classmethod
    def of(cls, settings: MqttSettings, filters: Iterable[str]) -> Subscriptions:
        return cls(dict.fromkeys(filters, settings.qos), {}, {}, {}, set())

    def requests(self, settings: MqttSettings, had: Mapping[str, int]) -> list[bytes]:
        """Packets that ask for what the session lacks, and give up what it has too much. `had`: its
        filters with their QoS, or UNSURE."""
        version = protocol(settings)
        fresh = [name for name, qos in self.wanted.items() if had.get(name) != qos]
        stale = [name for name in had if name not in self.wanted]
        packets = []
        if fresh:
            self._subscribing[1] = fresh
            handling = 2 if settings.retained == "ignore" else 1
            packets.append(wire.subscribe(version, 1, fresh, settings.qos, handling))
        if stale:
            self._leaving.add(2)
            packets.append(wire.unsubscribe(version, 2, stale))
        return packets

    @property
    def settled(self) -> bool:
        return not (self._subscribing or self._leaving)

    def answered(self, packet: wire.SubAck | wire.UnsubAck) -> None:
        """Take a broker's answer. Raises WireError if it answers nothing we asked."""
        if isinstance(packet, wire.UnsubAck):
            if packet.packet_id not in self._leaving:
                raise WireError(f"UNSUBACK for packet id {packet.packet_id}, which was not asked")
            self._leaving.discard(packet.packet_id)
            return
        asked = self._subscribing.pop(packet.packet_id, None)
        if asked is None or len(asked) != len(packet.codes):
            raise WireError(f"SUBACK with {len(packet.codes)} answers for packet id {packet.packet_id}")
        answers = dict(zip(asked, packet.codes, strict=True))
        self.refused |= {name: code for name, code in answers.items() if code >= 0x80}
        self.lowered |= {name: code for name, code in answers.items() if code < self.wanted[name]}

    def accepted(self) -> dict[str, int]:
        """What the session holds, at the QoS that was granted: one that is too low is asked for again next time."""
        return {name: qos for name, qos in (self.wanted | self.lowered).items() if name not in self.refused}

    def faults(self) -> list[str]:
        """What the broker has not granted, in words."""
        refused = ", ".join(f"{name}: {meaning(code)}" for name, code in self.refused.items())
        lowered = ", ".join(f"{name}: QoS {code}" for name, code in self.lowered.items())
        return [
            *([f"the broker refuses a subscription (mqtt.topics): {refused}"] if refused else []),
            *([f"the broker grants less than mqtt.qos, and so may lose messages: {lowered}"] if lowered else []),
        ]
