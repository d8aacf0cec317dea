"""Asking a running nadi over its HTTP interface; for commands."""

from __future__ import annotations

import base64
import functools
import getpass
import json
import os
import sys
from dataclasses import dataclass
from typing import Annotated, Any, Final

import typer

from pipeline.direct import opener
from telemetry.errors import NadiError

DEFAULT_URL: Final = "http://127.0.0.1:8080"
PASSWORD: Final = "NADI_PASSWORD"  # noqa: S105
TIMEOUT_SECONDS: Final = 30.0
REPLAY_SECONDS: Final = 600.0

Url = Annotated[str, typer.Option(help="of the running nadi's page")]
User = Annotated[str | None, typer.Option(help=f"to sign in as; the password comes from {PASSWORD}, or is asked for")]


@dataclass(frozen=True, slots=True)
class Client:
    """url: of the page. user: whom to sign in as, where nadi has users."""

    url: str
    user: str | None = None

    def get(self, path: str) -> Any:
        """The answer to GET. Raises NadiError, in words."""
        return self._ask(path, None, TIMEOUT_SECONDS)

    def post(self, path: str, body: object) -> Any:
        """The answer to POST. Raises NadiError, in words."""
        return self._ask(path, json.dumps(body).encode(), REPLAY_SECONDS)

    def _ask(self, path: str, body: bytes | None, seconds: float) -> Any:
        import urllib.error  # 40 ms, which every other command would wait for too
        import urllib.request

        if not self.url.startswith(("http://", "https://")):
            raise NadiError(f"--url {self.url}: write http:// or https://, host and port, as in {DEFAULT_URL}")
        request = urllib.request.Request(self.url.rstrip("/") + path, body, self._headers(body))  # noqa: S310
        try:
            with opener().open(request, timeout=seconds) as answer:
                return json.loads(answer.read())
        except urllib.error.HTTPError as error:
            raise NadiError(f"{self.url} answers {error.code}: {_words(error.code, error.read(4096))}") from error
        except (OSError, ValueError) as error:
            reason = getattr(error, "reason", error)
            raise NadiError(
                f"{self.url} does not answer ({reason}); is nadi running there? --url names another"
            ) from error

    def _headers(self, body: bytes | None) -> dict[str, str]:
        headers = {} if body is None else {"Content-Type": "application/json"}
        if self.user is not None:
            token = base64.b64encode(f"{self.user}:{_password()}".encode()).decode()
            headers["Authorization"] = f"Basic {token}"
        return headers


def _words(code: int, answer: bytes) -> str:
    body = answer.decode("utf-8", "replace").strip()
    if code == 401:
        return "it has users; sign in with --user NAME"
    try:
        return str(json.loads(body)["error"])
    except (ValueError, KeyError, TypeError):
        return body


@functools.cache
def _password() -> str:
    """Asked for once, however many requests follow."""
    given = os.environ.get(PASSWORD)
    if given is not None:
        return given
    if not sys.stdin.isatty():
        raise NadiError(f"there is no terminal to ask for the password; set {PASSWORD}")
    return getpass.getpass("Password: ")
