"""Grafana's arithmetic over the answers to queries, as far as our panels and alert rules use it (`__expr__`)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from operator import gt, lt
from typing import Any

Row = dict[str, Any]
Labels = tuple[tuple[str, str], ...]
Points = dict[int, float]
"""By time; of what is reduced, one at 0."""
Answer = dict[Labels, Points]


def series(rows: Sequence[Row]) -> Answer:
    """Rows of one number each as series with labels."""
    made: Answer = {}
    for row in rows:
        labels = tuple(sorted((name, text) for name, text in row.items() if isinstance(text, str) and name != "name"))
        (value,) = (number for name, number in row.items() if name != "time" and isinstance(number, int | float))
        made.setdefault(labels, {})[row["time"]] = float(value)
    return made


def worked_out(
    models: Sequence[Mapping[str, Any]], ask: Callable[[Mapping[str, Any]], Sequence[Row]]
) -> dict[str, Answer]:
    """By refId. models: queries and expressions, in their order."""
    known: dict[str, Answer] = {}
    for model in models:
        kind = model.get("type")
        if kind == "reduce":
            assert model["reducer"] == "last"
            known[model["refId"]] = {
                labels: {0: points[max(points)]} for labels, points in known[model["expression"]].items()
            }
        elif kind == "math":
            known[model["refId"]] = _percent(model["expression"], known)
        elif kind == "threshold":
            (condition,) = model["conditions"]
            beyond = {"lt": lt, "gt": gt}[condition["evaluator"]["type"]]
            (bound,) = condition["evaluator"]["params"]
            known[model["refId"]] = {
                labels: {0: float(beyond(points[0], bound))} for labels, points in known[model["expression"]].items()
            }
        else:
            known[model["refId"]] = series(ask(model))
    return known


def _percent(expression: str, known: Mapping[str, Answer]) -> Answer:
    found = re.fullmatch(r"100 \* \$(\w) / \$(\w)", expression)
    assert found, expression
    whole = known[found[2]]
    return {
        labels: {time: 100 * value / whole[labels][0] for time, value in points.items()}
        for labels, points in known[found[1]].items()
        if labels in whole
    }
