"""`./nadi decode`: a message of any format as the readings that nadi makes of it."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO, get_args

import typer

from config.formats import FormatName
from telemetry.errors import NadiError, SettingsError

if TYPE_CHECKING:
    from pipeline.decoding.reader import Context

_NAMES = ("native", *get_args(FormatName), "auto")


class Precision(StrEnum):
    ns = "ns"
    us = "us"
    ms = "ms"
    s = "s"


def decode(
    form: Annotated[str, typer.Option("--format", metavar="F", help=", ".join(_NAMES))],
    file: Annotated[str, typer.Argument(metavar="[FILE]", help="- for standard input")] = "-",
    topic: Annotated[str, typer.Option(help="that the payload came on")] = "",
    lines: Annotated[
        bool,
        typer.Option(
            "--lines",
            help='lines of JSON, each answered as it comes: {"topic", "payload" | "payload_b64" | "payload_hex"}',
        ),
    ] = False,
    base64: Annotated[bool, typer.Option("--base64", help="the payload is written in base64")] = False,
    recv_ms: Annotated[int | None, typer.Option(help="time of arrival, ms since 1970; without: now")] = None,
    precision: Annotated[Precision, typer.Option(help="influx: of timestamps")] = Precision.ns,
    mapping: Annotated[Path | None, typer.Option(help="json: YAML or JSON, where what stands")] = None,
    config: Annotated[
        Path | None, typer.Option("--config", "-c", help="settings: their rules, catalogue and time zone")
    ] = None,
) -> None:
    """Decode messages of other formats: a line of JSON for every reading, and for all that is refused."""
    from ingest.decoders.table import Options
    from ingest.mapping.documents import load_mapping
    from pipeline.decoding.messages import lines as several
    from pipeline.decoding.messages import single
    from pipeline.decoding.reader import Reader

    if form not in _NAMES:
        raise SettingsError(f"--format {form!r} is not a format; allowed: {', '.join(_NAMES)}")
    context = _context(config)
    rule = next((rule for rule in context.rules if rule.format == form), None)
    document = load_mapping(mapping or (rule.mapping if rule else None), "--mapping")
    if form == "json" and document is None:
        raise SettingsError("--format json needs --mapping FILE, which says where in the document what stands")
    reader = Reader(form, Options(precision.value, document, timezone=context.timezone), context)

    def now() -> int:
        return time.time_ns() // 1_000_000 if recv_ms is None else recv_ms

    with _opened(file) as source:
        if lines:
            messages = several(_lines(source, file), topic, now, base64=base64)
        else:
            messages = iter([single(b"".join(_lines(source, file)), form, topic, now(), base64=base64)])
        for number, message in enumerate(messages):
            for told in reader.read(message):
                _print({"message": number} | told)
            sys.stdout.buffer.flush()


def _context(config: Path | None) -> Context:
    from pipeline.decoding.reader import Context

    if config is None:
        return Context()
    from pipeline.commands.run import load

    settings, sensors = load(config)
    return Context(sensors, settings.decoders, settings.timezone)


def _opened(file: str) -> AbstractContextManager[BinaryIO]:
    if file == "-":
        return nullcontext(sys.stdin.buffer)
    try:
        return Path(file).open("rb")
    except OSError as error:
        raise NadiError(f"{file}: {error.strerror}") from None


def _lines(source: BinaryIO, file: str) -> Iterator[bytes]:
    """As they come: whoever pipes a broker into this sees each message at once."""
    try:
        yield from source
    except OSError as error:
        raise NadiError(f"{file}: {error.strerror}") from None


def _print(told: dict[str, Any]) -> None:
    try:
        line = json.dumps(told, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        line = json.dumps(told).encode()
    sys.stdout.buffer.write(line + b"\n")
