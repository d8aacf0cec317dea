"""Operators and incidents over HTTP: what is listed, what is decided, who may, what is stored."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from config.catalogue import load_catalogue
from journal.entries import CommandEntry, TickEntry
from pipeline.service.lifecycle import Service
from processors.base import Outputs
from processors.incidents import IncidentsProcessor
from processors.signals import Signal
from telemetry.errors import Unavailable
from telemetry.series import SeriesTable
from tests.pipeline.kit import NOW, Web, processed, running, send, settings, until

CATALOGUE = "city,domain,zone,device,quantity,low,high\n3578,water,keputih,p-1,level,1,4\n"
BASE = "/api/v1/incidents"


class Clock:
    """A city's time that a test moves on."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def service(tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Service]:
    """A nadi in which a tank is too low: one incident. Time passes in `pass_to` alone: a tick of its own between a
    decision and that would process the decision earlier."""
    monkeypatch.setattr("pipeline.service.lifecycle.TICK_SECONDS", 3600.0)
    (tmp_path / "sensors.csv").write_text(CATALOGUE)
    made = Service(settings(tmp_path), load_catalogue(tmp_path / "sensors.csv"), clock=clock)
    async with running(made):
        await until(made.parts.processing.caught_up.is_set)
        for second in (0, 1, 190):
            await pass_to(made, clock, second)
            await send(made, ("water/keputih/p-1", {"ts": clock.now, "values": {"level": 0.3}}))
        await pass_to(made, clock, 191)
        yield made


async def pass_to(service: Service, clock: Clock, second: int) -> None:
    clock.now = NOW + 1000 * second
    await service.parts.gate.tick(NOW)
    await processed(service)


async def incident(web: Web) -> Any:
    (found,) = (await web.json(BASE))["incidents"]
    return found


async def decide(web: Web, command: str, body: object, identifier: str = "") -> tuple[int, Any]:
    identifier = identifier or (await incident(web))["id"]
    status, _, text = await web.ask(f"{BASE}/{identifier}/{command}", method="POST", body=body)
    return status, json.loads(text)


async def test_incidents_are_listed(service: Service) -> None:
    found = await incident(Web(service))
    assert (found["kind"], found["domain"], found["zone"], found["cause"]) == ("limit", "water", "keputih", "")
    assert (found["state"], found["severity"], found["since"], found["ended"]) == (
        "unacknowledged",
        "critical",
        NOW,
        None,
    )
    assert found["members"] == [
        {"city": "3578", "domain": "water", "zone": "keputih", "device": "p-1", "quantity": "level"}
    ]
    assert found["reason"].startswith("Di p-1: Muka air 0,3 m")
    assert [event["event"] for event in found["events"]] == ["opened"]


async def test_open_incidents_are_counted(service: Service) -> None:
    text = (await Web(service).ask("/metrics"))[2]
    assert 'nadi_incidents_open{domain="water",severity="critical"} 1.0' in text
    assert 'nadi_incidents_open{domain="energy",severity="warning"} 0.0' in text


async def test_one_incident_is_told_by_its_id_and_all_are_tallied(service: Service) -> None:
    web = Web(service)
    listed = (await web.json(BASE))["incidents"]
    for each in listed:
        assert (await web.json(f"{BASE}/{each['id']}"))["incident"] == each
    status, _, text = await web.ask(f"{BASE}/none")
    assert (status, "there is no incident none" in text) == (404, True)
    tally = service.parts.incidents.tally()
    assert tally == Counter((each["domain"], each["severity"], each["state"]) for each in listed)
    pulse = service.city.live._pulse()
    assert pulse["open"] == [[*key, number] for key, number in tally.items()]


async def test_acknowledge_is_durable_and_told(service: Service, clock: Clock) -> None:
    web = Web(service)
    status, answer = await decide(web, "acknowledge", {"reason": "regu berangkat"})
    assert (status, answer["by"]) == (200, "local")
    await pass_to(service, clock, 192)
    found = await incident(web)
    assert found["state"] == "acknowledged"
    assert found["events"][-1] == {
        "time": clock.now,
        "event": "acknowledged",
        "state": "acknowledged",
        "by": "local",
        "reason": "regu berangkat",
    }
    historian = service.parts.deliveries.runners[0].sink
    assert historian.name == "historian"
    await service.parts.deliveries.runners[0].delivered(service.parts.processing.cursor)
    (row,) = await historian.incidents()  # type: ignore[attr-defined]
    assert row["state"] == "acknowledged"
    events = await historian.incident_events()  # type: ignore[attr-defined]
    assert [(event["event"], event["by"]) for event in events] == [("acknowledged", "local"), ("opened", "nadi")]


async def test_shelve_and_bring_back(service: Service, clock: Clock) -> None:
    web = Web(service)
    assert (await decide(web, "shelve", {"reason": "perbaikan", "for": "2h"}))[0] == 200
    await pass_to(service, clock, 193)
    found = await incident(web)
    assert found["state"] == "shelved"
    assert found["shelf"] == {"until": NOW + 191_000 + 7_200_000, "by": "local", "reason": "perbaikan"}
    assert (await decide(web, "acknowledge", {}))[0] == 409
    assert (await decide(web, "unshelve", {}))[0] == 200
    await pass_to(service, clock, 194)
    assert (await incident(web))["state"] == "unacknowledged"


async def test_what_is_out_of_service_is_told_and_lifted_when_its_incident_is_over(
    service: Service, clock: Clock
) -> None:
    web = Web(service)
    identifier = (await incident(web))["id"]
    assert (await decide(web, "out-of-service", {"reason": "sensor di bengkel"}))[0] == 200
    await pass_to(service, clock, 193)
    await send(service, ("water/keputih/p-1", {"ts": clock.now, "values": {"level": 2}}))
    for second in (194, 600):
        await pass_to(service, clock, second)
    assert (await incident(web))["state"] == "closed"
    (shelf,) = (await web.json("/api/v1/shelves"))["shelves"]
    assert (shelf["incident"], shelf["by"], shelf["reason"]) == (identifier, "local", "sensor di bengkel")
    assert (shelf["state"], shelf["since"], shelf["until"]) == ("out-of-service", NOW + 193_000, None)
    assert (await decide(web, "unshelve", {}, identifier))[0] == 409
    assert (await decide(web, "in-service", {}, identifier))[0] == 200
    await pass_to(service, clock, 601)
    assert (await web.json("/api/v1/shelves"))["shelves"] == []
    assert (await decide(web, "in-service", {}, identifier))[0] == 409


NONSENSE: list[tuple[str, Any, int, str]] = [
    ("shelve", {"reason": "x"}, 400, "say how long"),
    ("shelve", {"for": "2h"}, 400, "needs a reason"),
    ("shelve", {"reason": "x", "for": "two hours"}, 400, "not a duration"),
    ("shelve", {"reason": "x", "for": "8d"}, 400, "within 7 days"),
    ("shelve", {"reason": "x", "until": "2001-01-01T00:00:00Z"}, 400, "ends after now"),
    ("shelve", {"reason": "x", "until": True}, 400, "say how long"),
    ("shelve", {"reason": "x", "until": 1e300}, 400, "within 7 days"),
    ("comment", {"reason": " "}, 400, "needs a reason"),
    ("comment", {"reason": 7}, 400, "write a text"),
    ("comment", {"reason": "x" * 1001}, 400, "at most 1000"),
    ("comment", [], 400, "write an object"),
    ("unshelve", {}, 409, "is unacknowledged"),
    ("explode", {}, 404, "is no command"),
]


async def test_what_makes_no_sense_is_refused_in_words(service: Service) -> None:
    for command, body, status, words in NONSENSE:
        answered, told = await decide(Web(service), command, body)
        assert (answered, words in told["error"]) == (status, True), (command, body, told)


async def test_an_unknown_incident(service: Service) -> None:
    assert (await decide(Web(service), "acknowledge", {}, "burst-0"))[0] == 404


async def test_a_foreign_page_decides_nothing(service: Service) -> None:
    web = Web(service)
    path = f"{BASE}/{(await incident(web))['id']}/acknowledge"
    assert (await web.ask(path, method="POST", body={}, headers={"Origin": "http://evil.example"}))[0] == 403
    assert (await incident(web))["state"] == "unacknowledged"


async def test_what_can_not_be_stored_is_not_promised(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    async def unavailable(*_: object) -> None:
        raise Unavailable("the disk is gone")

    monkeypatch.setattr(service.parts.journal, "append", unavailable)
    status, told = await decide(Web(service), "acknowledge", {})
    assert (status, told) == (503, {"error": "the disk is gone"})


async def test_a_command_is_processed_in_its_place_in_the_log(service: Service, clock: Clock) -> None:
    """It reached the log, and the operator an answer, before what follows it."""
    web = Web(service)
    identifier = (await incident(web))["id"]
    await decide(web, "acknowledge", {})
    await send(service, ("water/keputih/p-1", {"ts": clock.now + 500, "values": {"level": 2}}))
    await pass_to(service, clock, 192)
    await pass_to(service, clock, 600)
    (found,) = [each for each in (await web.json(BASE))["incidents"] if each["id"] == identifier]
    assert found["state"] == "closed"
    assert [event["event"] for event in found["events"]] == ["opened", "acknowledged", "returned", "closed"]


def test_a_command_about_what_has_changed_meanwhile_is_left_out() -> None:
    processor, out = IncidentsProcessor(SeriesTable()), Outputs()
    out.signals.append(Signal("tide", ("c", "disaster", "z"), "", -1, NOW - 60_000, True, 1, 1.0, 0.9, "r"))
    processor.tick(TickEntry(NOW, NOW), out)
    (row,) = out.incidents
    for _ in range(2):
        processor.command(CommandEntry(NOW, row.incident[0], "acknowledge", "siti"))
    processor.tick(TickEntry(NOW + 1000, NOW), out)
    assert out.counts == {"incidents.commands": 1, "incidents.commands_refused": 1}
