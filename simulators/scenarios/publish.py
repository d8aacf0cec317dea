"""Writes the published schema: python -m simulators.scenarios.publish"""

from __future__ import annotations

import json
from pathlib import Path

from simulators.scenarios.schema import json_schema

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = ROOT / "docs" / "scenario.schema.json"


def published() -> str:
    """The text of docs/scenario.schema.json."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    SCHEMA.write_text(published())
    print(f"wrote {SCHEMA.relative_to(ROOT)}")
