"""The processors in the order in which a batch goes through them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from journal.base import Stored
from journal.entries import CommandEntry, Derived, ReadingsEntry, TickEntry
from processors.base import Outputs, Processor
from processors.domains.base import Domain
from processors.incidents import IncidentsProcessor
from processors.ledger import Ledger
from processors.silence import Silence
from telemetry.batch import Anomalies, IncidentEvents, Incidents, Indicators, Readings


@dataclass(frozen=True, slots=True)
class Chain:
    """`processors` end with the incidents and the ledger; silence, incidents and ledger also take note of
    entries that hold no readings. sync: makes durable what they keep in files of their own,
    before a snapshot that relies on it; saved: that snapshot is committed, earlier ones are needed
    no more; both are called in a thread. close: gives these files back."""

    processors: Sequence[Processor]
    silence: Silence
    incidents: IncidentsProcessor
    ledger: Ledger
    sync: Callable[[], None]
    saved: Callable[[], None]
    close: Callable[[], None]

    def run(self, inputs: Sequence[Stored], after: int = -1) -> tuple[Derived, list[Readings], Outputs]:
        """One round: readings in one batch between ticks, each tick in its place. after: where the last round ended.

        The derived entry, the readings with their final flags, and what was found in them.
        """
        out = Outputs()
        batches: list[Readings] = []
        processed: list[tuple[Readings, Readings]] = []
        for item in inputs:
            if isinstance(item.entry, ReadingsEntry):
                self.ledger.note(item.entry)
                self.silence.note(item.entry)
                if len(item.entry.readings):
                    batches.append(item.entry.readings)
            elif isinstance(item.entry, CommandEntry):
                self.incidents.command(item.entry)
            elif isinstance(item.entry, TickEntry):
                self._process(batches, processed, out)
                for processor in self.processors:
                    processor.tick(item.entry, out)
        self._process(batches, processed, out)
        final = [readings for _, readings in processed]
        flags = None
        if any(then.flags is not first.flags for first, then in processed):
            flags = Readings.concat(final).flags
        anomalies = Anomalies.concat(out.anomalies) if out.anomalies else None
        derived = Derived(
            inputs[-1].position,
            flags,
            tuple(out.windows),
            anomalies,
            dict(out.counts),
            incidents=Incidents.concat(out.incidents) if out.incidents else None,
            incident_events=IncidentEvents.concat(out.incident_events) if out.incident_events else None,
            after=after,
            stored=self.ledger.stored,
            indicators=Indicators.concat(out.indicators) if out.indicators else None,
        )
        return derived, final, out

    def indicators(self) -> list[dict[str, Any]]:
        """What the domains' analytics tell beside alarms."""
        domains = [processor for processor in self.processors if isinstance(processor, Domain)]
        return [row for domain in domains for row in domain.indicators()]

    def _process(self, batches: list[Readings], processed: list[tuple[Readings, Readings]], out: Outputs) -> None:
        if not batches:
            return
        before = readings = Readings.concat(batches)
        for processor in self.processors:
            readings = processor.process(readings, out)
        processed.append((before, readings))
        batches.clear()
