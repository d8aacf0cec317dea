"""Rules for other formats in a whole nadi: reloaded, remembered through a restart, replayed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from config.settings import Settings
from ingest import wire
from journal.entries import ReadingsEntry
from pipeline.service.lifecycle import Service
from telemetry.errors import SettingsError
from tests.ingest.decoders.sparkplug_encoder import metric, payload
from tests.pipeline.kit import NOW, Web, processed, running, settings, until

SPARKPLUG = {"format": "sparkplug", "city": "3578", "domain": "water", "zone": "{group}"}
SENML = {"format": "senml-json", "topics": ["meters/#"], "city": "3578", "domain": "water", "zone": "{2}"}
NODE = "spBv1.0/Water/{}/gw-1"


async def deliver(service: Service, *messages: tuple[str, bytes]) -> Any:
    """As the subscriber does with what a broker delivers, facts and all."""
    subscriber = service.parts.subscriber
    data = b"".join(wire.publish(wire.V5, topic, body) for topic, body in messages)
    scanned = subscriber.scanner.scan(data, service.clock())
    subscriber._count(scanned)
    entry = ReadingsEntry(
        scanned.readings,
        service.parts.table.drain(),
        scanned.sequences,
        scanned.refusals,
        scanned.messages,
        scanned.gateways,
    )
    await subscriber._store(entry)
    await processed(service)
    return scanned


def names(service: Service) -> set[str]:
    return {"/".join(identity[1:]) for identity in service.parts.table.identities if identity is not None}


def birth() -> bytes:
    bd = metric("bdSeq", "Int64", 0, at=NOW)
    return payload(bd, metric("Flow", "Float", 1.5, at=NOW, alias=7), at=NOW, seq=0)


def data(seq: int, value: float) -> bytes:
    return payload(metric(None, "Float", value, at=NOW + seq, alias=7), at=NOW + seq, seq=seq)


async def test_an_alias_outlives_nadi(tmp_path: Path) -> None:
    chosen = settings(tmp_path, decoders=[SPARKPLUG])
    async with running(Service(chosen, clock=lambda: NOW)) as service:
        scanned = await deliver(service, (NODE.format("NBIRTH"), birth()))
        assert scanned.readings.value.tolist() == [1.5]
    async with running(Service(chosen, clock=lambda: NOW)) as service:
        scanned = await deliver(service, (NODE.format("NDATA"), data(1, 2.5)))
        assert scanned.readings.value.tolist() == [2.5]
        assert names(service) == {"water/Water/Water|gw-1/flow"}
    async with running(Service(settings(tmp_path / "other", decoders=[SPARKPLUG]), clock=lambda: NOW)) as service:
        scanned = await deliver(service, (NODE.format("NDATA"), data(1, 2.5)))
        assert not len(scanned.readings)
        assert [request.topic for request in scanned.requests] == ["spBv1.0/Water/NCMD/gw-1"]


async def test_rules_come_and_change_by_a_reload(tmp_path: Path) -> None:
    body = json.dumps([{"n": "m1", "u": "m3", "v": 3.0}]).encode()

    async def reload(service: Service, wanted: Settings) -> list[str]:
        await until(service.parts.processing.caught_up.is_set)
        return await service.reloader.reload(lambda: (wanted, ()))

    async with running(Service(settings(tmp_path), clock=lambda: NOW)) as service:
        scanned = await deliver(service, ("meters/a/x", body))
        assert [each.reason for each in scanned.refusals] == ["topic"]
        assert await reload(service, settings(tmp_path, decoders=[SENML])) == []
        await deliver(service, ("meters/a/x", body))
        wanted = settings(tmp_path, decoders=[{**SENML, "domain": "energy", "zone": "b"}])
        assert await reload(service, wanted) == []
        await deliver(service, ("meters/a/x", body))
        assert {name.rsplit("/", 1)[0] for name in names(service)} == {"water/a/meters|a|x", "energy/b/meters|a|x"}
        metrics = (await Web(service).ask("/metrics"))[2]
        assert 'nadi_decoded_messages_total{format="senml-json"} 2.0' in metrics


async def test_a_rule_that_can_not_be_followed_changes_nothing(tmp_path: Path) -> None:
    from pipeline.commands.run import load

    wrong = {"format": "json", "topics": ["x/#"], "city": "c", "domain": "water", "mapping": {"nonsense": 1}}
    file = tmp_path / "nadi.yaml"
    file.write_text(json.dumps({"historian": str(tmp_path / "h.duckdb"), "decoders": [wrong]}))
    with pytest.raises(SettingsError, match=r"decoders\[0\]\.mapping"):
        load(file, {})
    async with running(Service(settings(tmp_path), clock=lambda: NOW)) as service:
        before = service.parts.subscriber.scanner
        with pytest.raises(SettingsError):
            await service.reloader.reload(lambda: load(file, {}))
        assert service.parts.subscriber.scanner is before


async def test_replayed_letters_are_read_by_the_rules_and_teach_nothing(tmp_path: Path) -> None:
    chosen = settings(tmp_path, decoders=[SENML])
    body = json.dumps([{"n": "m1", "u": "m3", "v": 3.0}]).encode()
    async with running(Service(settings(tmp_path), clock=lambda: NOW)) as service:
        await deliver(service, ("meters/a/x", body))
        await until(lambda: service.parts.letters.count == 1)
    async with running(Service(chosen, clock=lambda: NOW)) as service:
        await until(service.parts.processing.caught_up.is_set)
        told = await service.parts.replayer.replay(None)
        assert (told["taken"], told["readings"]) == (1, 1)
        assert not service.parts.subscriber.facts.fresh  # type: ignore[union-attr]
