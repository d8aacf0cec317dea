"""Writes the published schema: python -m ingest.decoders.json_mapping.publish"""

from __future__ import annotations

import json
from pathlib import Path

from ingest.decoders.json_mapping.model import MappingSpec

ROOT = Path(__file__).resolve().parents[3]
SCHEMA = ROOT / "docs" / "mapping.schema.json"


def published() -> str:
    """The text of docs/mapping.schema.json."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **MappingSpec.model_json_schema()}
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    SCHEMA.write_text(published())
    print(f"wrote {SCHEMA.relative_to(ROOT)}")
