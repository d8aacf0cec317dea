"""Questions in InfluxQL over the v1 API, with the standard library alone; for commands."""

from __future__ import annotations

import base64
import json
import re
from typing import Any, Final

from telemetry.errors import NadiError, SettingsError
from telemetry.series import DOMAINS

TIMEOUT_SECONDS: Final = 60.0
_QUANTITY: Final = re.compile(r",quantity=(?:\\.|[^,\\])*")


def ask(url: str, database: str, question: str) -> list[dict[str, Any]]:
    """Rows with their tags; times in ms. url: http[s]://[user:password@]host:port. Raises NadiError, in words."""
    import urllib.error  # 40 ms, which every other command would wait for too
    import urllib.parse
    import urllib.request

    parts = urllib.parse.urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise SettingsError(f"--url {url}: write http:// or https://, host and port, as in http://localhost:8086")
    host = parts.netloc.rpartition("@")[2]
    query = urllib.parse.urlencode({"db": database, "epoch": "ms", "q": question})
    address = urllib.parse.urlunsplit((parts.scheme, host, f"{parts.path.rstrip('/')}/query", query, ""))
    headers = {"Accept": "application/json"}
    if parts.username is not None:
        user, secret = urllib.parse.unquote(parts.username), urllib.parse.unquote(parts.password or "")
        headers["Authorization"] = f"Basic {base64.b64encode(f'{user}:{secret}'.encode()).decode()}"
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(urllib.request.Request(address, headers=headers), timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310
            told = json.loads(answer.read())
    except urllib.error.HTTPError as error:
        raise NadiError(f"InfluxDB at {host} answers {error.code}: {_words(error.read(4096))}") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        raise NadiError(f"InfluxDB at {host} does not answer ({reason}); --url names another") from error
    return _rows(told, host)


def devices_in(url: str, database: str) -> int:
    """How many devices have ever sent a reading."""
    keys = ask(url, database, f"SHOW SERIES FROM {', '.join(DOMAINS)}")
    return len({_QUANTITY.sub("", row["key"]) for row in keys})


def _rows(told: Any, host: str) -> list[dict[str, Any]]:
    try:
        (result,) = told["results"]
        if "error" in result:
            raise NadiError(f"InfluxDB at {host} refuses the question: {result['error']}")
        return [
            {**series.get("tags", {}), **dict(zip(series["columns"], values, strict=True))}
            for series in result.get("series", ())
            for values in series["values"]
        ]
    except (KeyError, TypeError, ValueError) as error:
        raise NadiError(f"{host} gives no answer of InfluxDB's: {error!r}") from error


def _words(answer: bytes) -> str:
    body = answer.decode("utf-8", "replace").strip()
    try:
        return str(json.loads(body)["error"])
    except (ValueError, KeyError, TypeError):
        return body
