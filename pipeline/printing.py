"""What commands print: whole where no terminal sets its width, and in any character set."""

from __future__ import annotations

import codecs
import io
import json
import os
import sys
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from rich.console import Console

WIDE: Final = 240
"""Columns where standard output is a pipe or a file: nothing is cut off for what reads it."""
_ESCAPED: Final = "nadi-escaped"


def console() -> Console:
    """On standard output. COLUMNS sets the width, as everywhere."""
    from rich.console import Console

    found = Console()
    return found if found.is_terminal or os.environ.get("COLUMNS") else Console(width=WIDE)


def speak() -> None:
    """Let what a character set lacks be written as \\u2026, which JSON reads too, instead of ending the command: in
    a locale such as id_ID, which is ISO 8859-1, and for names that are no text."""
    codecs.register_error(_ESCAPED, _escape)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=_ESCAPED)


def _escape(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return json.dumps(error.object[error.start : error.end])[1:-1], error.end
