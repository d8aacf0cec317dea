"""The word that was probably meant, whatever its capitals."""

from __future__ import annotations

from collections.abc import Collection

from config.problems import nearest


def closest(word: str, words: Collection[str]) -> str | None:
    small = {one.lower(): one for one in words}
    found = nearest(word, small)
    return small[found] if found else None


def hint(word: str, words: Collection[str]) -> str:
    """'did you mean Bins?', or else what there is."""
    meant = closest(word, words)
    return f"did you mean {meant}?" if meant else f"it has {', '.join(list(words)[:12])}" + " …" * (len(words) > 12)
