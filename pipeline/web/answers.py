"""How nadi answers over HTTP: JSON, packed where it is worth it, and errors in one shape."""

from __future__ import annotations

import asyncio
import gzip
from typing import Any, Final, NamedTuple

import orjson
from aiohttp import web

WORTH_PACKING: Final = 2_000
"""Bytes; below it gzip saves less than it costs."""


MOST_LETTERS: Final = 1_000
MOST_AUDIT: Final = 1_000
"""Rows of an answer."""
LATEST_MS: Final = 253_402_300_799_999
"""The last of the year 9999, ms since the epoch."""
PACKED_ASIDE: Final = 65_536
"""Bytes; what is larger is packed in a thread."""
PACKING: Final = 5
"""Level of gzip for what is packed once."""
DIGITS: Final = 18
"""Of a number: as many as 64 bits hold."""
SHOWN: Final = 40
"""Characters of what was sent that an answer repeats."""
BODY_SECONDS: Final = 10.0
"""In which a body has to come; longer none takes but from who wants to hold a connection."""


def told(value: object, status: int = 200) -> web.Response:
    """`value` as JSON; numpy arrays may be in it."""
    body = orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY)
    response = web.Response(body=body, status=status, content_type="application/json", zlib_executor_size=PACKED_ASIDE)
    if len(body) > WORTH_PACKING:
        response.enable_compression()
    return response


class Packed(NamedTuple):
    """An answer made once for many: its JSON, as it is and packed."""

    plain: bytes
    packed: bytes

    @staticmethod
    def of(value: object) -> Packed:
        plain = orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY)
        return Packed(plain, gzip.compress(plain, PACKING))

    def answer(self, request: web.Request) -> web.Response:
        headers = {"Content-Type": "application/json", "Vary": "Accept-Encoding"}
        if "gzip" in request.headers.get("Accept-Encoding", "").lower():
            return web.Response(body=self.packed, headers={**headers, "Content-Encoding": "gzip"})
        return web.Response(body=self.plain, headers=headers)


def refused(kind: type[web.HTTPError], why: str) -> web.HTTPError:
    """To be raised: `{"error": why}`."""
    return kind(text=orjson.dumps({"error": why}).decode(), content_type="application/json")


def whole(name: str, text: str, least: int, most: int) -> int:
    """A query parameter that is a whole number. Raises ValueError, in words, for any other and beyond its bounds."""
    # Not all that int() takes is meant: it takes digits of every script, and thousands of them.
    digits = text.removeprefix("-")
    if digits.isascii() and digits.isdecimal() and len(digits) <= DIGITS and least <= (number := int(text)) <= most:
        return number
    raise ValueError(f"{name}={text[:SHOWN]} is not allowed; allowed: a whole number, {least} to {most}")


async def body_of(request: web.Request) -> Any:
    """The JSON that was sent; an empty body is `{}`. Raises 400, and 408 for one that does not come."""
    try:
        async with asyncio.timeout(BODY_SECONDS):
            body = await request.read()
        return orjson.loads(body or b"{}")
    except TimeoutError:
        raise refused(web.HTTPRequestTimeout, f"the body did not come within {BODY_SECONDS:g} s") from None
    except orjson.JSONDecodeError:
        raise refused(web.HTTPBadRequest, "the body is not JSON") from None
