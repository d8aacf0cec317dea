"""The OpenAPI 3.1 document of the HTTP side."""

from __future__ import annotations

from typing import Any

from pipeline.interfaces.operations import OPERATIONS, document_operation
from pipeline.web.sessions import COOKIE

ABOUT = """\
Times are ms since the epoch, UTC. What is not known is null. Keys may be added to what is answered without notice;
none is renamed or removed within version 1. With `http.users_file` all but what says otherwise asks for a user, and
POST for an operator. An error is {"error": "…"}."""


def document() -> dict[str, Any]:
    paths: dict[str, Any] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method] = document_operation(operation)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "nadi",
            "version": "1",
            "summary": "The pulse of a city",
            "description": ABOUT,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "http://127.0.0.1:8080", "description": "http.listen"}],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "password": {"type": "http", "scheme": "basic"},
                "session": {"type": "apiKey", "in": "cookie", "name": COOKIE},
            }
        },
    }
