"""What Grafana would make of deploy/grafana: its files, and its variables replaced in their queries."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import quote_plus

from tests.deploy.shipped import DEPLOY

FOLDER = DEPLOY / "grafana"
LANGUAGES = ("id", "en")
Json = dict[str, Any]


class Asked(NamedTuple):
    """A query: where it stands, what it asks."""

    board: str
    where: str
    text: str

    @property
    def name(self) -> str:
        return f"{self.board}: {self.where}"


def dashboards(language: str = "en") -> dict[str, Json]:
    """By the file's name."""
    paths = sorted((FOLDER / "dashboards" / language).glob("*.json"))
    return {path.stem: json.loads(path.read_text()) for path in paths}


def panels(dashboard: Json) -> list[Json]:
    return [panel for panel in dashboard["panels"] if panel["type"] != "row"]


def alerts(language: str = "en") -> list[Json]:
    made = json.loads((FOLDER / "alerting" / language / "nadi.json").read_text())
    return [rule for group in made["groups"] for rule in group["rules"]]


def asked(kind: str) -> Iterator[Asked]:
    """All queries of panels, variables, annotations and alert rules to a kind of source."""
    key = {"influxdb": "query", "prometheus": "expr"}[kind]
    for name, board in dashboards().items():
        for panel in panels(board):
            for target in panel["targets"]:
                if target["datasource"]["type"] == kind:
                    yield Asked(name, f"{panel['title']} {panel['id']}{target['refId']}", target[key])
        for what, listed in (("variable", board["templating"]), ("marks", board["annotations"])):
            for one in listed["list"]:
                if one.get("datasource", {}).get("type") == kind:
                    yield Asked(name, f"{what} {one['name']}", one["query"])
    for rule in alerts():
        for step in rule["data"]:
            if step["model"].get("datasource", {}).get("type") == kind:
                yield Asked("alerts", f"{rule['title']} {step['refId']}", step["model"][key])


def told(template: str, labels: Mapping[str, str]) -> str:
    """What Grafana's templates (Go's text/template) make of an annotation; of what they know that which ours use."""
    tokens = re.split(r"({{.*?}})", template)
    words, stack = list[str](), [(True, True)]
    """Of each condition that is open: whether its present branch is told, and whether one of its branches was."""
    for token in tokens:
        action = token.removeprefix("{{").removesuffix("}}").strip() if token.startswith("{{") else None
        outside = all(shown for shown, _ in stack[:-1])
        if action is None or action.startswith(("$", "urlquery ")):
            if outside and stack[-1][0]:
                words.append(token if action is None else _printed(action, labels))
        elif action == "end":
            stack.pop()
        elif action.startswith("if "):
            holds = _holds(action.removeprefix("if "), labels)
            stack.append((holds, holds))
        else:
            assert action.startswith("else"), action
            _, before = stack.pop()
            condition = action.removeprefix("else").strip().removeprefix("if ")
            holds = not before and (not condition or _holds(condition, labels))
            stack.append((holds, before or holds))
    assert len(stack) == 1, "a condition without its end"
    return "".join(words)


def _printed(action: str, labels: Mapping[str, str]) -> str:
    function, _, name = action.rpartition("$labels.")
    return quote_plus(labels[name]) if function.strip() == "urlquery" else labels[name]


def _holds(condition: str, labels: Mapping[str, str]) -> bool:
    found = re.fullmatch(r'(?:and \$labels\.\w+ \()?(eq|ne) \$labels\.(\w+) "([^"]*)"\)?', condition)
    assert found, condition
    equal = labels.get(found[2], "") == found[3]
    return equal if found[1] == "eq" else not equal and bool(labels.get(found[2]))


def filled_in(query: str, start: int, end: int, choices: Mapping[str, str]) -> str:
    """What Grafana sends for the time from `start` to `end` (ms)."""
    query = query.replace("$timeFilter", f"time >= {start}ms and time <= {end}ms").replace("$__interval", "1m")
    query = query.replace("${__from}", str(start)).replace("${__to}", str(end)).replace("now()", f"{end}ms")
    for name, value in choices.items():
        query = query.replace(f"${{{name}}}", value).replace(f"${name}", value)
    assert "$" not in query.replace("$/", ""), query
    return query


def walk(tree: Any) -> Iterator[tuple[str, Any]]:
    """Every key of a tree with its value."""
    if isinstance(tree, dict):
        for key, value in tree.items():
            yield key, value
            yield from walk(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from walk(value)
