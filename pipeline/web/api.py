"""`/api/v1/…`: the JSON behind the page, and what operators change through it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

import orjson
from aiohttp import web
from prometheus_client import CollectorRegistry

from pipeline.interfaces import openapi
from pipeline.outward.desk import PATH as OBSERVATIONS
from pipeline.outward.desk import ObservationsDesk
from pipeline.refusals.deadletters import Letter
from pipeline.web.access import ROLE, USER, Access
from pipeline.web.answers import LATEST_MS, MOST_AUDIT, MOST_LETTERS, SHOWN, body_of, refused, told, whole
from pipeline.web.audit import Audit, AuditFault
from pipeline.web.incidents import LOCAL, CommandRefused, IncidentDesk
from pipeline.web.live import Live
from pipeline.web.past import SeriesDesk
from pipeline.web.places import Places
from pipeline.web.stored import StoredIndicators
from telemetry.errors import NadiError
from telemetry.sensors import SensorTable
from telemetry.series import DOMAINS, MAX_GATEWAYS, Device, Identity

MOST_INDICATORS: Final = 10_000
"""Rows of an answer: of each indicator alike many, for none must vanish behind those of thousands of bins."""
USUAL_LIMIT: Final = "100"
LATEST_ID: Final = 10**15
"""Of an entry of the audit: nobody will have written so many."""
SHOWN_PAST_MS: Final = 3_600_000

BROKEN_OFF: Final = "not known: it was broken off"
"""The outcome of what was cancelled."""

Told = Callable[[], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class City:
    """What the page's map, charts and events are made of. sensors: the present table."""

    live: Live
    places: Places
    series: SeriesDesk
    stored: StoredIndicators
    sensors: Callable[[], SensorTable]


@dataclass(frozen=True, slots=True)
class Sources:
    """What the pipeline tells and takes. ledger: (so many gateways, None for all); letters: (reason, after, limit);
    replay: (reason, user)."""

    status: Told
    ledger: Callable[[int | None], Awaitable[dict[str, Any]]]
    registry: CollectorRegistry
    letters: Callable[[str | None, str | None, int], Awaitable[Sequence[Letter]]]
    replay: Callable[[str | None, str], Awaitable[dict[str, Any]]]
    incidents: IncidentDesk
    indicators: Callable[[], list[dict[str, Any]]] = list
    city: City | None = None
    audit: Audit | None = None
    observations: ObservationsDesk | None = None


class Api:
    """access: None where there are no users."""

    def __init__(self, sources: Sources, access: Access | None) -> None:
        self.sources = sources
        self.access = access

    def routes(self) -> list[Any]:
        sources = self.sources
        made: list[Any] = [
            web.get("/api/v1/status", _teller(sources.status)),
            web.get("/api/v1/ledger", self.ledger),
            web.get("/api/v1/deadletters", self.letters),
            web.post("/api/v1/deadletters/replay", self.replay),
            web.get("/api/v1/incidents", _teller(sources.incidents.told)),
            web.get("/api/v1/shelves", _teller(sources.incidents.shelves)),
            web.get("/api/v1/incidents/{incident}", self.incident),
            web.post("/api/v1/incidents/{incident}/{command}", self.command),
            web.get("/api/v1/indicators", self.indicators),
            web.get("/api/v1/audit", self.audit),
            web.get("/api/v1/openapi.json", self.interface),
        ]
        if sources.observations is not None:
            made.append(web.get(OBSERVATIONS, sources.observations.answer))
        if sources.city is not None:
            made += [
                web.get("/api/v1/events", self.events),
                web.get("/api/v1/places", self.places),
                web.get("/api/v1/states", self.states),
                web.get("/api/v1/device", self.device),
                web.get("/api/v1/series", self.series),
            ]
        return made

    async def end_streams(self, app: web.Application) -> None:
        if self.sources.city is not None:
            self.sources.city.live.hub.end()

    async def events(self, request: web.Request) -> web.StreamResponse:
        assert self.sources.city is not None
        return await self.sources.city.live.hub.stream(request, self._still)

    def _still(self, request: web.Request) -> bool:
        """Whether who began to listen may go on: not after signing out."""
        return self.access is None or request.get(USER) is None or self.access.may_listen(request)

    async def places(self, request: web.Request) -> web.Response:
        city = self.sources.city
        assert city is not None
        return (await city.places.told(city.sensors())).answer(request)

    async def states(self, request: web.Request) -> web.Response:
        city = self.sources.city
        assert city is not None
        return told(await city.places.states(city.sensors(), self.sources.incidents.clock()))

    async def device(self, request: web.Request) -> web.Response:
        city = self.sources.city
        assert city is not None
        found = city.places.device(city.sensors(), Device(*(request.query.get(name, "") for name in Device._fields)))
        if found is None:
            raise refused(web.HTTPNotFound, "no such device; name city, domain, zone and device as /api/v1/places does")
        return told(found)

    async def series(self, request: web.Request) -> web.Response:
        assert self.sources.city is not None
        query = request.query
        identity = Identity(*(query.get(name, "") for name in Identity._fields))
        if not all(identity) or identity.domain not in DOMAINS:
            raise refused(web.HTTPBadRequest, "name city, domain, zone, device and quantity")
        now = self.sources.incidents.clock()
        try:
            end = whole("to", query["to"], 0, LATEST_MS) if "to" in query else now
            start = whole("from", query["from"], 0, LATEST_MS) if "from" in query else max(0, end - SHOWN_PAST_MS)
            length = whole("window", query["window"], 1, LATEST_MS) if "window" in query else None
            past = await self.sources.city.series.past(identity, start, end, length)
        except ValueError as error:
            raise refused(web.HTTPBadRequest, str(error)) from None
        except NadiError as error:
            raise refused(web.HTTPServiceUnavailable, str(error)) from error
        return told({"now": now, "from": start, "to": end, **past})

    async def indicators(self, request: web.Request) -> web.Response:
        """Stored ones with `period`. Else what is known now: all, or those whose fields are as the query says, as
        text: `?domain=water&zone=Genteng`."""
        if "period" in request.query and self.sources.city is not None:
            return await self.sources.city.stored.answer(request.query, self.sources.incidents.clock())
        if spans := {"from", "to"} & request.query.keys():
            raise refused(web.HTTPBadRequest, f"{', '.join(sorted(spans))}: only with period=day or period=month")
        rows = self.sources.indicators()
        for name, wanted in request.query.items():
            rows = [row for row in rows if str(row.get(name)) == wanted]
        return told({"indicators": _of_each(rows, MOST_INDICATORS), "count": len(rows)})

    async def ledger(self, request: web.Request) -> web.Response:
        query = request.query
        try:
            most = whole("limit", query["limit"], 0, MAX_GATEWAYS) if "limit" in query else None
        except ValueError as error:
            raise refused(web.HTTPBadRequest, str(error)) from None
        return told(await self.sources.ledger(most))

    async def letters(self, request: web.Request) -> web.Response:
        query = request.query
        try:
            limit = whole("limit", query.get("limit", USUAL_LIMIT), 1, MOST_LETTERS)
            found = await self.sources.letters(query.get("reason"), query.get("after"), limit)
        except ValueError as error:
            raise refused(web.HTTPBadRequest, str(error)) from None
        return told({"letters": [letter.told() for letter in found]})

    async def audit(self, request: web.Request) -> web.Response:
        """Who changed what; for operators, where there are users."""
        if self.access is not None and request.get(ROLE) != "operator":
            raise refused(web.HTTPForbidden, f"{request.get(USER)} is a {request.get(ROLE)}; this takes an operator")
        query, audit = request.query, self.sources.audit
        try:
            before = whole("before", query["before"], 0, LATEST_ID) if query.get("before") else None
            limit = whole("limit", query.get("limit", USUAL_LIMIT), 1, MOST_AUDIT)
            return told({"entries": await audit.newest(limit, before) if audit else []})
        except ValueError as error:
            raise refused(web.HTTPBadRequest, str(error)) from None
        except AuditFault as error:
            raise refused(web.HTTPServiceUnavailable, str(error)) from error

    async def interface(self, request: web.Request) -> web.Response:
        """What is answered here, as a document for machines."""
        return told(openapi.document())

    async def incident(self, request: web.Request) -> web.Response:
        found = self.sources.incidents.one(name := request.match_info["incident"])
        if found is None:
            raise refused(web.HTTPNotFound, f"there is no incident {name[:SHOWN]}; it may have been closed long ago")
        return told(found)

    async def command(self, request: web.Request) -> web.Response:
        named, body = request.match_info, await body_of(request)
        incident, command = named["incident"], named["command"]
        async with self._audited(request, command, incident, body) as note:
            try:
                return told(await self.sources.incidents.command(incident, command, body, request.get(USER, "")))
            except CommandRefused as why:
                note.append(str(why))
                return told({"error": str(why)}, why.status)

    async def replay(self, request: web.Request) -> web.Response:
        wanted = await body_of(request)
        reason = wanted.get("reason") if isinstance(wanted, dict) else 0
        if reason is not None and not isinstance(reason, str):
            raise refused(web.HTTPBadRequest, 'write {"reason": "json"}, or {} for all reasons')
        async with self._audited(request, "replay dead letters", reason or "*", {}):
            return told(await self.sources.replay(reason, request.get(USER, "")))

    @asynccontextmanager
    async def _audited(self, request: web.Request, action: str, target: str, body: object) -> AsyncIterator[list[str]]:
        """Write down who does what before it is done, and then its outcome: what is put into the list, or why it
        failed; `done` only where it is."""
        audit, note = self.sources.audit, list[str]()
        entry, outcome = 0, BROKEN_OFF
        try:
            if audit is not None:
                who, role = request.get(USER, LOCAL), request.get(ROLE, "operator")
                detail = orjson.dumps(body).decode() if body else ""
                entry = await audit.begin(who, role, request.remote or "", action, target, detail)
            yield note
            outcome = "; ".join(note) or "done"
        except NadiError as error:
            outcome = f"failed: {error}"
            raise refused(web.HTTPServiceUnavailable, str(error)) from error
        except Exception as error:
            outcome = f"failed: {type(error).__name__}: {error}"
            raise
        finally:
            if audit is not None and entry:
                # In a task of its own: what breaks this one off must not take the outcome along.
                await asyncio.shield(audit.end(entry, outcome))


def _teller(source: Told) -> Any:
    async def tell(request: web.Request) -> web.Response:
        return told(source())

    return tell


def _of_each(rows: list[dict[str, Any]], most: int) -> list[dict[str, Any]]:
    """At most so many rows in their order: of each indicator all, or as many as of any other that is cut."""
    if len(rows) <= most:
        return rows
    kinds = [(row.get("domain"), row.get("indicator")) for row in rows]
    left, share = most, most
    for waiting, size in zip(range(len(set(kinds)), 0, -1), sorted(Counter(kinds).values()), strict=True):
        share = left // waiting
        left -= min(size, share)
    found, kept = Counter[tuple[Any, Any]](), list[dict[str, Any]]()
    for kind, row in zip(kinds, rows, strict=True):
        found[kind] += 1
        if found[kind] <= share:
            kept.append(row)
    return kept
