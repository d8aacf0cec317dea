"""Trees of settings from YAML and from the environment, every key with its place.

All scalars are kept as text, as they were written: whether `5` is a number, or `no` a word, is for
the models to say, not for YAML. So both sources are read by the same rules.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from config.problems import Key, Place, Problem

PREFIX = "NADI_"
NOT_OURS = re.compile(
    # Kubernetes names these after a service called nadi; then those of the compose files, of commands that ask a
    # running nadi, and of tests.
    r"NADI_(SERVICE_(HOST|PORT.*)|PORT(_.*)?|UID|GID|DATA|INFLUX_RETENTION|GRAFANA_LANGUAGE|MQTTS_LISTEN"
    r"|PASSWORD|TEST_.*|BENCH_.*|FUZZ_.*|FULL)"
)
_JSON_WORD = re.compile(r"true|false|-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?", re.ASCII)
_NULLS = {"", "null", "Null", "NULL", "~"}


@dataclass(slots=True)
class Tree:
    """`data`: nested dicts and lists of text or None; `places`: of every key and list item."""

    data: dict[str, Any] = field(default_factory=dict)
    places: dict[Key, Place] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def place(self, key: Key) -> Place | None:
        """Where `key` stands, or else the innermost section around it."""
        while key and key not in self.places:
            key = key[:-1]
        return self.places.get(key)


def from_yaml(text: bytes, source: str) -> Tree:
    """Parse settings; what can't be read at all becomes the tree's problems."""
    tree = Tree()
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Place(source, mark.line + 1, mark.column + 1) if mark else Place(source)
        tree.problems.append(Problem((), f"not YAML: {error.problem or error.context}", place))
        return tree
    except (yaml.YAMLError, RecursionError) as error:
        tree.problems.append(Problem((), f"not YAML: {' '.join(str(error).split())}", Place(source)))
        return tree
    if root is None:
        return tree
    if not isinstance(root, yaml.MappingNode):
        tree.problems.append(Problem((), "settings are keys and values, like `mqtt:`", _place(root, source)))
        return tree
    tree.data = _YamlReader(tree, source).mapping(root, ())
    return tree


def _place(node: yaml.Node, source: str) -> Place:
    return Place(source, node.start_mark.line + 1, node.start_mark.column + 1)


class _YamlReader:
    def __init__(self, tree: Tree, source: str) -> None:
        self.tree = tree
        self.source = source
        self.seen: set[int] = set()

    def mapping(self, node: yaml.MappingNode, key: Key) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for name, child in node.value:
            place = _place(name, self.source)
            if not isinstance(name, yaml.ScalarNode):
                self.tree.problems.append(Problem(key, "a key must be a word", place))
                continue
            inner = (*key, name.value)
            if name.value in values:
                first = self.tree.places[inner]
                self.tree.problems.append(Problem(inner, f"given twice; it is also in line {first.line}", place))
                continue
            self.tree.places[inner] = place
            values[name.value] = self.value(child, inner)
        return values

    def value(self, node: yaml.Node, key: Key) -> Any:
        if not node.tag.startswith("tag:yaml.org,2002:"):
            self.tree.problems.append(Problem(key, f"the tag {node.tag} is not allowed", _place(node, self.source)))
        if isinstance(node, yaml.ScalarNode):
            if node.style is not None:
                return node.value
            return _plain_word(node.value) if _in_mapping(key) else None if node.value in _NULLS else node.value
        if id(node) in self.seen:
            # A few aliases of aliases can stand for more than fits into memory.
            self.tree.problems.append(Problem(key, "anchors and aliases are not allowed", _place(node, self.source)))
            return None
        self.seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            return self.mapping(node, key)
        items = []
        for index, item in enumerate(node.value):
            self.tree.places[*key, index] = _place(item, self.source)
            items.append(self.value(item, (*key, index)))
        return items


def _in_mapping(key: Key) -> bool:
    """Whether a value stands in a document's mapping: there a number is a number, as in JSON, and ON is text."""
    return len(key) > 3 and (key[0], key[2]) == ("decoders", "mapping")


def _plain_word(text: str) -> Any:
    if text in _NULLS:
        return None
    if _JSON_WORD.fullmatch(text):
        return json.loads(text)
    return text


def overlay_environment(tree: Tree, environ: Mapping[str, str]) -> None:
    """Put NADI_MQTT__URL and its like over the tree. An empty variable counts as not given."""
    for variable in sorted(environ):
        if not variable.startswith(PREFIX) or NOT_OURS.fullmatch(variable) or not environ[variable].strip():
            continue
        key = tuple(variable.removeprefix(PREFIX).lower().split("__"))
        place = Place(f"environment variable {variable}")
        section = tree.data
        for depth, part in enumerate(key[:-1], start=1):
            inner = section.get(part)
            if isinstance(inner, str) and key[:depth] == ("historian",):
                inner = {"path": inner}
            section[part] = inner if isinstance(inner, dict) else {}
            section = section[part]
            tree.places.setdefault(key[:depth], place)
        section[key[-1]] = _scalar(environ[variable])
        for old in [other for other in tree.places if other[: len(key)] == key]:
            del tree.places[old]
        tree.places[key] = place


def _scalar(text: str) -> Any:
    """A whole section may come as a JSON object; lists are read by the models."""
    if text.lstrip().startswith("{"):
        try:
            return _as_text(json.loads(text))
        except (json.JSONDecodeError, RecursionError):
            return text
    return None if text in _NULLS else text


def _as_text(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _as_text(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_as_text(inner) for inner in value]
    return value if value is None or isinstance(value, str) else json.dumps(value)
