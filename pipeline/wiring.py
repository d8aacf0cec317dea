"""Which part stands where: the only place where the parts meet.

 gateways ─MQTT─▶ Subscriber ──▶ Gate ──▶ JOURNAL ──▶ Processing ──▶ JOURNAL ──▶ DeliveryRunner ──▶ InfluxDB
                      ▲   PUBACK   │ durable  ▲       quality            (derived)   (one each)  └▶ historian
                      └────────────┘          │       windows                 │
                                        ticks │       detector                ├──▶ Receipts ──▶ gateways
                                              │       silence                 └──▶ DeadLetters (SQLite)
              operators ──▶ IncidentDesk ─────┘       incidents
                                                      indicators
                                                      ledger

Sinks start first and sources drain first: see `pipeline/service/lifecycle.py`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from config.settings import (
    HistorianSettings,
    InfluxSettings,
    LimitSettings,
    MqttSettings,
    RepublishSettings,
    Settings,
)
from config.thresholds import Thresholds, load_thresholds
from ingest.endpoint import endpoint
from ingest.facts import Facts
from ingest.subscriber import Subscriber
from journal.base import Journal, Owner
from pipeline.alerting.alerts import Alerts
from pipeline.alerting.store import AlertStore
from pipeline.delivery.deliveries import Deliveries
from pipeline.delivery.runner import DeliveryOptions, DeliveryRunner, Quarantined
from pipeline.processing.board import Board
from pipeline.processing.chain import Chain
from pipeline.processing.gate import Gate
from pipeline.processing.latency import Latencies
from pipeline.processing.pace import MOST, Pace
from pipeline.processing.runner import Processing
from pipeline.refusals.deadletters import DeadLetters
from pipeline.refusals.feedback import Feedback
from pipeline.refusals.replay import Replayer
from pipeline.web.incidents import IncidentDesk
from processors.base import Processor
from processors.detector import Detector
from processors.domains.disaster import DisasterAnalytics
from processors.domains.energy import EnergyAnalytics
from processors.domains.waste import WasteAnalytics
from processors.domains.water import WaterAnalytics
from processors.incidents import IncidentsProcessor
from processors.indicators import IndicatorsProcessor
from processors.ledger import Ledger
from processors.quality import Quality
from processors.silence import Silence
from processors.windows import WindowsConfig, WindowsProcessor
from sinks.base import Sink
from sinks.influx import InfluxSink
from sinks.sensor_lines import Catalogue
from telemetry.errors import SeriesLimit
from telemetry.sensors import Sensor, SensorTable
from telemetry.series import SeriesTable, gateway_key

if TYPE_CHECKING:
    from sinks.mqtt.connection import Broker

log = logging.getLogger("nadi.wiring")

DOMAINS = (WaterAnalytics, EnergyAnalytics, DisasterAnalytics, WasteAnalytics)
"""What makes the analytics of each domain, in the order in which they see a batch."""
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
    latencies: Latencies
    deliveries: Deliveries
    subscriber: Subscriber
    feedback: Feedback
    letters: DeadLetters
    replayer: Replayer
    desk: IncidentDesk
    alerts: Alerts | None

    @property
    def runners(self) -> Sequence[DeliveryRunner]:
        """Of the sinks that are configured at present."""
        return self.deliveries.runners

    @property
    def ledger(self) -> Ledger:
        """The present one: a new one is made when processing begins anew."""
        return self.processing.ledger

    @property
    def incidents(self) -> IncidentsProcessor:
        return self.processing.chain.incidents


def names(settings: Settings, journal: Journal, catalogue: Sequence[Sensor]) -> tuple[SeriesTable, SensorTable]:
    """The series known so far: those in the journal, then those in the catalogue."""
    limits = settings.limits
    table = SeriesTable(*series_limits(limits))
    table.restore(journal.dictionary())
    return table, enlist(table, catalogue)


def series_limits(limits: LimitSettings) -> tuple[int, int]:
    """In all, and of one zone."""
    return limits.max_series, limits.zone_series or max(1, limits.max_series // 4)


def enlist(table: SeriesTable, catalogue: Sequence[Sensor]) -> SensorTable:
    """The catalogue's columns; its series get ids, which `table.drain()` then has to be made durable."""
    without = 0
    for sensor in catalogue:
        try:
            number = table.intern(sensor.identity)
        except SeriesLimit:
            without += 1
            continue
        if sensor.gateway is not None:
            gateway = table.intern_gateway(gateway_key(sensor.identity.city, sensor.gateway))
            table.assign_gateway(int(table.device_of[number]), gateway)
    if without:
        log.error(
            "sensors of the catalogue find no room beside the series known; raise limits.max_series or zone_series",
            extra={"sensors": without, "series": len(table)},
        )
    sensors = SensorTable(table, catalogue)
    sensors.sync()
    return sensors


def chain(settings: Settings, table: SeriesTable, sensors: SensorTable, thresholds: Thresholds | None = None) -> Chain:
    """New processors, with nothing in their memories. thresholds: none for those of the settings."""
    thresholds = thresholds or load_thresholds(settings.thresholds)
    config = WindowsConfig(settings.windows, settings.grace, settings.idle_close, settings.lateness)
    windows = WindowsProcessor(config, table, sensors, settings.state_dir / "chunks")
    silence, incidents = Silence(sensors, settings.language), IncidentsProcessor(table, settings.language)
    detector = Detector(sensors, settings.language, settings.timezone, settings.anomaly.on, settings.windows[0])
    domains = [
        make(table, sensors, thresholds, settings.windows[0], settings.language, settings.timezone) for make in DOMAINS
    ]
    ledger = Ledger(table)
    indicators = IndicatorsProcessor(table, sensors, domains, incidents, settings.windows[0], settings.timezone)
    processors: tuple[Processor, ...] = (
        *(Quality(sensors, settings.language, settings.timezone), windows, detector),
        *domains,
        *(silence, incidents, indicators, ledger),
    )
    return Chain(processors, silence, incidents, ledger, windows.sync, windows.saved, windows.memory.chunks.close)


def sink_of(
    name: str, settings: Settings, table: SeriesTable, clock: Clock, catalogue: Callable[[], Catalogue] = dict
) -> Sink:
    """The sink that the section `name` describes; nothing is opened yet. catalogue: the present sensors."""
    if name == "influx":
        assert settings.influx is not None
        return InfluxSink(settings.influx, table, clock, catalogue=catalogue)
    if name == "republish":
        from sinks.mqtt.sink import RepublishSink  # paho takes 8 MB

        assert settings.republish is not None
        return RepublishSink(settings.republish, broker_of(settings.mqtt), table)
    from sinks.historian import Historian  # DuckDB takes 22 MB and 0.1 s: only where it is used

    assert settings.historian is not None
    return Historian(settings.historian, table, clock=clock)


def broker_of(mqtt: MqttSettings) -> Broker:
    """Where the sink `republish` publishes: on a connection of its own, so with a client id of its own."""
    from sinks.mqtt.connection import Broker

    at = endpoint(mqtt)
    return Broker(
        host=at.host,
        port=at.port,
        tls=at.tls,
        username=mqtt.username,
        password=mqtt.password.get_secret_value() if mqtt.password else None,
        client_id=f"{mqtt.client_id}-republish" if mqtt.client_id else "",
        protocol=mqtt.protocol,
        keep_alive=max(1, mqtt.keep_alive // 1000),
    )


def wire(
    settings: Settings,
    catalogue: Sequence[Sensor],
    journal: Journal,
    owner: Owner,
    clock: Clock,
    monotonic: Callable[[], float],
    quarantine: Callable[[Quarantined], None],
    letters: DeadLetters,
    facts: Facts | None = None,
    told: AlertStore | None = None,
) -> Parts:
    """Make every part and join them; nothing runs yet and no network is used. facts: what decoders
    remember; told: what people have been told."""
    table, sensors = names(settings, journal, catalogue)
    thresholds = load_thresholds(settings.thresholds)
    board, latencies = Board(table), Latencies()
    processing = Processing(
        owner,
        lambda: chain(settings, table, sensors, thresholds),
        board,
        settings.journal.snapshot_every,
        monotonic,
        lambda: journal.stats().last,
    )

    def delivery(chosen: Settings, name: str) -> DeliveryRunner:
        section: InfluxSettings | HistorianSettings | RepublishSettings = getattr(chosen, name)
        return DeliveryRunner(
            sink_of(name, chosen, table, clock, lambda: parts.sensors.sensors),
            journal.reader(name),
            DeliveryOptions(section.backlog, section.when_full, "deliver" if chosen.raw else "omit"),
            backlog=lambda: journal.backlog(name),
            stored=lambda: processing.ledger.stored,
            quarantine=quarantine,
            observe=latencies.observe,
            clock=clock,
        )

    deliveries = Deliveries(journal, delivery)
    deliveries.choose(settings)
    pace = Pace(lambda: processing.cursor, MOST)
    blocked = lambda: filter(None, (pace.holding, *deliveries.blocking))  # noqa: E731
    gate = Gate(journal, clock, blocked, pace.admitted)
    newest = journal.stats().newest_arrival
    subscriber = Subscriber(settings, table, sensors, gate.admit, clock, last_arrival=newest, facts=facts)
    feedback = Feedback(
        journal.reader(FEEDBACK), letters, lambda: processing.ledger.receipts(), table, subscriber.publish, clock
    )
    replayer = Replayer(settings, table, sensors, letters, gate.admit, clock, facts)
    alerts = None
    if told is not None:
        alerts = Alerts(journal, told, subscriber.deliver, clock=clock)
        alerts.choose(settings)
    desk = IncidentDesk(lambda: processing.chain.incidents, gate.command, clock)
    parts = Parts(
        table=table,
        sensors=sensors,
        journal=journal,
        gate=gate,
        processing=processing,
        board=board,
        latencies=latencies,
        deliveries=deliveries,
        subscriber=subscriber,
        feedback=feedback,
        letters=letters,
        replayer=replayer,
        desk=desk,
        alerts=alerts,
    )
    return parts
