"""The MQTT subscriber: one connection at a time, and nothing acknowledged before it is committed.

    socket ──▶ Link ──▶ Scanner ──▶ commit ──▶ PUBACKs, on the same connection
                 ▲ paused while a busy commit is under way, and when its budget is full

Group commit without a timer: while one commit is under way the next batch gathers. Brokers hand
over small segments, and reading each costs more than decoding it; so under load the socket is left
alone for the while of a commit, and what has gathered in the kernel comes in one read. When idle
it is read at once, for the sake of latency.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from config.settings import Settings
from ingest import wire
from ingest.backlog import Backlog
from ingest.build import filters, scanner_of
from ingest.committer import Committer
from ingest.effort import AT_ONCE, REST
from ingest.endpoint import endpoint
from ingest.facts import Facts
from ingest.keepalive import KeepAlive
from ingest.link import Link
from ingest.outbox import Outbox
from ingest.reasons import ConnectRefused, Dismissed, Lost, SubscriptionRefused, TakenOver, dismissed
from ingest.requests import Requests
from ingest.retry import Retry
from ingest.scanner import Scanned
from ingest.session import introduce, open_link, protocol
from ingest.state import SubscriberState
from ingest.status import Status
from ingest.subscriptions import UNSURE, Subscriptions
from ingest.waiting import pause, unless
from journal.entries import ReadingsEntry
from telemetry.errors import Unavailable, WireError
from telemetry.sensors import SensorTable
from telemetry.series import SeriesTable

log = logging.getLogger("nadi.ingest")

BATCH: Final = 262_144
"""Bytes taken into one commit: about 2,500 messages of one reading. Scanning four times as much in one
go costs half as much again per message, because the lists no longer fit the processor's cache."""
BUSY: Final = 1024
"""A batch of so many bytes means load: the socket is then left to fill during the commit. Measured with
Mosquitto at 20,000 messages/s and commits of 2 ms: 1.1 reads a commit, against 4.3 without."""
STALLED: Final = 0.05
"""A commit that takes longer (s) does not keep the socket waiting: the next batch gathers in memory."""


class Subscriber:
    """Delivers what gateways publish to `commit`, for as long as `run` runs.

    commit: resolves when the entry is durable; raises Full or Unavailable while it can't be.
    clock: ms since the epoch. last_arrival: when nadi last stored a reading (ms; 0 unknown).
    """

    def __init__(
        self,
        settings: Settings,
        table: SeriesTable,
        sensors: SensorTable,
        commit: Callable[[ReadingsEntry], Awaitable[object]],
        clock: Callable[[], int],
        state: SubscriberState | None = None,
        *,
        retry: Retry | None = None,
        last_arrival: int = 0,
        facts: Facts | None = None,
    ) -> None:
        """facts: what decoders remember, durable before a message is acknowledged; None for no longer than the
        process. Raises SettingsError for an address, certificate or state file that can't be used."""
        self.settings = settings
        self.table = table
        self.clock = clock
        self.endpoint = endpoint(settings.mqtt)
        self.state = state or SubscriberState.load(settings.state_dir, settings.mqtt.client_id, str(self.endpoint))
        self.status = Status()
        self.retry = retry or Retry(self.state.client_id)
        self.outbox = Outbox(self.status, protocol(settings.mqtt))
        self.facts = facts
        self.scanner = scanner_of(settings, table, sensors, facts)
        self.requests = Requests(self.outbox.publish, time.monotonic)
        self.backlog = Backlog(self.scanner.gatekeeper)
        self._last_arrival = last_arrival
        self._connected_at = 0.0
        self._link: Link | None = None
        self._subscriptions: Subscriptions | None = None
        self._stopping = asyncio.Event()
        self._stopped = asyncio.Event()
        self._running = False
        self._commit_entry = commit
        self.committer = Committer(self._store, self.status, self._stopping)

    def adopt(self, settings: Settings, sensors: SensorTable) -> None:
        """Other topics, limits and catalogue from the next message on, on the same connection and session.
        What says where the broker is and who we are stays as it was at the start."""
        self.settings = settings
        self.scanner = self.scanner.succeeded_by(scanner_of(settings, self.table, sensors, self.facts))
        self.backlog.adopt(self.scanner.gatekeeper)
        if self._link is not None and self._subscriptions is not None and self._subscriptions.settled:
            self._subscribe(self._link, had=self.state.filters)

    def _subscribe(self, link: Link, had: Mapping[str, int]) -> None:
        """Ask for what the session lacks, and give up what it has too much."""
        mqtt = self.settings.mqtt
        subscriptions = self._subscriptions = Subscriptions.of(mqtt, filters(self.settings))
        if packets := subscriptions.requests(mqtt, had):
            self.state.doubt()
        for packet in packets:
            link.write(packet)
        if subscriptions.settled:
            self._subscribed(link, subscriptions)

    async def run(self) -> None:
        """Connect, deliver, and connect again until stop(). Raises TakenOver when another client
        keeps using our client id."""
        self._running = True
        try:
            while not self._stopping.is_set():
                wait = await self._connection()
                if not self._stopping.is_set():
                    self.status.reconnects += 1
                    await pause(self._stopping, wait)
        finally:
            self._disconnected()
            self._running = False
            self._stopped.set()

    async def stop(self) -> None:
        """Read no more, commit and acknowledge what was gathered, disconnect; the session is kept."""
        self._stopping.set()
        if self._link is not None:
            self._link.wake()
        if self._running:
            await self._stopped.wait()

    async def publish(self, topic: str, payload: bytes, qos: int = 0, retain: bool = False) -> bool:
        """Send a small message on the same connection. False, and counted, if it was dropped: not
        connected, congested, or larger than the broker takes."""
        return self.outbox.publish(topic, payload, qos, retain)

    async def deliver(self, topic: str, payload: bytes, retain: bool = False) -> str:
        """Send a small message on the same connection and wait until the broker has acknowledged it.
        Returns why it has not; empty: it has."""
        return await self.outbox.deliver(topic, payload, retain)

    async def _connection(self) -> float:
        """One connection, from beginning to end. Returns how long (s) to wait before the next."""
        began = time.monotonic()
        link: Link | None = None
        self._connected_at = 0.0
        try:
            opening = open_link(self.endpoint, self.settings.limits.inflight)
            link = self._link = await unless(self._stopping, opening)
            if link is not None:
                await self._session(link)
            wait = 0.0
        except ConnectRefused as error:
            wait = self.retry.refused() if error.slow else self.retry.failed()
            self._report(str(error))
        except (SubscriptionRefused, ssl.SSLCertVerificationError) as error:
            wait = self.retry.refused()
            self._report(f"{self.endpoint}: {error}")
        except TakenOver as error:
            self._report(str(error))
            wait = self.retry.taken_over(time.monotonic() - began)
        except (OSError, Lost, WireError, TimeoutError) as error:
            self._report(f"{self.endpoint}: {str(error) or type(error).__name__}")
            if self._connected_at:
                plain = link is not None and link.clean_end
                lasted = time.monotonic() - self._connected_at
                published = self.outbox.just_wrote and (plain or isinstance(error, Dismissed))
                wait = self.retry.lost(lasted, plain=plain, published=published)
            else:
                wait = self.retry.failed()
        finally:
            self._disconnected()
            if link is not None:
                link.close()
        return wait

    async def _session(self, link: Link) -> None:
        """Introduce ourselves, subscribe, and deliver until the link ends or stop() is called."""
        mqtt, sure = self.settings.mqtt, self.state.sure
        self.state.doubt()
        granted = await unless(self._stopping, introduce(link, mqtt, self.state.client_id))
        if granted is None:
            return
        self._connected_at = time.monotonic()
        self.retry.connected()
        self.scanner.reset(protocol(mqtt))
        if silent := self.retry.silent:
            log.warning("the broker closes connections when nadi publishes; nothing is published for %g s", silent)
        self.outbox.connected(link, granted, silent)
        self._note_session(granted.session_present)
        held = self.state.filters if granted.session_present else {}
        # A broker that was killed comes back with the session that it had saved. MQTT 5 tells it to send nothing
        # retained again; in 3.1.1 it would.
        believed = sure and protocol(mqtt) != wire.V5
        self._subscribe(link, had=held if believed else dict.fromkeys(held, UNSURE))
        self.keep_alive = KeepAlive(link, granted.keep_alive)
        try:
            await self._deliver(link)
        finally:
            self.keep_alive.stop()

    def _note_session(self, present: bool) -> None:
        status, now = self.status, self.clock()
        status.session_present = present
        status.session_lost = bool(self.state.filters) and not present
        if status.session_lost:
            status.session_lost_at = now
            log.error("the broker has forgotten our session: what it held for us meanwhile is gone")
        if present:
            away = now - self._last_arrival if self._last_arrival else self.settings.mqtt.session_expiry
            self.backlog.stood_still(away / 1000)

    def _subscribed(self, link: Link, subscriptions: Subscriptions) -> None:
        """All answers are there: remember what the session holds."""
        accepted = subscriptions.accepted()
        self.state.hold(accepted)
        if not accepted:
            raise SubscriptionRefused("; ".join(subscriptions.faults()))
        status = self.status
        status.connected, status.connected_since = True, self.clock()
        status.reason = "; ".join(subscriptions.faults())
        if status.reason:
            log.error(status.reason)
        log.info("subscribed", extra={"broker": str(self.endpoint), "session_present": status.session_present})
        if subscriptions.wanted != Subscriptions.of(self.settings.mqtt, filters(self.settings)).wanted:
            self._subscribe(link, had=accepted)

    async def _deliver(self, link: Link) -> None:
        """Scan, commit, acknowledge, until the link ends."""
        while True:
            if self._stopping.is_set():
                link.hold()
            else:
                began = time.monotonic()
                await link.readable()
                self.backlog.waited(time.monotonic() - began)
            data = link.peek(BATCH)
            scanned = self._scan(data)
            link.consume(scanned.consumed, scanned.wanted or len(data) - scanned.consumed + 1)
            self._count(scanned)
            if scanned.messages or len(scanned.packet_ids):
                await self._commit(link, scanned, len(data))
            if scanned.wanted == AT_ONCE:
                await asyncio.sleep(REST)
            if scanned.requests:
                self.requests.send(scanned.requests)
            for packet in scanned.control:
                self._control(packet, link)
            if scanned.error is not None:
                raise scanned.error
            if not scanned.consumed and (self._stopping.is_set() or link.closed):
                break
        if not self._stopping.is_set():
            raise Lost(link.failure)
        link.write(wire.disconnect(protocol(self.settings.mqtt)))
        self.status.reason = "stopped"

    def _scan(self, data: bytes) -> Scanned:
        """Raises Lost where decoders could not be told what they have learnt: the broker keeps the messages, and
        sends them again on another connection."""
        facts = self.facts
        if facts is None:
            return self.scanner.scan(data, self.clock())
        facts.fault = ""
        try:
            scanned = self.scanner.scan(data, self.clock())
        except Unavailable as error:
            raise Lost(str(error)) from error
        if facts.fault:
            raise Lost(facts.fault)
        return scanned

    async def _commit(self, link: Link, scanned: Scanned, size: int) -> None:
        """Make a batch durable, then acknowledge it."""
        entry = ReadingsEntry(
            scanned.readings,
            self.table.drain(),
            scanned.sequences,
            scanned.refusals,
            scanned.messages,
            scanned.gateways,
        )
        timer = None
        if size >= BUSY:
            link.hold()
            timer = asyncio.get_running_loop().call_later(STALLED, self._release, link)
        link.budget = self.settings.limits.inflight - size
        began = time.monotonic()
        await self.committer.store(entry)
        link.write(wire.pubacks(scanned.packet_ids))
        self.backlog.stood_still(time.monotonic() - began)
        if timer is not None:
            timer.cancel()
        link.budget = self.settings.limits.inflight
        self._release(link)

    async def _store(self, entry: ReadingsEntry) -> None:
        """What decoders have learnt first: a crash in between only means that they learn it again."""
        if self.facts is not None and self.facts.fresh:
            await self.facts.save()
        await self._commit_entry(entry)

    def _release(self, link: Link) -> None:
        if not self._stopping.is_set():
            link.release()

    def _count(self, scanned: Scanned) -> None:
        status = self.status
        status.bytes += scanned.consumed
        status.messages += scanned.messages
        status.ignored += scanned.ignored
        status.readings += len(scanned.readings)
        status.skew = self.scanner.gatekeeper.skew
        for refusal in scanned.refusals:
            status.rejects[refusal.reason] += refusal.readings

    def _control(self, packet: wire.Control, link: Link) -> None:
        if isinstance(packet, wire.SubAck | wire.UnsubAck):
            subscriptions = self._subscriptions
            assert subscriptions is not None
            subscriptions.answered(packet)
            if subscriptions.settled:
                self._subscribed(link, subscriptions)
        elif isinstance(packet, wire.PubAck):
            self.outbox.acknowledged(packet.packet_id, packet.code)
        elif isinstance(packet, wire.Disconnect):
            raise dismissed(packet)
        elif isinstance(packet, wire.ConnAck):
            raise WireError("a second CONNACK")

    def _report(self, reason: str) -> None:
        """Say once what is wrong."""
        if reason != self.status.reason:
            log.error("%s; trying again", reason)
        self.status.reason = reason

    def _disconnected(self) -> None:
        if self.status.connected:
            self._last_arrival = self.clock()
        self._link = self._subscriptions = None
        self.outbox.disconnected()
        self.status.connected, self.status.connected_since = False, 0
