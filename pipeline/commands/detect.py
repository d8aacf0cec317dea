"""`./nadi detect`: the anomaly engine over one series, from a file or as it comes."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from telemetry.errors import NadiError, SettingsError

BLOCK: int = 1 << 18
"""Bytes read at once: as many as there are, so that one line that comes alone is answered alone."""
LONGEST_LINE: int = 1 << 20
TOLD_BADLY: int = 20
"""Bad lines that are named; the others are only counted."""


class Reasons(StrEnum):
    id = "id"
    en = "en"


def detect(
    file: Annotated[str, typer.Argument(help="lines of timestamp,value; - for standard input", metavar="FILE")],
    scores: Annotated[bool, typer.Option("--scores", help="only the score in [0,1], one for each data line")] = False,
    plot: Annotated[Path | None, typer.Option(help="draw the series and its scores into this PNG file")] = None,
    language: Annotated[Reasons, typer.Option(help="of the reasons")] = Reasons.id,
    timezone: Annotated[
        str, typer.Option(help="of the daily profile, and of times without an offset")
    ] = "Asia/Jakarta",
) -> None:
    """How unusual each reading of one series is, by those before it only.

    In: timestamp,value. Times as RFC 3339, YYYY-MM-DD HH:MM:SS (in --timezone), or since the epoch in s, ms,
    us or ns; further columns are ignored. Out: for each line one, at once: timestamp,value,score,severity,reason.
    The score is 0.5 from where a reading is an anomaly (severity info, warning or critical, with a reason);
    it is empty (with --scores: 0) while there is no verdict: in the warm-up of some 120 readings, and for a time
    before the latest. A first line whose value is no number is a header: it is answered by one, with --scores
    by nothing. A bad line is named on standard error and answered with an empty score (with --scores: 0).
    """
    from pipeline.offline.detecting import Detecting
    from pipeline.offline.picture import Picture

    picture = Picture(plot, timezone) if plot is not None else None
    try:
        detecting = Detecting(timezone, language.value, "scores" if scores else "full", picture)
    except ValueError as error:
        raise SettingsError(f"--timezone {timezone!r}: {error}") from None
    complain = Complaints()
    try:
        for number, lines in _blocks(file):
            sys.stdout.write(detecting.answer(lines, number, complain))
            sys.stdout.flush()
    except BrokenPipeError:
        # Whoever reads has seen enough; what Python would flush at its end goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return
    complain.sum_up()
    if picture is not None:
        picture.save()


class Complaints:
    """Names bad lines on standard error, at most some of them."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, number: int, why: str) -> None:
        self.count += 1
        if self.count <= TOLD_BADLY:
            print(f"nadi: line {number}: {why}", file=sys.stderr, flush=True)

    def sum_up(self) -> None:
        if self.count > TOLD_BADLY:
            print(f"nadi: {self.count} bad lines in all", file=sys.stderr)


def _blocks(file: str) -> Iterator[tuple[int, list[str]]]:
    """(number of the first line, lines) as they come, from 1 on."""
    try:
        descriptor = sys.stdin.fileno() if file == "-" else os.open(file, os.O_RDONLY)
        yield from _lines(descriptor)
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            raise
        raise NadiError(f"{file}: {error.strerror}") from error


def _lines(descriptor: int) -> Iterator[tuple[int, list[str]]]:
    number, rest = 1, b""
    while block := os.read(descriptor, BLOCK):
        *complete, rest = (rest + block).split(b"\n")
        if len(rest) > LONGEST_LINE:
            raise NadiError(f"line {number + len(complete)} is longer than {LONGEST_LINE} bytes")
        if complete:
            yield number, _decoded(complete, number)
            number += len(complete)
    if rest:
        yield number, _decoded([rest], number)


def _decoded(lines: list[bytes], number: int) -> list[str]:
    texts = b"\n".join(lines).decode("utf-8", "replace").split("\n")
    if number == 1:
        texts[0] = texts[0].removeprefix("\ufeff")
    return texts
