"""The OpenAPI and AsyncAPI documents: valid, as committed, and complete."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
from openapi_spec_validator import validate

from pipeline.interfaces import asyncapi, openapi
from pipeline.interfaces.__main__ import DOCS, MADE, text
from pipeline.interfaces.topics import CHANNELS
from pipeline.service.lifecycle import Service
from sinks.alerts.notice import Notice
from sinks.mqtt.forms import FORMS
from sinks.mqtt.rows import KINDS, rows
from tests.pipeline.kit import NOW, Web, running, settings
from tests.sinks.conformance import everything
from tests.sinks.samples import plain_table

SCHEMA = Path(__file__).with_name("asyncapi-3.0.0.schema.json")
PAGE = {"/", "/sign-in", "/page/{name}"}
"""For people, and so in no document."""


@pytest.mark.parametrize("name", MADE)
def test_the_committed_files_are_what_is_made(name: str) -> None:
    assert (DOCS / name).read_text("utf-8") == text(name), "run  python -m pipeline.interfaces"


def test_openapi_is_valid() -> None:
    validate(openapi.document())


def test_asyncapi_is_valid() -> None:
    validator = jsonschema.Draft7Validator(json.loads(SCHEMA.read_text()))
    assert [error.message for error in validator.iter_errors(asyncapi.document())] == []
    broken = asyncapi.document() | {"channels": {"x": {"address": 5}}}
    assert not validator.is_valid(broken)


async def test_openapi_has_every_route_and_no_other(tmp_path: Path) -> None:
    from pipeline.web.access import Access, User
    from pipeline.web.http import application
    from pipeline.web.passwords import hash_password, parse_hash

    async with running(Service(settings(tmp_path), clock=lambda: NOW)) as service:
        user = User("ann", "viewer", parse_hash(hash_password("rahasia sekali")))
        app = application(service.reloader.sources, Access({"ann": user}))
        there = {
            (route.method.lower(), route.resource.canonical)
            for route in app.router.routes()
            if route.resource is not None and route.method != "HEAD" and route.resource.canonical not in PAGE
        }
        told = json.loads((await Web(service).ask("/api/v1/openapi.json"))[2])
    assert {(method, path) for path, methods in told["paths"].items() for method in methods} == there


def channel(name: str) -> Any:
    return next(each for each in CHANNELS if each.name == name)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_republished_is_as_the_document_says(kind: str, form: str) -> None:
    told = [row for row in rows(everything(), plain_table().identities) if row.kind == kind]
    payload = FORMS[form].write([row for row in told if row.topic == told[0].topic])
    described = channel(f"feed-{kind}")
    jsonschema.validate(json.loads(payload or b""), described.payloads[FORMS[form].media])
    given = described.address.split("/")
    assert len(told[0].topic.split("/")) == len(given)
    assert all(
        level in (said, "*") or said[0] == "{" for level, said in zip(told[0].topic.split("/"), given, strict=True)
    )


def test_an_alert_is_as_the_document_says() -> None:
    told: dict[str, Any] = dict.fromkeys(("id", "incident", "city", "zone", "kind", "cause", "reason"), "x")
    told |= dict.fromkeys(("time", "members", "opened"), 5)
    told |= {"event": "opened", "domain": "water", "severity": "critical", "state": "unacknowledged"}
    notice = Notice(**told, value=2.5, ended=None)
    jsonschema.validate(msgspec.to_builtins(notice), channel("alerts").payloads["application/json"])


def test_gateways_messages_are_as_the_document_says() -> None:
    validator = jsonschema.Draft202012Validator(channel("readings").payloads["application/json"])
    good: list[Any] = [
        {"ts": NOW, "values": {"flow": 12.4}, "gw": "gw-1", "seq": 4711},
        {"ts": "2026-11-21T16:00:00Z", "quantity": "flow", "value": 44.6, "unit": "m3/h"},
        [{"ts": 1763769600, "values": {"fill": 61}}],
    ]
    assert all(validator.is_valid(message) for message in good)
    assert not any(validator.is_valid(message) for message in ({"ts": NOW}, {"values": {"flow": "12"}}, 5))
