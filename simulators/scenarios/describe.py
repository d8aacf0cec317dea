"""What a scenario's key allows, in words, from its JSON Schema."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from config.problems import Key
from simulators.scenarios.schema import json_schema

_PLAIN = {"string": "text", "integer": "a whole number", "number": "a number", "boolean": "true or false"}
_BOUNDS = {
    "minimum": "at least {}",
    "exclusiveMinimum": "above {}",
    "maximum": "at most {}",
    "exclusiveMaximum": "below {}",
    "maxLength": "at most {} characters",
    "pattern": "matching {}",
}
Node = Mapping[str, Any]


@cache
def _root() -> Node:
    return json_schema()


def node_at(key: Key) -> Node | None:
    """The schema of what stands at `key`, or None if nothing may."""
    node: Node | None = _root()
    for part in key:
        node = _inside(_resolve(node), part) if node is not None else None
    return _resolve(node) if node is not None else None


def _resolve(node: Node) -> Node:
    """Follow a reference, or the one alternative that is not null."""
    if "$ref" in node:
        return _resolve(_root()["$defs"][node["$ref"].rsplit("/", 1)[-1]])
    chosen = [one for one in node.get("anyOf", ()) if one.get("type") != "null"]
    return _resolve(chosen[0]) if len(chosen) == 1 and "$comment" not in node else node


def _inside(node: Node, part: str | int) -> Node | None:
    if isinstance(part, int):
        found = node.get("items")
    else:
        found = node.get("properties", {}).get(part, node.get("additionalProperties"))
    return found if isinstance(found, Mapping) else None


def keys_at(key: Key) -> list[str]:
    """The keys that a section allows."""
    node = node_at(key)
    if node is None:
        return []
    return list(node.get("properties", node.get("propertyNames", {}).get("enum", ())))


def allowed_at(key: Key) -> str | None:
    """'a duration (number and unit: ms, s, m, h or d), like 90s'"""
    node: Node | None = None
    while key and node is None:
        node = node_at(key)
        key = key[:-1]
    return None if node is None else _words(node)


def _words(node: Node) -> str:
    node = _resolve(node)
    if "$comment" in node:
        return str(node["$comment"])
    if "enum" in node:
        return "one of " + ", ".join(str(word) for word in node["enum"])
    if node.get("type") == "array":
        return f"a list; each item {_words(node['items'])}"
    if "properties" in node:
        return f"a section with the keys {', '.join(node['properties'])}"
    if node.get("type") == "object":
        names = node.get("propertyNames", {}).get("enum")
        return "a section" + (f" with keys among {', '.join(names)}" if names else "")
    bounds = [text.format(node[name]) for name, text in _BOUNDS.items() if name in node]
    return ", ".join([_PLAIN.get(str(node.get("type")), "a value"), *bounds])
