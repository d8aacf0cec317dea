"""What is wrong with settings or a catalogue: every problem at once, each at its place."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from telemetry.errors import SettingsError

Key = tuple[str | int, ...]
"""Where a value stands in the tree of settings: ("mqtt", "topics", 0)."""

_SHOWN = 200
_MOST = 50


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a file (column 0: a whole line; line 0: the whole file), or the name of an environment variable."""

    source: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return ":".join([self.source, *(str(number) for number in (self.line, self.column) if number)])


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to mend. `text` says what is wrong, what is allowed, and what to do."""

    key: Key
    text: str
    place: Place | None = None

    def __str__(self) -> str:
        return ": ".join(part for part in (str(self.place or ""), dotted(self.key), self.text) if part)


def dotted(key: Key) -> str:
    """mqtt.topics[0]"""
    text = ""
    for part in key:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def shown(value: object) -> str:
    """A value for a message: short, in quotes, on one line."""
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"


def nearest(word: str, words: Collection[str]) -> str | None:
    """The word that was probably meant."""
    found = difflib.get_close_matches(word.lower(), list(words), n=1, cutoff=0.6)
    return found[0] if found else None


def refuse(problems: Sequence[Problem], what: str) -> None:
    """Raise SettingsError with all of them; do nothing if there are none."""
    if problems:
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        lines = [f"  {problem}" for problem in problems[:_MOST]]
        if len(problems) > _MOST:
            lines.append(f"  … and {len(problems) - _MOST} more")
        raise SettingsError("\n".join([f"{count} in {what}", *lines]))
