"""Messages from a file: one payload, or a line of JSON for each."""

from __future__ import annotations

import binascii
import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from ingest.decoders.base import Message
from ingest.packing import BINARY
from telemetry.errors import NadiError


def single(data: bytes, form: str, topic: str, arrival: int, *, base64: bool) -> Message:
    """A file that is one payload. The line feed that editors put behind a text is none of it. Raises NadiError."""
    payload = _decoded(data, "the file") if base64 else data
    if not base64 and form not in BINARY and _is_text(payload):
        payload = payload.removesuffix(b"\n").removesuffix(b"\r")
    return Message(topic, payload, arrival)


FORMS: Final = ("payload", "payload_b64", "payload_hex")


def lines(source: Iterable[bytes], topic: str, now: Callable[[], int], *, base64: bool) -> Iterator[Message]:
    """Lines of `{"topic", "payload" | "payload_b64" | "payload_hex"}`, each as it comes; `content_type`, `retained`
    (or `retain`, as mosquitto_sub has it) and `recv_ms` may be in them too. topic, now: where a line has none.
    base64: `payload` is. Raises NadiError, which names the line."""
    for number, line in enumerate(source, start=1):
        if line.strip():
            yield _line(line, f"line {number}", Message(topic, b"", now()), base64=base64)


def _line(line: bytes, where: str, default: Message, *, base64: bool) -> Message:
    try:
        told = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise NadiError(f"{where} is not JSON: {error}") from None
    if not isinstance(told, dict) or sum(form in told for form in FORMS) != 1:
        raise NadiError(f'{where}: expected {{"topic": …, "payload": …}}, or "payload_b64" or "payload_hex" instead')
    topic, arrival = told.get("topic", default.topic), told.get("recv_ms", default.arrival)
    content = told.get("content_type")
    if not isinstance(topic, str) or type(arrival) is not int or not isinstance(content, str | None):
        raise NadiError(f"{where}: topic and content_type are text, recv_ms is a whole number")
    if "payload_b64" in told:
        payload = _decoded(told["payload_b64"], where)
    elif "payload_hex" in told:
        payload = _from_hex(told["payload_hex"], where)
    elif base64:
        payload = _decoded(told["payload"], where)
    else:
        payload = _bytes(told["payload"])
    return Message(topic, payload, arrival, content, bool(told.get("retained", told.get("retain", False))))


def _bytes(payload: Any) -> bytes:
    """Text as it is; a document that was not put into quotes as the JSON that it is."""
    text = payload if isinstance(payload, str) else json.dumps(payload, ensure_ascii=False)
    return text.encode("utf-8", "surrogatepass")


def _decoded(text: Any, where: str) -> bytes:
    try:
        joined = b"".join(text.encode().split() if isinstance(text, str) else text.split())
        return binascii.a2b_base64(joined, strict_mode=True)
    except (binascii.Error, AttributeError, ValueError) as error:
        raise NadiError(f"{where} is not base64: {error}") from None


def _from_hex(text: Any, where: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except (TypeError, ValueError):
        raise NadiError(f"{where} is not hexadecimal: {str(text)[:40]!r}") from None


def _is_text(payload: bytes) -> bool:
    try:
        payload.decode()
    except UnicodeDecodeError:
        return False
    return True
