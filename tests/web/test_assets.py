"""The page's files as they are served: packed, kept by the browser, and nothing but them."""

from __future__ import annotations

import gzip
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from pipeline.web.assets import Assets


@pytest.fixture
async def address(tmp_path: Path) -> AsyncIterator[str]:
    (tmp_path / "views").mkdir()
    (tmp_path / "index.html").write_text("<!doctype html>")
    (tmp_path / "views" / "a.js").write_text("export const a = 1;\n" * 100)
    (tmp_path / "notes.txt").write_text("not served")
    app = web.Application()
    app.router.add_routes(Assets(tmp_path).routes())
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


async def test_files_are_packed_and_asked_for_once(address: str) -> None:
    async with aiohttp.ClientSession(auto_decompress=False) as session:
        first = await session.get(f"{address}/page/views/a.js", headers={"Accept-Encoding": "gzip"})
        body = await first.read()
        assert first.headers["Content-Encoding"] == "gzip"
        assert first.headers["Content-Type"].startswith("text/javascript")
        assert gzip.decompress(body).startswith(b"export const a")
        again = await session.get(f"{address}/page/views/a.js", headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status, await again.read()) == (304, b"")
        plain = await session.get(f"{address}/page/views/a.js", headers={"Accept-Encoding": "identity"})
        assert "Content-Encoding" not in plain.headers
        assert len(await plain.read()) == 2_000


@pytest.mark.parametrize("path", ["/page/notes.txt", "/page/views", "/page/none.js", "/page//etc/passwd"])
async def test_nothing_else_is_served(address: str, path: str) -> None:
    async with aiohttp.ClientSession() as session:
        assert (await session.get(address + path)).status == 404
