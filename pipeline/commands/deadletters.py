"""`./nadi deadletters`: refused messages, looked at, taken out, and taken in after a repair."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlencode

import typer

from pipeline.commands.client import DEFAULT_URL, Client, Url, User

app = typer.Typer(help="Refused messages, kept raw: list, export, replay.", no_args_is_help=True)

StateDir = Annotated[
    Path | None, typer.Option(help="read the letters of this state_dir, instead of asking a running nadi")
]
Reason = Annotated[str | None, typer.Option(help="only what was refused for this: json, time, rate, …")]
_PAGE = 1_000

Fetch = Callable[[str | None, str | None, int], list[dict[str, Any]]]


@app.command("list")
def list_letters(
    reason: Reason = None,
    limit: Annotated[int, typer.Option(min=1, max=_PAGE, help="the newest so many")] = 20,
    url: Url = DEFAULT_URL,
    user: User = None,
    state_dir: StateDir = None,
) -> None:
    """The newest letters, shortened."""
    from rich.table import Column, Table
    from rich.text import Text

    from pipeline.printing import console

    table = Table(
        *(Column(head, overflow="fold") for head in ("arrival", "reason", "topic", "what is wrong", "payload"))
    )
    for letter in _source(url, user, state_dir)(reason, None, limit):
        payload = letter.get("payload", "(not UTF-8)")
        cells = (_moment(letter["arrival"]), letter["reason"], letter["topic"], letter["detail"], payload[:60])
        table.add_row(*(Text(_printable(cell)) for cell in cells))
    if table.row_count:
        console().print(table)
    else:
        print("no dead letters")


@app.command("export")
def export_letters(
    reason: Reason = None, url: Url = DEFAULT_URL, user: User = None, state_dir: StateDir = None
) -> None:
    """All letters, whole, the oldest first: a line of JSON each, on standard output."""
    fetch, after = _source(url, user, state_dir), ""
    while page := fetch(reason, after, _PAGE):
        for letter in page:
            print(json.dumps(letter, ensure_ascii=False))
        after = page[-1]["id"]


@app.command("replay")
def replay_letters(reason: Reason = None, url: Url = DEFAULT_URL, user: User = None) -> None:
    """Let the running nadi take in what is not refused any more; what still is stays."""
    done = Client(url, user).post("/api/v1/deadletters/replay", {"reason": reason})
    still = ", ".join(f"{why} {count}" for why, count in sorted(done["still_refused"].items())) or "none"
    print(f"{done['letters']} letters: {done['taken']} taken in ({done['readings']} readings); still refused: {still}")


def _source(url: str, user: str | None, state_dir: Path | None) -> Fetch:
    """Where letters come from: (reason, after, limit) to at most so many."""
    if state_dir is None:
        client = Client(url, user)

        def ask(reason: str | None, after: str | None, limit: int) -> list[dict[str, Any]]:
            query = {"reason": reason, "after": after, "limit": limit}
            wanted = urlencode({key: value for key, value in query.items() if value is not None})
            found: list[dict[str, Any]] = client.get(f"/api/v1/deadletters?{wanted}")["letters"]
            return found

        return ask
    from pipeline.refusals.deadletters import DeadLetters

    letters = DeadLetters.read_only(state_dir / "dead_letters.sqlite")

    def read(reason: str | None, after: str | None, limit: int) -> list[dict[str, Any]]:
        found = letters.newest(reason, limit) if after is None else letters.page(after, reason, limit)
        return [letter.told() for letter in found]

    return read


def _moment(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%SZ")


def _printable(text: str) -> str:
    """What a device sent must not steer the terminal."""
    return "".join(character if character.isprintable() else "\ufffd" for character in text)
