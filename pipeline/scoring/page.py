"""Writes the tables of scores into docs/detection.md, between its marks."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from pipeline.scoring.runs import Score
from simulators.scoring.table import (
    EVENT_HEAD,
    FOUND_HEAD,
    INCIDENT_HEAD,
    TOLD_HEAD,
    event_rows,
    found_rows,
    incident_rows,
    markdown,
    told_rows,
)
from telemetry.errors import SettingsError

PAGE: Final = Path(__file__).resolve().parents[2] / "docs" / "detection.md"
BEGIN: Final = "<!-- written by ./nadi score --all --write: begin -->"
END: Final = "<!-- written by ./nadi score --all --write: end -->"


def tables(score: Score) -> str:
    """Tuned and held-out seeds apart, then by kind over all."""
    parts = [f"Made from {score.made}.\n"]
    for words, held_out in (("Seeds that thresholds may be tuned on", False), ("Held-out seeds", True)):
        scores = score.by_scenario(held_out)
        if not scores:
            continue
        scores["**all**"] = score.together(held_out)
        parts.append(f"### {words}\n\n{markdown(FOUND_HEAD, found_rows(scores))}")
        parts.append(markdown(TOLD_HEAD, told_rows(scores)))
    together = score.together()
    parts.append(f"### By kind of event, all seeds\n\n{markdown(EVENT_HEAD, event_rows(together))}")
    parts.append(f"### By kind of incident, all seeds\n\n{markdown(INCIDENT_HEAD, incident_rows(together))}")
    return "\n".join(parts)


def write(score: Score, page: Path = PAGE) -> None:
    """Replace what stands between the marks. Raises SettingsError where the page has none."""
    text = page.read_text("utf-8") if page.exists() else ""
    if BEGIN not in text or END not in text:
        raise SettingsError(f"{page} has no place for the tables; expected the lines {BEGIN} and {END}")
    inside = f"{BEGIN}\n{tables(score)}\n{END}"
    page.write_text(re.sub(f"{re.escape(BEGIN)}.*{re.escape(END)}", lambda _: inside, text, flags=re.DOTALL), "utf-8")
