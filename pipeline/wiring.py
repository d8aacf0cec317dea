"""Which part stands where: the only place where the parts meet.

 gateways ─MQTT─▶ Subscriber ──▶ Gate ──▶ JOURNAL ──▶ Processing ──▶ JOURNAL ──▶ DeliveryRunner ──▶ InfluxDB
                      ▲   PUBACK   │ durable  ▲       quality            (derived)   (one each)  └▶ historian
                      └────────────┘          │       windows                 │
                                            ticks     detector                ├──▶ Receipts ──▶ gateways
                                                      ledger                  └──▶ DeadLetters (SQLite)

Sinks start first and sources drain first: see `pipeline/service.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from config.settings import HistorianSettings, InfluxSettings, Settings
from ingest.subscriber import Subscriber
from journal.base import Journal, Owner
from pipeline.board import Board
from pipeline.deadletters import DeadLetters
from pipeline.delivery import DeliveryOptions, DeliveryRunner, Quarantined
from pipeline.feedback import Feedback
from pipeline.gate import Gate
from pipeline.latency import Latencies
from pipeline.processing import Processing
from processors.base import Processor
from processors.detector import Detector
from processors.ledger import Ledger
from processors.quality import Quality
from processors.windows import WindowsConfig, WindowsProcessor
from sinks.base import Sink
from sinks.historian import Historian
from sinks.influx import InfluxSink
from telemetry.sensors import Sensor, SensorTable
from telemetry.series import SeriesTable

FEEDBACK = "feedback"
"""The cursor of the task that keeps refused messages and tells gateways of them."""
Clock = Callable[[], int]
"""ms since the epoch, UTC."""


@dataclass(slots=True)
class Parts:
    """One pipeline's parts, wired and not yet running."""

    table: SeriesTable
    sensors: SensorTable
    journal: Journal
    gate: Gate
    processing: Processing
    board: Board
    ledger: Ledger
    latencies: Latencies
    runners: Sequence[DeliveryRunner]
    subscriber: Subscriber
    historian: Historian | None
    feedback: Feedback


def names(settings: Settings, journal: Journal, catalogue: Sequence[Sensor]) -> tuple[SeriesTable, SensorTable]:
    """The series known so far: those in the journal, then those in the catalogue."""
    limits = settings.limits
    table = SeriesTable(limits.max_series, limits.zone_series or max(1, limits.max_series // 4))
    table.restore(journal.dictionary())
    for sensor in catalogue:
        number = table.intern(sensor.identity)
        if sensor.gateway is not None:
            table.assign_gateway(int(table.device_of[number]), table.intern_gateway(sensor.gateway))
    sensors = SensorTable(table, catalogue)
    sensors.sync()
    return table, sensors


def windows(settings: Settings, table: SeriesTable, sensors: SensorTable) -> WindowsProcessor:
    config = WindowsConfig(settings.windows, settings.grace, settings.idle_close, settings.lateness)
    return WindowsProcessor(config, table, sensors, settings.state_dir / "chunks")


def sinks(
    settings: Settings, table: SeriesTable, clock: Clock
) -> list[tuple[Sink, InfluxSettings | HistorianSettings]]:
    made: list[tuple[Sink, InfluxSettings | HistorianSettings]] = []
    if settings.influx is not None:
        made.append((InfluxSink(settings.influx, table), settings.influx))
    if settings.historian is not None:
        made.append((Historian(settings.historian, table, clock=clock), settings.historian))
    return made


def wire(
    settings: Settings,
    catalogue: Sequence[Sensor],
    journal: Journal,
    owner: Owner,
    clock: Clock,
    monotonic: Callable[[], float],
    quarantine: Callable[[Quarantined], None],
    letters: DeadLetters,
) -> Parts:
    """Make every part and join them; nothing runs yet and no network is used."""
    table, sensors = names(settings, journal, catalogue)
    board, latencies, ledger = Board(table), Latencies(), Ledger(table)
    windowing = windows(settings, table, sensors)
    chain: list[Processor] = [Quality(sensors), windowing, Detector(sensors, settings.language)]
    processing = Processing(
        owner, chain, ledger, settings.journal.snapshot_every, monotonic, board.observe, windowing.sync
    )
    made = sinks(settings, table, clock)
    runners = [
        DeliveryRunner(
            sink,
            journal.reader(sink.name),
            DeliveryOptions(chosen.backlog, chosen.when_full, "deliver" if settings.raw else "omit"),
            backlog=lambda name=sink.name: journal.backlog(name),  # type: ignore[misc]
            quarantine=quarantine,
            observe=latencies.observe,
            clock=clock,
        )
        for sink, chosen in made
    ]
    gate = Gate(journal, clock, lambda: (why for runner in runners if (why := runner.blocking)))
    newest = journal.stats().newest_arrival
    subscriber = Subscriber(settings, table, sensors, gate.admit, clock, last_arrival=newest)
    feedback = Feedback(journal.reader(FEEDBACK), letters, ledger, table, subscriber.publish, clock)
    historian = next((sink for sink, _ in made if isinstance(sink, Historian)), None)
    return Parts(
        table, sensors, journal, gate, processing, board, ledger, latencies, runners, subscriber, historian, feedback
    )
