"""How nadi answers over HTTP: JSON, packed where it is worth it, and errors in one shape."""

from __future__ import annotations

from typing import Any, Final

import orjson
from aiohttp import web

WORTH_PACKING: Final = 2_000
"""Bytes; below it gzip saves less than it costs."""


def told(value: object, status: int = 200) -> web.Response:
    """`value` as JSON; numpy arrays may be in it."""
    body = orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY)
    response = web.Response(body=body, status=status, content_type="application/json")
    if len(body) > WORTH_PACKING:
        response.enable_compression()
    return response


def refused(kind: type[web.HTTPError], why: str) -> web.HTTPError:
    """To be raised: `{"error": why}`."""
    return kind(text=orjson.dumps({"error": why}).decode(), content_type="application/json")


async def body_of(request: web.Request) -> Any:
    """The JSON that was sent; an empty body is `{}`. Raises 400."""
    try:
        return orjson.loads(await request.read() or b"{}")
    except orjson.JSONDecodeError:
        raise refused(web.HTTPBadRequest, "the body is not JSON") from None
