"""Questions in InfluxQL over the v1 API, with the standard library alone; they block, so a server asks in a thread."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any, Final
from urllib.parse import urlsplit

from config.settings import InfluxSettings
from pipeline.direct import opener
from telemetry.errors import NadiError, SettingsError
from telemetry.series import DOMAINS

TIMEOUT_SECONDS: Final = 60.0
CHUNK_ROWS: Final = 10_000
Piece = tuple[str, Mapping[str, str], Sequence[str], Sequence[Sequence[Any]]]
_QUANTITY: Final = re.compile(r",quantity=(?:\\.|[^,\\])*")


@dataclass(frozen=True, slots=True)
class Access:
    """url: http[s]://[user:password@]host:port; authorization: a header, where the address has no user.
    option: where the address comes from, for messages."""

    url: str
    database: str
    authorization: str | None = None
    option: str = "--url"

    @property
    def host(self) -> str:
        return urlsplit(self.url).netloc.rpartition("@")[2]


def ask(access: Access, question: str, patience: float = TIMEOUT_SECONDS) -> list[dict[str, Any]]:
    """Rows with their tags; times in ms. patience: s, for each sign of life. Raises SettingsError, NadiError."""
    return [
        {**tags, **dict(zip(columns, values, strict=True))}
        for _, tags, columns, rows in stream(access, question, patience)
        for values in rows
    ]


def stream(access: Access, question: str, patience: float = TIMEOUT_SECONDS) -> Iterator[Piece]:
    """The answer in pieces of CHUNK_ROWS rows at most: measurement, tags, columns, rows. Raises as `ask`."""
    import urllib.error  # 40 ms, which every other command would wait for too

    try:
        with _open(access, question, patience) as answer:
            for line in answer:
                if line.strip():
                    yield from _pieces(line, access.host)
    except urllib.error.HTTPError as error:
        if 300 <= error.code < 400:
            where = urlsplit(error.headers.get("Location", "")).netloc.rpartition("@")[2] or "another path"
            why = f"InfluxDB at {access.host} sends us on to {where}, where no password is sent"
            raise NadiError(f"{why}; {access.option} must name where it is") from error
        raise NadiError(f"InfluxDB at {access.host} answers {error.code}: {_words(error.read(4096))}") from error
    except (OSError, HTTPException, ValueError) as error:
        reason = getattr(error, "reason", error)
        raise NadiError(
            f"InfluxDB at {access.host} does not answer ({reason}); {access.option} names another"
        ) from error


def _open(access: Access, question: str, patience: float) -> Any:
    import urllib.parse
    import urllib.request

    parts = urlsplit(access.url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise SettingsError(
            f"{access.option} {access.url}: write http:// or https://, host and port, as in http://localhost:8086"
        )
    asked = {"db": access.database, "epoch": "ms", "q": question, "chunked": "true", "chunk_size": str(CHUNK_ROWS)}
    query = urllib.parse.urlencode(asked)
    address = urllib.parse.urlunsplit((parts.scheme, access.host, f"{parts.path.rstrip('/')}/query", query, ""))
    headers = {"Accept": "application/json"}
    if access.authorization is not None:
        headers["Authorization"] = access.authorization
    elif parts.username is not None:
        headers["Authorization"] = basic(
            urllib.parse.unquote(parts.username), urllib.parse.unquote(parts.password or "")
        )
    return opener().open(urllib.request.Request(address, headers=headers), timeout=patience)  # noqa: S310


def basic(user: str, password: str) -> str:
    """The header of user name and password (RFC 7617)."""
    return f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"


def quoted(text: str) -> str:
    """A name as InfluxQL writes a string."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n")
    return f"'{escaped}'"


def devices_in(access: Access) -> int:
    """How many devices have ever sent a reading."""
    keys = ask(access, f"SHOW SERIES FROM {', '.join(DOMAINS)}")
    return len({_QUANTITY.sub("", row["key"]) for row in keys})


def _pieces(line: bytes, host: str) -> Iterator[Piece]:
    try:
        for result in json.loads(line)["results"]:
            if "error" in result:
                raise NadiError(f"InfluxDB at {host} refuses the question: {result['error']}")
            for series in result.get("series", ()):
                yield series.get("name", ""), series.get("tags", {}), series["columns"], series["values"]
    except (KeyError, TypeError, ValueError) as error:
        raise NadiError(f"{host} gives no answer of InfluxDB's: {error!r}") from error


def _words(answer: bytes) -> str:
    body = answer.decode("utf-8", "replace").strip()
    try:
        return str(json.loads(body)["error"])
    except (ValueError, KeyError, TypeError):
        return body


def access(settings: InfluxSettings) -> Access:
    """As the sink writes: with the token for v2, else with user and password."""
    if settings.api == "v2":
        token = settings.token.get_secret_value() if settings.token is not None else None
        return Access(settings.url, settings.bucket, f"Token {token}" if token else None, "influx.url")
    if settings.username is None:
        return Access(settings.url, settings.database, option="influx.url")
    password = settings.password.get_secret_value() if settings.password is not None else ""
    return Access(settings.url, settings.database, basic(settings.username, password), "influx.url")
