"""Writes `docs/formats.md` and `docs/formats/`, a page for each format, from the decoders and the tests' examples:

    python -m tests.ingest.decoders.pages

The text of a page is the docstring of the decoder's module (or package); what comes out of an example is what the
decoder says, which the conformance suite compares with the example. A test compares the files with what is made.
"""

from __future__ import annotations

import base64
import importlib
import inspect
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import yaml

from ingest.decoders.base import Decoded, Message, Reading
from ingest.decoders.table import FORMATS, Forgetful, Options
from tests.ingest.decoders.example import Example

ROOT: Final = Path(__file__).resolve().parents[3]
INDEX: Final = ROOT / "docs" / "formats.md"
FOLDER: Final = ROOT / "docs" / "formats"
HINT: Final = "run: .venv/bin/python -m tests.ingest.decoders.pages"

_MOST_ROWS: Final = 30
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MADE: Final = "Made by `python -m tests.ingest.decoders.pages` from the decoder and its tests' examples; change those."

_INDEX_HEAD: Final = f"""\
# Formats

{_MADE}

nadi's own payload is described in [gateways](gateways.md). These are the formats of others that it reads, each
under the topics that the settings' `decoders` give it. Every page shows published examples with what comes out
of them, as `./nadi decode --format FORMAT --topic TOPIC FILE` prints it under `native`: names and units as the
standard has them, before they are mapped to nadi's own.

| format | what it is | its usual topics |
|---|---|---|
"""


def examples(name: str) -> list[Example]:
    module = importlib.import_module(f"tests.ingest.decoders.examples.{name.replace('-', '_')}")
    found: list[Example] = module.EXAMPLES
    return found


def pages() -> dict[Path, str]:
    """Every page's path and text."""
    made = {FOLDER / f"{name}.md": page(name) for name in FORMATS}
    rows = [f"| [{name}](formats/{name}.md) | {_cell(_summary(name))} | {_topics(name)} |\n" for name in FORMATS]
    return {INDEX: _INDEX_HEAD + "".join(rows), **made}


def page(name: str) -> str:
    parts = [f"# `{name}`", _MADE, _text(name), f"Its usual topics: {_topics(name)}.", "## Examples"]
    for example in examples(name):
        parts += _example(name, example)
    return "\n\n".join(parts) + "\n"


def _text(name: str) -> str:
    """What the module of the decoder says of the format, or its package where it has one of its own."""
    module = type(FORMATS[name].make(examples(name)[0].options)).__module__
    package = ".".join(module.split(".")[:3])
    return inspect.cleandoc(importlib.import_module(package).__doc__ or "")


def _summary(name: str) -> str:
    return " ".join(_text(name).split("\n\n")[0].split()).removesuffix(".")


def _topics(name: str) -> str:
    return ", ".join(f"`{topic}`" for topic in FORMATS[name].topics) or "none; give it topics in the settings"


def _example(name: str, example: Example) -> Iterator[str]:
    yield f"### {example.name[:1].upper()}{example.name[1:]}"
    yield f"Source: {example.source}."
    if example.note:
        yield example.note
    yield from _settings(example.options)
    decoder = FORMATS[name].make(replace(example.options, memory=Forgetful()))
    for message in example.delivered():
        yield from _message(message, decoder.decode(message))


def _settings(options: Options) -> Iterator[str]:
    if options.precision != Options().precision:
        yield f"With `precision: {options.precision}`."
    if options.mapping is not None:
        mapping = yaml.safe_dump(dict(options.mapping), sort_keys=False, default_flow_style=None, width=100)
        yield f"With the mapping\n\n```yaml\n{mapping}```"


def _message(message: Message, decoded: Decoded) -> Iterator[str]:
    yield f"`{message.topic}`" if message.topic else "On any topic"
    yield _payload(message.payload)
    if decoded.readings:
        yield _readings(decoded.readings)
    yield from _others(decoded)


def _others(decoded: Decoded) -> Iterator[str]:
    lines = [f"- refused as `{reason}`: {_code(detail)}" for reason, detail in decoded.refused]
    for gateway, online, device in decoded.presence:
        who = f"device {_code(device)} of {_code(gateway)}" if device else f"{_code(gateway)} with all its devices"
        lines.append(f"- {who} {'is there' if online else 'is gone'}")
    lines += [f"- asks to publish to {_code(request.topic)}" for request in decoded.requests]
    if len(lines) > _MOST_ROWS:
        lines[_MOST_ROWS:] = [f"- … and {len(lines) - _MOST_ROWS} more"]
    if lines:
        yield "\n".join(lines)
    elif not decoded.readings:
        yield "Legal, and holds no readings."


def _readings(readings: list[Reading]) -> str:
    rows = ["| sensor | quantity | value | unit | time |", "|---|---|---|---|---|"]
    for sensor, quantity, value, unit, time in readings[:_MOST_ROWS]:
        cells = (_code(sensor), _code(quantity), _number(value), _code(unit) if unit else "", _time(time))
        rows.append("| " + " | ".join(cells) + " |")
    if len(readings) > _MOST_ROWS:
        rows.append(f"| … and {len(readings) - _MOST_ROWS} more | | | | |")
    return "\n".join(rows)


def _payload(payload: bytes) -> str:
    """As it is where it is text, else as base64, in a fence that it can't close."""
    try:
        text = payload.decode()
    except UnicodeDecodeError:
        text = ""
    if not text or not all(letter.isprintable() or letter in "\n\t" for letter in text):
        return f"```base64\n{base64.b64encode(payload).decode()}\n```"
    kind = "json" if text.lstrip()[:1] in "{[" else "text"
    fence = "```" if "```" not in text else "~~~~"
    return f"{fence}{kind}\n{text.strip(chr(10))}\n{fence}"


def _number(value: float) -> str:
    return repr(value).removesuffix(".0")


def _time(time: int | None) -> str:
    if time is None:
        return "of arrival"
    try:
        return (_EPOCH + timedelta(milliseconds=time)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    except OverflowError:
        return str(time)


def _code(text: str) -> str:
    shown = "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in text)
    return f"`` {_cell(shown)} ``" if "`" in shown else f"`{_cell(shown)}`"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def write() -> None:
    FOLDER.mkdir(exist_ok=True)
    made = pages()
    for stale in set(FOLDER.glob("*.md")) - made.keys():
        stale.unlink()
    for path, text in made.items():
        path.write_text(text)


if __name__ == "__main__":
    write()
