"""`./nadi sniff`: listens to a broker, and proposes the settings that would take in what is there."""

from __future__ import annotations

import asyncio
import signal
import time
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.commands.options import LOCAL, CaFile, CertFile, KeyFile, PasswordFile, Url, Username, broker_of

if TYPE_CHECKING:
    from pipeline.decoding.sniffing import Sniffer
    from simulators.recording import Message as Recorded

_SHOWN = 40
"""Rows of the table."""


class Ear:
    """What a Recorder writes to, when nothing is to be kept."""

    def __init__(self, sniffer: Sniffer) -> None:
        self.sniffer = sniffer
        self.messages = 0

    def write(self, message: Recorded) -> None:
        from ingest.decoders.base import Message

        self.messages += 1
        self.sniffer.take(Message(message.topic, message.payload, time.time_ns() // 1_000_000))

    def flush(self) -> None:
        """Nothing is kept back."""


def sniff(
    broker: Url = LOCAL,
    seconds: Annotated[float, typer.Option(min=0.1, help="how long to listen")] = 30.0,
    topics: Annotated[list[str], typer.Option(help="topic filter; may be given again")] = ["#"],  # noqa: B006
    city: Annotated[str, typer.Option(help="for the settings that are proposed")] = "city",
    username: Username = None,
    password_file: PasswordFile = None,
    ca_file: CaFile = None,
    cert_file: CertFile = None,
    key_file: KeyFile = None,
) -> None:
    """Listen to a broker, tell which formats its topics are, and propose `decoders` for the settings."""
    from pipeline.commands.record import _mqtt
    from pipeline.decoding.sniffing import Sniffer
    from pipeline.offline.recorder import Recorder

    sniffer = Sniffer()
    address = broker_of(broker, username, password_file, ca_file, cert_file, key_file)
    recorder = Recorder(_mqtt(address, topics), Ear(sniffer))

    async def listen() -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, recorder.stop)
        loop.call_later(seconds, recorder.stop)
        await recorder.run()

    asyncio.run(listen())
    show(sniffer, city)


def show(sniffer: Sniffer, city: str) -> None:
    """The table, and below it the settings."""
    import yaml
    from rich.table import Column, Table
    from rich.text import Text

    from pipeline.printing import console

    rows = sniffer.rows()
    heads = ("format", "topics", "number", "messages", "sensors", "examples")
    table = Table(*(Column(head, overflow="fold") for head in heads))
    for row in rows[:_SHOWN]:
        cells = (row.form, row.filter, f"{row.topics:,}", f"{row.messages:,}", f"{len(row.sensors):,}")
        table.add_row(*(Text(_printable(cell)) for cell in (*cells, "\n".join(row.examples))))
    out = console()
    out.print(f"{sniffer.messages:,} messages")
    if rows:
        out.print(table)
    if len(rows) > _SHOWN:
        out.print(f"and {len(rows) - _SHOWN} more")
    proposed = sniffer.settings(city)
    if proposed["decoders"]:
        print("\n# For the settings; look over city, domain and zone, and try it: ./nadi check --config FILE")
        print(yaml.safe_dump(proposed, sort_keys=False, allow_unicode=True), end="")
    if any(row.form == "unknown" for row in rows):
        print("\n# What is unknown may be read by format `json` with a mapping, if it is JSON: docs/formats/json.md")


def _printable(text: str) -> str:
    """What a device sent must not steer the terminal."""
    return "".join(character if character.isprintable() or character == "\n" else "\ufffd" for character in text)
