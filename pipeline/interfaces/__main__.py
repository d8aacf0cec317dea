"""Writes docs/openapi.json and docs/asyncapi.json."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from pipeline.interfaces import asyncapi, openapi

DOCS: Final = Path(__file__).resolve().parents[2] / "docs"
MADE: Final = {"openapi.json": openapi.document, "asyncapi.json": asyncapi.document}
"""Files of docs/, and what makes each."""


def text(name: str) -> str:
    return json.dumps(MADE[name](), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    for name in MADE:
        (DOCS / name).write_text(text(name), encoding="utf-8")
        print("wrote", f"docs/{name}")
