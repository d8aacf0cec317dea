#!/usr/bin/env python3
"""Write the dashboards and alert rules out of the tables in `boards/`, in both languages.

    python deploy/grafana/build.py                         # dashboards/{id,en}/, alerting/{id,en}/
    python deploy/grafana/build.py --language en           # one language alone
    python deploy/grafana/build.py --folder ELSEWHERE      # to compare

What is written is committed; a test compares. Only the standard library is needed.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any, get_args

from boards import alerts, device, disaster, energy, incidents, overview, pipeline, province, waste, water
from boards.board import dashboard
from boards.words import Language, spoken

BOARDS = (
    overview.BOARD,
    water.BOARD,
    energy.BOARD,
    waste.BOARD,
    disaster.BOARD,
    device.BOARD,
    incidents.BOARD,
    pipeline.BOARD,
    province.BOARD,
)
LANGUAGES: tuple[Language, ...] = get_args(Language)


def files(language: Language) -> dict[str, Any]:
    """What to write, by path."""
    made = {f"dashboards/{language}/{board.name}.json": dashboard(board) for board in BOARDS}
    made[f"alerting/{language}/nadi.json"] = alerts.provisioned()
    return {path: spoken(tree, language) for path, tree in made.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description="Write Grafana's dashboards and alert rules.")
    parser.add_argument("--language", choices=LANGUAGES, action="append", help="default: all")
    parser.add_argument("--folder", type=Path, default=Path(__file__).parent, help="default: beside this file")
    given = parser.parse_args()
    for language in given.language or LANGUAGES:
        for name, tree in files(language).items():
            path = given.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(tree, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
