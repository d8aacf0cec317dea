"""The page's files, read and packed once at the start; so a request costs no disk and little wire.

A browser keeps what it has and asks by ETag: what has not changed is answered with 304 and no body.
"""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from aiohttp import web

PAGE: Final = Path(__file__).resolve().parents[1] / "page"
TYPES: Final = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".LICENSE": "text/plain; charset=utf-8",
}
"""What is served, by the end of its name; nothing else in the folder is."""


@dataclass(frozen=True, slots=True)
class Asset:
    """One file. packed: by gzip."""

    body: bytes
    packed: bytes
    kind: str
    etag: str

    @classmethod
    def read(cls, path: Path) -> Asset:
        body = path.read_bytes()
        packed = gzip.compress(body, 9, mtime=0)
        return cls(body, packed, TYPES[path.suffix], f'"{hashlib.sha256(body).hexdigest()[:20]}"')

    def answer(self, request: web.Request) -> web.Response:
        headers = {"ETag": self.etag, "Vary": "Accept-Encoding", "Content-Type": self.kind}
        if request.headers.get("If-None-Match", "") == self.etag:
            return web.Response(status=304, headers=headers)
        if "gzip" in request.headers.get("Accept-Encoding", ""):
            return web.Response(body=self.packed, headers=headers | {"Content-Encoding": "gzip"})
        return web.Response(body=self.body, headers=headers)


class Assets:
    """All files of the page, by their path below its folder."""

    def __init__(self, folder: Path = PAGE) -> None:
        self.files = {
            path.relative_to(folder).as_posix(): Asset.read(path)
            for path in folder.rglob("*")
            if path.is_file() and path.suffix in TYPES
        }

    async def index(self, request: web.Request) -> web.Response:
        return self.files["index.html"].answer(request)

    async def sign_in(self, request: web.Request) -> web.Response:
        return self.files["sign-in.html"].answer(request)

    async def file(self, request: web.Request) -> web.Response:
        found = self.files.get(request.match_info["name"])
        if found is None:
            raise web.HTTPNotFound
        return found.answer(request)

    def routes(self) -> list[Any]:
        return [web.get("/", self.index), web.get("/sign-in", self.sign_in), web.get("/page/{name:.+}", self.file)]
