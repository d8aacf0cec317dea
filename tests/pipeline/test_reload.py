"""Changed settings are taken over by what runs; what can't be is named, and what is wrong changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from config.settings import Settings
from pipeline.service.changes import merged
from pipeline.service.lifecycle import Service
from telemetry.errors import Full, NadiError, SettingsError, StoreError
from telemetry.sensors import Sensor
from telemetry.series import Identity
from tests.pipeline.kit import NOW, Web, processed, running, send, settings, until

FLOW = Identity("3578", "water", "a", "d1", "flow")
USER = "ann:viewer:$argon2id$v=19$m=65536,t=3,p=4$c2FsdHNhbHRzYWx0$" + "A" * 43


def reading(time: int, value: float = 50.0, quantity: str = "flow") -> dict[str, Any]:
    return {"ts": NOW + time, "values": {quantity: value}}


async def reload(service: Service, wanted: Settings, sensors: Sequence[Sensor] = ()) -> list[str]:
    await until(service.parts.processing.caught_up.is_set)
    return await service.reloader.reload(lambda: (wanted, sensors))


async def test_a_catalogue_counts_from_the_reload_on(tmp_path: Path) -> None:
    chosen = settings(tmp_path)
    async with running(Service(chosen, [Sensor(FLOW, max=100.0)], clock=lambda: NOW)) as service:
        await send(service, ("water/a/d1", reading(0, 60.0)))
        await processed(service)
        new = Identity("3578", "water", "a", "d2", "flow")
        assert await reload(service, chosen, [Sensor(FLOW, max=55.0, unit="L/min"), Sensor(new, interval=1000)]) == []
        assert service.parts.table.find(new) is not None
        assert new in {name.identity for name in service.parts.journal.dictionary()}, "its name is durable"
        await send(service, ("water/a/d1", reading(1, 60.0 * 60)))
        await processed(service)
        assert service.ledger()["all"]["failed"] == 1, "of two readings of 60 L/s only the second is above the maximum"
        await send(service, ("water/a/d1", reading(2, 60.0)))
        await processed(service)
        assert service.ledger()["all"]["failed"] == 1, "1 L/s"


async def test_metrics_of_gateways_go_on_after_a_reload(tmp_path: Path) -> None:
    """It makes other processors, and so other books."""
    chosen = settings(tmp_path)
    async with running(Service(chosen, clock=lambda: NOW)) as service:
        await send(service, ("water/a/d1", reading(0) | {"gw": "gw-1", "seq": 1}))
        await processed(service)
        assert await reload(service, chosen, [Sensor(FLOW, max=55.0)]) == []
        await send(service, ("water/a/d1", reading(1) | {"gw": "gw-1", "seq": 3}))
        await processed(service)
        _, _, told = await Web(service).ask("/metrics")
    assert 'nadi_gateway_readings_total{gateway="3578/gw-1",outcome="stored"} 2.0' in told
    assert 'nadi_gateway_missing{gateway="3578/gw-1"} 1.0' in told


async def test_thresholds_are_read_anew_for_devices_that_are_known(tmp_path: Path) -> None:
    file = tmp_path / "thresholds.yaml"
    file.write_text("waste: {fire: {hot: 70, ends: 60}}")
    chosen = settings(tmp_path, thresholds=str(file))
    now = NOW
    async with running(Service(chosen, clock=lambda: now)) as service:
        for second in (0, 60, 120, 180):
            now = NOW + 1000 * second
            await send(service, ("waste/a/bin-1", reading(1000 * second, 65.0, "temperature")))
            await service.parts.gate.tick(NOW)
            await processed(service)
            if second == 60:
                assert service.parts.incidents.listing() == []
                file.write_text("waste: {fire: {hot: 60, ends: 50}}")
                assert await reload(service, chosen) == []
        assert [each["kind"] for each in service.parts.incidents.listing()] == ["bin-fire"]
        file.write_text("waste: {fire: {hot: cold}}")
        with pytest.raises(SettingsError, match="hot"):
            await reload(service, chosen)


async def test_what_begins_anew_after_a_reload_does_so_with_the_thresholds_in_effect(tmp_path: Path) -> None:
    """Whatever stands in the file by then: it is not in effect, and may be wrong."""
    file = tmp_path / "thresholds.yaml"
    file.write_text("waste: {fire: {hot: 70, ends: 60}}")
    chosen = settings(tmp_path, thresholds=str(file))
    async with running(Service(chosen, clock=lambda: NOW)) as service:
        file.write_text("waste: {fire: {hot: 60, ends: 50}}")
        assert await reload(service, chosen) == []
        file.write_text("waste: {fire: {hot: cold}}")
        service.parts.processing.build().close()


async def test_a_sink_that_can_not_be_made_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As `republish`, where a certificate of the broker is not there any more."""
    before = settings(tmp_path, republish={})
    async with running(Service(before, clock=lambda: NOW)) as service:

        def gone(*_: object) -> None:
            raise SettingsError("mqtt.ca_file: ca.pem: No such file or directory")

        monkeypatch.setattr("pipeline.wiring.endpoint", gone)
        with pytest.raises(SettingsError, match="ca_file"):
            await reload(service, settings(tmp_path, republish={"qos": 0}, language="en"))
        assert service.reloader.settings == before
        names = {runner.sink.name for runner in service.parts.runners}
        assert names == {"historian", "republish"}, "both go on"
        tasks = service.parts.deliveries._tasks
        assert not any(task.done() for task in tasks.values())


async def test_what_was_processed_before_a_reload_is_not_judged_again_after_a_crash(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The windows of the first life's end, and what a crash right after the change makes of them, are the same."""
    monkeypatch.setattr("pipeline.service.lifecycle.TICK_SECONDS", 3600.0)  # a tick would close windows in one of both
    chosen = settings(tmp_path, journal={"snapshot_every": "1h"})
    strict = [Sensor(FLOW, max=55.0)]
    found = []
    for crash in (False, True):
        folder = tmp_path / str(crash)
        chosen = settings(folder, journal={"snapshot_every": "1h"})
        service = Service(chosen, clock=lambda: NOW)
        async with running(service):
            await send(service, *(("water/a/d1", reading(-60_000 + number * 100, 60.0)) for number in range(7)))
            await processed(service)
            await reload(service, chosen, strict)
            await send(service, *(("water/a/d1", reading(-59_250 + number * 100, 60.0)) for number in range(2)))
            await processed(service)
            if crash:
                await kill(service)
        async with running(Service(chosen, strict, clock=lambda: NOW)) as service:
            await until(service.parts.processing.caught_up.is_set)
            assert (service.parts.processing.replayed > 0) == crash
            await send(service, ("water/a/d1", reading(-50_000, 50.0)))
            await processed(service)
            state = service.parts.processing.chain.processors[1].snapshot()
            found.append({name: column.tolist() for name, column in state.items() if name.startswith("open")})
    assert found[0] == found[1]


async def kill(service: Service) -> None:
    """From here on nothing reaches the disk in an orderly way: no drain, no snapshot."""

    async def nothing(*_: object) -> None:
        return

    service.parts.processing.save_snapshot = nothing  # type: ignore[method-assign]


async def test_limits_topics_and_language_change_at_once(tmp_path: Path) -> None:
    async with running(Service(settings(tmp_path), clock=lambda: NOW)) as service:
        wanted = settings(
            tmp_path,
            mqtt={"url": "mqtt://127.0.0.1:1", "topics": ["nadi/v1/3578/#"]},
            limits={"max_payload": "2kB", "max_series": 7, "zone_series": 5, "dead_letters": "1MB"},
            language="en",
            shutdown_timeout="3s",
        )
        assert await reload(service, wanted) == []
        parts = service.parts
        assert (parts.table.max_series, parts.table.max_per_zone) == (7, 5)
        assert parts.subscriber.settings.mqtt.topics == ("nadi/v1/3578/#",)
        assert parts.subscriber.scanner.max_payload == 2000
        assert parts.replayer.scanner.max_payload == 2000
        assert parts.letters.max_bytes == 10**6
        assert service.reloader.settings == wanted


async def test_sinks_come_and_go(tmp_path: Path) -> None:
    influx = {"url": "http://127.0.0.1:1", "api": "v1", "backlog": "1MB"}
    both = settings(tmp_path, influx=influx)
    one = settings(tmp_path)
    async with running(Service(one, clock=lambda: NOW)) as service:
        await send(service, ("water/a/d1", reading(0)))
        await until(lambda: service.parts.runners[0].account.delivered == 1)
        await reload(service, both)
        names = {runner.sink.name: runner for runner in service.parts.runners}
        assert set(names) == {"historian", "influx"} <= set(service.parts.journal.stats().cursors)
        await until(lambda: names["influx"].problem)
        assert names["influx"].pending == 1, "a new sink begins at the oldest"
        assert names["historian"] is service.parts.runners[0], "the other goes on as it was"
        await reload(service, settings(tmp_path, influx=influx | {"backlog": "2MB", "when_full": "drop_oldest"}))
        changed = service.parts.runners[-1]
        assert changed is not names["influx"]
        assert (changed.options.backlog, changed.options.when_full) == (2_000_000, "drop_oldest")
        await reload(service, one)
        assert [runner.sink.name for runner in service.parts.runners] == ["historian"]
        assert "influx" not in service.parts.journal.stats().cursors


async def test_a_sink_that_can_not_be_opened_changes_nothing(tmp_path: Path) -> None:
    spoilt = tmp_path / "spoilt.duckdb"
    spoilt.write_bytes(b"no database" * 1000)
    before = settings(tmp_path)
    async with running(Service(before, clock=lambda: NOW)) as service:
        with pytest.raises(StoreError):
            await reload(service, settings(tmp_path, historian=str(spoilt), language="en"))
        assert service.reloader.settings == before
        await send(service, ("water/a/d1", reading(0)))
        await until(lambda: service.parts.runners[0].account.delivered == 1)


async def test_processors_that_can_not_be_renewed_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = settings(tmp_path)
    async with running(Service(before, clock=lambda: NOW)) as service:
        await send(service, ("water/a/d1", reading(0)))
        await processed(service)

        def refuse(*_: object) -> None:
            raise Full("no room")

        monkeypatch.setattr("pipeline.service.reload.chain", refuse)
        with pytest.raises(Full):
            await reload(service, settings(tmp_path, limits={"max_series": 7}))
        assert (service.reloader.settings, service.parts.table.max_series) == (before, 1_000_000)
        await send(service, ("water/a/d1", reading(0)), ("water/a/d1", reading(1)))
        await processed(service)
        assert service.ledger()["all"]["duplicate"] == 1, "nothing is forgotten"


async def test_users_change_at_once(tmp_path: Path) -> None:
    users = tmp_path / "users"
    users.write_text(USER)
    users.chmod(0o600)
    http = {"listen": "127.0.0.1:0"}
    async with running(Service(settings(tmp_path, http=http), clock=lambda: NOW)) as service:
        web = Web(service)
        assert (await web.ask("/api/v1/status"))[0] == 200
        await reload(service, settings(tmp_path, http=http | {"users_file": str(users)}))
        assert (await web.ask("/api/v1/status"))[0] == 401
        users.write_text(USER.replace("ann", "bob:x", 1))
        with pytest.raises(SettingsError, match="line 1"):
            await reload(service, settings(tmp_path, http=http | {"users_file": str(users)}))
        assert (await web.ask("/api/v1/status"))[0] == 401
        await reload(service, settings(tmp_path, http=http))
        assert (await web.ask("/api/v1/status"))[0] == 200


async def test_the_log_says_what_came_of_it(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    answers: list[Any] = [SettingsError("nadi.yaml, line 3: no such key"), settings(tmp_path, windows=["2s"])]

    def load() -> tuple[Settings, Sequence[Sensor]]:
        answer = answers.pop(0)
        if isinstance(answer, NadiError):
            raise answer
        return answer, ()

    async with running(Service(settings(tmp_path), clock=lambda: NOW, load=load)) as service:
        service.reload()
        await until(lambda: "the running ones stay" in caplog.text)
        service.reload()
        await until(lambda: "are in effect" in caplog.text)
        assert service.reloader.settings.windows == (2_000,)
        assert not answers


def test_what_needs_a_restart_is_named_and_left(tmp_path: Path) -> None:
    running = settings(tmp_path)
    wanted = settings(
        tmp_path,
        state_dir=str(tmp_path / "other"),
        mqtt={"url": "mqtt://127.0.0.1:2", "topics": ["nadi/v1/1/#"]},
        http={"listen": "127.0.0.1:9"},
        journal={"max_bytes": "19GB"},
        language="en",
    )
    mixed, waiting = merged(running, wanted)
    assert sorted(waiting) == ["http.listen", "journal.max_bytes", "mqtt.url", "state_dir"]
    assert (mixed.language, mixed.mqtt.topics) == ("en", ("nadi/v1/1/#",))
    assert (mixed.mqtt.url, mixed.state_dir, mixed.http) == (running.mqtt.url, running.state_dir, running.http)


def test_what_only_goes_with_a_restart_is_refused(tmp_path: Path) -> None:
    """An address for everybody, and its users given up: alone the second would open the page to all."""
    users = tmp_path / "users"
    users.write_text(USER)
    users.chmod(0o600)
    running = settings(tmp_path, http={"listen": "0.0.0.0:8080", "users_file": str(users)})
    with pytest.raises(SettingsError, match=r"needs a restart, for http\.listen"):
        merged(running, settings(tmp_path, http={"listen": "127.0.0.1:8080"}))


async def test_what_people_call_a_city_is_told_at_once(tmp_path: Path) -> None:
    chosen = settings(tmp_path)
    async with running(Service(chosen, [Sensor(FLOW)], clock=lambda: NOW)) as service:
        web = Web(service)
        assert (await web.json("/api/v1/places"))["cities"] == {}
        assert await reload(service, chosen.model_copy(update={"cities": {"3578": "Surabaya"}}), [Sensor(FLOW)]) == []
        assert (await web.json("/api/v1/places"))["cities"] == {"3578": "Surabaya"}
