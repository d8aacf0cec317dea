"""The life of nadi: how it starts, what ends it, and how it ends."""

from __future__ import annotations

import asyncio
import logging
import time
from pathlib import Path

import pytest

from journal.local import LocalJournal
from pipeline.commands.run import load
from pipeline.delivery.runner import DeliveryRunner
from pipeline.service import status
from pipeline.service.lifecycle import Service
from pipeline.service.status import SESSION_LOST_SHOWN_MS
from telemetry.errors import Locked, SettingsError
from telemetry.sensors import Sensor
from telemetry.series import Identity
from tests.pipeline.kit import NOW, processed, running, send, settings, until

READING = {"ts": NOW, "values": {"flow": 12.5}}


def catalogue(size: int) -> list[Sensor]:
    return [Sensor(Identity("3578", "water", f"z{number}", "d", "flow"), interval=1_000) for number in range(size)]


async def test_what_was_admitted_is_delivered_before_the_end(tmp_path: Path) -> None:
    async with running(Service(settings(tmp_path), clock=lambda: NOW)) as service:
        await send(service, *(("water/a/d1", READING | {"ts": NOW + number}) for number in range(500)))
    sink = service.parts.runners[0]
    assert (sink.account.delivered, sink.pending) == (500, 0)


async def test_the_next_start_goes_on_from_the_snapshot(tmp_path: Path) -> None:
    async with running(Service(settings(tmp_path), clock=lambda: NOW)) as service:
        await send(service, ("water/a/d1", READING))
    async with running(Service(settings(tmp_path), clock=lambda: NOW)) as service:
        await until(service.parts.processing.caught_up.is_set)
        assert service.parts.processing.replayed == 0
        assert service.ledger()["all"]["stored"] == 1
        await send(service, ("water/a/d1", READING))
        await processed(service)
        assert service.ledger()["all"]["duplicate"] == 1


@pytest.mark.alone
async def test_a_sink_that_hangs_takes_no_time_from_the_snapshot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hang(self: DeliveryRunner) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(DeliveryRunner, "run", hang)
    chosen = settings(tmp_path, shutdown_timeout="2s")
    began = 0.0
    async with running(Service(chosen, clock=lambda: NOW)) as service:
        await send(service, ("water/a/d1", READING))
        await until(service.parts.processing.caught_up.is_set)
        began = time.monotonic()
    assert time.monotonic() - began < 2.5
    monkeypatch.undo()
    async with running(Service(chosen, clock=lambda: NOW)) as service:
        await until(service.parts.processing.caught_up.is_set)
        assert service.parts.processing.replayed == 0
        await until(lambda: service.parts.runners[0].account.delivered == 1)


async def test_a_stop_in_the_middle_of_a_replay_is_quick_and_harmless(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = settings(tmp_path, journal={"snapshot_every": "1h"})
    with monkeypatch.context() as patch:
        # The first process is killed, as far as its snapshot is concerned.
        async def no_drain(*arguments: object) -> None: ...

        patch.setattr("pipeline.service.lifecycle.drain", no_drain)
        async with running(Service(chosen, clock=lambda: NOW)) as service:
            await send(service, ("water/a/d1", READING))
            await processed(service)
            last = service.parts.gate.last
    with monkeypatch.context() as patch:
        # One whose replay takes for ever, and that would wait for it for an hour.
        patient = settings(tmp_path, journal={"snapshot_every": "1h"}, shutdown_timeout="1h")
        patch.setattr("pipeline.processing.runner.Processing._replay", lambda *arguments: asyncio.Event().wait())
        async with asyncio.timeout(60), running(Service(patient, clock=lambda: NOW)) as service:
            assert "processing: replaying the journal" in service.status()["problems"]
            assert service.status()["journal"]["lag_s"] is None
            await until(lambda: service.parts.gate.last > last)
    async with running(Service(chosen, clock=lambda: NOW)) as service:
        await until(service.parts.processing.caught_up.is_set)
        assert service.parts.processing.replayed >= 1
        assert service.ledger()["all"]["stored"] == 1


async def test_a_part_that_fails_ends_nadi_and_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(self: object) -> None:
        raise ZeroDivisionError("a bug")

    chosen = settings(tmp_path, historian=None, influx={"url": "http://127.0.0.1:1", "token": "secret"})
    with monkeypatch.context() as patch:
        patch.setattr("pipeline.refusals.feedback.Feedback.send_receipts", fail)
        with caplog.at_level(logging.CRITICAL, "nadi"), pytest.raises(ExceptionGroup) as caught:
            await Service(chosen).run()
    assert isinstance(caught.value.exceptions[0], ZeroDivisionError)
    assert caplog.records[0].part == "feedback[receipts]"  # type: ignore[attr-defined]
    async with running(Service(chosen)):
        """What it held (lock, files, address) has been given back."""


async def test_two_do_not_share_a_state_dir(tmp_path: Path) -> None:
    async with running(Service(settings(tmp_path))):
        with pytest.raises(Locked, match="in use by the process"):
            await Service(settings(tmp_path)).run()


async def test_a_start_that_fails_gives_back_what_it_took(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    letters = tmp_path / "state/dead_letters.sqlite"
    letters.write_bytes(b"not a database" * 100)
    with pytest.raises(Exception, match="dead letters can't be opened"):
        await Service(settings(tmp_path)).run()
    letters.unlink()
    async with running(Service(settings(tmp_path))) as service:
        assert service.started.is_set()


async def test_the_catalogue_s_names_are_stored_before_nadi_subscribes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.processing.gate.DECLARE_AT_ONCE", 3)
    asked: list[int] = []

    async def run(self: object) -> None:
        asked.append(len(list(service.parts.journal.dictionary())))
        await asyncio.Event().wait()

    monkeypatch.setattr("ingest.subscriber.Subscriber.run", run)
    service = Service(settings(tmp_path), catalogue(10))
    async with running(service):
        await until(lambda: asked)
    assert asked == [10]


async def test_a_catalogue_that_finds_no_room_beside_what_is_known_does_not_stop_nadi(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    chosen = settings(tmp_path, limits={"max_series": 3, "zone_series": 3})
    async with running(Service(chosen, clock=lambda: NOW)) as service:
        await send(service, *((f"water/a/d{number}", READING) for number in range(2)))
    async with running(Service(chosen, catalogue(3), clock=lambda: NOW)) as service:
        assert len(service.parts.table) == 3
    assert "find no room" in caplog.text


def test_a_catalogue_above_the_limits_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sensors.csv").write_text(
        "city,domain,zone,device,quantity\n" + "".join(f"3578,water,a,d{number},flow\n" for number in range(5))
    )
    config = tmp_path / "nadi.yaml"
    config.write_text(
        f"state_dir: {tmp_path}/state\nhistorian: {tmp_path}/h.duckdb\ncatalogue: {tmp_path}/sensors.csv\n"
        "limits: {max_series: 4}\n"
    )
    monkeypatch.delenv("NADI_LIMITS__MAX_SERIES", raising=False)
    with pytest.raises(SettingsError, match=r"limits\.max_series"):
        load(config)


async def test_the_cursor_of_a_removed_sink_is_retired(tmp_path: Path) -> None:
    both = settings(tmp_path, influx={"url": "http://127.0.0.1:1", "token": "secret"})
    async with running(Service(both, clock=lambda: NOW)) as service:
        assert set(service.parts.journal.stats().cursors) == {"influx", "historian", "feedback"}
    async with running(Service(settings(tmp_path), clock=lambda: NOW)) as service:
        assert set(service.parts.journal.stats().cursors) == {"historian", "feedback"}


async def test_a_lost_session_is_a_problem_for_a_while(tmp_path: Path) -> None:
    async with running(Service(settings(tmp_path), clock=lambda: NOW)) as service:
        mqtt = service.parts.subscriber.status
        mqtt.session_lost, mqtt.session_lost_at = True, NOW - 1_000
        assert any("lost our session" in problem for problem in service.status()["problems"])
        mqtt.session_lost_at = NOW - SESSION_LOST_SHOWN_MS
        told = service.status()
        assert not any("lost our session" in problem for problem in told["problems"])
        assert told["mqtt"]["session_lost"] is True


async def test_a_damaged_tail_is_a_notice_and_no_problem(tmp_path: Path) -> None:
    async with running(Service(settings(tmp_path), clock=lambda: NOW)) as service:
        await send(service, ("water/a/d1", READING))
    segment = max((tmp_path / "state/journal").glob("*.log"))
    with segment.open("ab") as file:
        file.write(b"torn")
    async with running(Service(settings(tmp_path), clock=lambda: NOW)) as service:
        await until(service.parts.processing.caught_up.is_set)
        told = service.status()
        assert any("cut off" in notice for notice in told["notices"])
        assert all(problem.startswith("mqtt") for problem in told["problems"])


async def test_a_journal_that_can_t_be_written_is_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(Service(settings(tmp_path), clock=lambda: NOW)) as service:
        stats = LocalJournal.stats

        def troubled(self: LocalJournal) -> object:
            from dataclasses import replace

            return replace(stats(self), trouble="no room on the disk")

        monkeypatch.setattr(LocalJournal, "stats", troubled)
        assert "journal: no room on the disk" in service.status()["problems"]
        monkeypatch.undo()


def test_the_version_is_that_of_the_project() -> None:
    root = Path(__file__).resolve().parents[2]
    assert f'version = "{status.VERSION}"' in (root / "pyproject.toml").read_text()
