"""Answers `GET /api/v1/observations`: a page of the store in the form that was asked for, and where it goes on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import Final
from urllib.parse import urlencode

from aiohttp import web

from pipeline.outward.forms import FORMS, Form
from pipeline.outward.page import Page, PagedStore, Query
from pipeline.outward.question import form_of, place_text, query_of
from pipeline.web.answers import WORTH_PACKING, refused
from telemetry.errors import NadiError

PATH: Final = "/api/v1/observations"
PAGE_SECONDS: Final = 30.0
"""For reading a page of the store."""
TURN_SECONDS: Final = 20.0
"""For which a question waits while AT_ONCE others are answered."""
AT_ONCE: Final = 4
"""Questions that are answered at a time; others wait, so that they take bounded memory."""
SECONDS: Final = 60.0
"""For sending a page; who reads more slowly is left, for others wait."""


class ObservationsDesk:
    """store: the present one, None where none can be asked. windows: their lengths, ms. clock: ms."""

    def __init__(
        self, store: Callable[[], PagedStore | None], windows: Callable[[], Sequence[int]], clock: Callable[[], int]
    ) -> None:
        self.store = store
        self.windows = windows
        self.clock = clock
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        asked = request.query
        try:
            if repeated := {name for name in asked if len(asked.getall(name)) > 1}:
                raise ValueError(f"{', '.join(sorted(repeated))}: given more than once")
            form = FORMS[form_of(asked.get("format"), request.headers.get("Accept", ""))]
            query = query_of(asked, self.clock(), self.windows())
            store = self.store()
            if store is None:
                raise refused(web.HTTPServiceUnavailable, "no store that could be asked is configured")
            async with self._turn():
                page = await _page(store, query)
                fixed = {"from": str(query.start), "to": str(query.end)}
                return await _stream(request, form, page, _following(page, {**asked, **fixed}))
        except LookupError as error:
            raise refused(web.HTTPNotAcceptable, str(error.args[0])) from None
        except ValueError as error:
            raise refused(web.HTTPBadRequest, str(error)) from None
        except NadiError as error:
            raise refused(web.HTTPServiceUnavailable, str(error)) from error

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(TURN_SECONDS):
                await self._turns.acquire()
        except TimeoutError:
            why = f"{AT_ONCE} others are being answered, and none is done within {TURN_SECONDS:g} s; ask later"
            raise NadiError(why) from None
        try:
            yield
        finally:
            self._turns.release()


async def _page(store: PagedStore, query: Query) -> Page:
    try:
        async with asyncio.timeout(PAGE_SECONDS):
            return await store.page(query)
    except TimeoutError:
        why = f"the store ({store.name}) does not answer within {PAGE_SECONDS:g} s; ask for less, or later"
        raise NadiError(why) from None


def _following(page: Page, asked: dict[str, str]) -> str | None:
    """The address of the next page, None after the last. Its span is written out: `now` goes on meanwhile."""
    return None if page.last is None else f"{PATH}?{urlencode(asked | {'after': place_text(page.last)})}"


async def _stream(request: web.Request, form: Form, page: Page, following: str | None) -> web.StreamResponse:
    headers = {"Vary": "Accept"} | ({} if following is None else {"Link": f'<{following}>; rel="next"'})
    pieces = form.write(page, following)
    # What can fail, and what tells that there is nothing to say, is done before the answer begins.
    first = await asyncio.to_thread(_next, pieces)
    if first is None:
        return web.Response(status=204, headers=headers)
    response = web.StreamResponse(headers=headers)
    response.content_type = form.media
    response.charset = form.charset
    if len(page) * 50 > WORTH_PACKING and form.media != "application/vnd.apache.parquet":
        response.enable_compression()
    await response.prepare(request)
    if request.method == "HEAD":
        return response
    try:
        async with asyncio.timeout(SECONDS):
            piece: bytes | None = first
            while piece is not None:
                await response.write(piece)
                piece = await asyncio.to_thread(_next, pieces)
            await response.write_eof()
    except TimeoutError:
        if request.transport is not None:
            request.transport.abort()
    return response


def _next(pieces: Iterator[bytes]) -> bytes | None:
    return next(pieces, None)
