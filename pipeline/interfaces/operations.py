"""What nadi answers over HTTP: a row an operation. The page's own files are not among them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from pipeline.interfaces.schemas import (
    ANY,
    COUNT,
    ERROR,
    INCIDENT,
    INDICATOR,
    MS,
    OBSERVATIONS,
    SENML,
    SENSORTHINGS,
    SHELF,
    STATUS,
    TEXT,
    TRUTH,
    Schema,
    either,
    listed,
    record,
)
from pipeline.outward.desk import PATH as OBSERVATIONS_PATH
from pipeline.outward.forms import FORMS
from pipeline.outward.question import PARAMETERS
from pipeline.web.answers import MOST_AUDIT, MOST_LETTERS
from pipeline.web.sign_in import MOST_CHARACTERS, SIGN_IN, SIGN_OUT
from telemetry.indicators import PERIODS
from telemetry.series import DOMAINS, MAX_GATEWAYS

JSON: Final = "application/json"
PLAIN: Final = "text/plain"
OPENAPI_PATH: Final = "/api/v1/openapi.json"


class Parameter(NamedTuple):
    name: str
    description: str
    schema: Schema = TEXT
    place: str = "query"
    required: bool = False


class Operation(NamedTuple):
    """answers: by status, what it says, and the schema by media type. body: of a POST. open: to all who ask.
    users: only there where there are users."""

    method: str
    path: str
    summary: str
    answers: Mapping[int, tuple[str, Mapping[str, Schema]]]
    parameters: Sequence[Parameter] = ()
    body: Schema | None = None
    open: bool = False
    users: bool = False


def _limit(most: int) -> Parameter:
    return Parameter("limit", "at most", {"type": "integer", "minimum": 1, "maximum": most, "default": 100})


def _told(schema: Schema, what: str = "as it is now") -> dict[int, tuple[str, Mapping[str, Schema]]]:
    return {200: (what, {JSON: schema})}


_WRONG: Final[dict[int, tuple[str, Mapping[str, Schema]]]] = {
    400: ("the question is wrong: how, in words", {JSON: ERROR})
}
_NO_STORE: Final[dict[int, tuple[str, Mapping[str, Schema]]]] = {503: ("the store can't answer", {JSON: ERROR})}
_NOT_STORED: Final[dict[int, tuple[str, Mapping[str, Schema]]]] = {503: ("nothing can be stored", {JSON: ERROR})}
_CONTENTS: Final[dict[str, Schema]] = {
    FORMS["json"].media: {"oneOf": [OBSERVATIONS, SENSORTHINGS]},
    FORMS["senml"].media: SENML,
    FORMS["csv"].media: TEXT,
    FORMS["parquet"].media: {},
}
_SERIES: Final = tuple(Parameter(name, "of the series", TEXT, required=True) for name in ("city", "zone", "device"))
_DOMAIN: Final = Parameter("domain", "of the series", {"type": "string", "enum": list(DOMAINS)}, required=True)
_SPAN: Final = (Parameter("from", "ms; without it an hour before `to`", MS), Parameter("to", "ms; now", MS))

OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation("get", "/healthz", "Whether the process runs.", {200: ("alive", {PLAIN: TEXT})}, open=True),
    Operation(
        *("get", "/readyz", "Whether nadi is ready; to users also why not."),
        {code: (what, {JSON: record({"ready": TRUTH})}) for code, what in ((200, "ready"), (503, "not ready"))},
        open=True,
    ),
    Operation("get", "/metrics", "For Prometheus.", {200: ("metrics", {PLAIN: TEXT})}),
    Operation("get", OPENAPI_PATH, "This document.", _told(record({"openapi": TEXT, "paths": ANY}))),
    Operation("get", "/api/v1/status", "What the page shows.", _told(STATUS)),
    Operation(
        *("get", "/api/v1/ledger", "What became of every message and reading."),
        _told(record({"all": ANY, "gateways": ANY, "gateways_known": COUNT})) | _WRONG,
        (
            Parameter(
                "limit",
                "only so many gateways, of which most was refused, then received; without it all",
                {"type": "integer", "minimum": 0, "maximum": MAX_GATEWAYS},
            ),
        ),
    ),
    Operation(
        *("get", "/api/v1/deadletters", "Refused messages, the newest first; with `after` the oldest."),
        _told(record({"letters": listed(ANY)})) | _WRONG,
        (
            Parameter("reason", "only of this reason"),
            Parameter("after", "only beyond this id; empty: from the first"),
            _limit(MOST_LETTERS),
        ),
    ),
    Operation(
        *("post", "/api/v1/deadletters/replay", "Take in what is not refused any more."),
        _told(record({"letters": COUNT, "taken": COUNT, "readings": COUNT}), "what came of it") | _WRONG | _NOT_STORED,
        body=record({}, {"reason": either(TEXT)}),
    ),
    Operation(
        *("get", "/api/v1/incidents", "Incidents that go on, and those closed within a day."),
        _told(record({"now": MS, "incidents": listed(INCIDENT)})),
    ),
    Operation(
        *("get", "/api/v1/shelves", "All that is shelved or out of service, whether its incidents are over or not."),
        _told(record({"now": MS, "shelves": listed(SHELF)})),
    ),
    Operation(
        *("get", "/api/v1/incidents/{incident}", "One incident."),
        _told(record({"now": MS, "incident": INCIDENT})) | {404: ("no such incident", {JSON: ERROR})},
        (Parameter("incident", "its id", TEXT, "path", True),),
    ),
    Operation(
        *("post", "/api/v1/incidents/{incident}/{command}", "An operator's decision."),
        _told(record({"incident": TEXT, "command": TEXT, "by": TEXT, "time": MS}), "it stands in the journal")
        | _WRONG
        | {404: ("no such incident or command", {JSON: ERROR}), 409: ("not in this state", {JSON: ERROR})}
        | _NOT_STORED,
        (
            Parameter("incident", "its id", TEXT, "path", True),
            Parameter(
                "command", "acknowledge, shelve, unshelve, out-of-service, in-service, comment", TEXT, "path", True
            ),
        ),
        record({}, {"reason": TEXT, "for": TEXT, "until": {"type": ["string", "number"]}}),
    ),
    Operation(
        *(
            "get",
            "/api/v1/indicators",
            "With `period` stored indicators of days or months; else what the analytics know beside alarms, and any "
            "field may be asked for by its name.",
        ),
        _told(record({"indicators": listed(INDICATOR), "count": COUNT})) | _WRONG | _NO_STORE,
        (
            Parameter("period", "the stored ones: of which length", {"type": "string", "enum": list(PERIODS)}),
            Parameter("city", "only of this one; with `period`, *: all of them added"),
            Parameter("zone", "only of this one; *: of the whole city"),
            Parameter("domain", "only of this one; *: of no single one"),
            Parameter("indicator", "only this one"),
            Parameter("from", "ms, with `period`: of what begins then or later", MS),
            Parameter("to", "ms, with `period`: of what begins before; now", MS),
        ),
    ),
    Operation(
        *("get", "/api/v1/audit", "Who changed what, the newest first; for operators."),
        _told(record({"entries": listed(ANY)})) | _WRONG | {403: ("for operators", {JSON: ERROR})},
        (Parameter("before", "only before this id", {"type": "string", "pattern": r"^\d{0,15}$"}), _limit(MOST_AUDIT)),
    ),
    Operation(
        *("get", OBSERVATIONS_PATH, "Stored readings or windows, page by page, in the forms of several standards."),
        {
            200: ("a page; Link names the next", _CONTENTS),
            204: ("SenML: nothing to be said", {}),
            406: ("Accept allows none of the forms", {JSON: ERROR}),
        }
        | _WRONG
        | _NO_STORE,
        tuple(Parameter(name, text, schema) for name, (text, schema) in PARAMETERS.items()),
    ),
    Operation(
        *("get", "/api/v1/events", "What changes, as it changes (Server-Sent Events)."),
        {200: ("a stream that does not end", {"text/event-stream": TEXT})},
    ),
    Operation("get", "/api/v1/places", "Zones and devices, for a map.", _told(ANY)),
    Operation("get", "/api/v1/states", "How each device is.", _told(ANY)),
    Operation(
        *("get", "/api/v1/device", "All of one device."),
        _told(ANY) | {404: ("no such device", {JSON: ERROR})},
        (*_SERIES, _DOMAIN),
    ),
    Operation(
        *("get", "/api/v1/series", "The past of one series, as much of it as a chart shows."),
        _told(ANY) | _WRONG | _NO_STORE,
        (
            *(*_SERIES, _DOMAIN, Parameter("quantity", "of the series", TEXT, required=True), *_SPAN),
            Parameter("window", "ms: windows of this length", COUNT),
        ),
    ),
    Operation(
        *("get", SIGN_IN, "Who one is, and whether there are users at all."),
        _told(record({"users": TRUTH, "user": either(TEXT), "role": either(TEXT)})),
        open=True,
    ),
    Operation(
        *("post", SIGN_IN, "Sign in: the answer sets a cookie."),
        _told(record({"user": TEXT, "role": TEXT}), "signed in")
        | _WRONG
        | {401: ("wrong name or password", {JSON: ERROR})},
        body=record({"name": {"type": "string", "maxLength": MOST_CHARACTERS}, "password": TEXT}),
        open=True,
        users=True,
    ),
    Operation(
        *("post", SIGN_OUT, "Sign out."),
        _told(record({"user": {"type": "null"}}), "signed out"),
        body=ANY,
        users=True,
    ),
)


def document_operation(operation: Operation) -> dict[str, Any]:
    """As OpenAPI 3.1 writes it."""
    answers = {str(code): _answer(*answer) for code, answer in operation.answers.items()}
    made: dict[str, Any] = {
        "summary": operation.summary,
        "operationId": operation_id(operation),
        "responses": answers,
    }
    if operation.users:
        made["description"] = "Only where `http.users_file` names users."
    if operation.parameters:
        made["parameters"] = [_parameter(each) for each in operation.parameters]
    if operation.body is not None:
        made["requestBody"] = {"required": True, "content": {JSON: {"schema": operation.body}}}
        answers["415"] = {"description": "not application/json", "content": {JSON: {"schema": ERROR}}}
        answers.setdefault("403", {"description": "not allowed", "content": {JSON: {"schema": ERROR}}})
        answers.setdefault("400", _answer(*_WRONG[400]))
    if not operation.open:
        made["security"] = [{"password": []}, {"session": []}]
        answers.setdefault("401", {"description": "sign in", "content": {PLAIN: {"schema": TEXT}}})
    if not operation.open or operation.body is not None:
        answers["429"] = {"description": "too many wrong passwords", "content": {PLAIN: {"schema": TEXT}}}
    return made


def operation_id(operation: Operation) -> str:
    words = operation.path.replace("/api/v1", "").replace("{", "").replace("}", "").replace(".", "/").split("/")
    return "-".join((operation.method, *filter(None, words)))


def _parameter(parameter: Parameter) -> dict[str, Any]:
    name, description, schema, place, required = parameter
    return {"name": name, "in": place, "required": required, "description": description, "schema": schema}


def _answer(description: str, contents: Mapping[str, Schema]) -> dict[str, Any]:
    made: dict[str, Any] = {"description": description}
    if contents:
        made["content"] = {media: {"schema": schema} for media, schema in contents.items()}
    return made
