"""The mapping of the format `json`, from the settings or from a file of its own."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from telemetry.errors import SettingsError


class Document(dict[str, Any]):
    """What a file holds, and where in it each key stands."""

    def __init__(self, data: dict[str, Any], source: str, root: yaml.Node) -> None:
        super().__init__(data)
        self._source = source
        self._root = root

    def place(self, key: Sequence[str | int]) -> str:
        """File and line of a key, or of the innermost part around one that is not there."""
        node, mark = self._root, self._root.start_mark
        for part in key:
            if isinstance(node, yaml.MappingNode):
                found = next((pair for pair in node.value if pair[0].value == str(part)), None)
                if found is None:
                    break
                mark, node = found[0].start_mark, found[1]
            elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
                node = node.value[part]
                mark = node.start_mark
            else:
                break
        return f"{self._source}, line {mark.line + 1}"


class _Loader(yaml.SafeLoader):
    """YAML whose words mean what JSON's do: ON and 12:30 are text, and so is what stands before a colon."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        found: dict[Any, Any] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.constructor.ConstructorError(None, None, "a key must be a word", key.start_mark)
            if key.value in found:
                raise yaml.constructor.ConstructorError(None, None, f"{key.value} is given twice", key.start_mark)
            found[key.value] = self.construct_object(value, deep=True)
        return found


_Loader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("null", r"null|~|", ["n", "~", ""]),
    ("bool", r"true|false", ["t", "f"]),
    ("int", r"-?(?:0|[1-9][0-9]*)", list("-0123456789")),
    ("float", r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?", list("-0123456789")),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(rf"(?:{_pattern})\Z"), _first)


def load_mapping(mapping: Path | Mapping[str, Any] | None, key: str) -> Mapping[str, Any] | None:
    """The mapping itself, or what the file holds (YAML, which JSON is too). key: whose it is, for errors.
    Raises SettingsError."""
    if not isinstance(mapping, Path):
        return mapping
    try:
        text = mapping.read_bytes().decode()
        loader = _Loader(text)
        root = loader.get_single_node()
        document = loader.construct_document(root) if root is not None else None
    except OSError as error:
        raise SettingsError(f"{key}: {mapping} can't be read: {error.strerror}") from error
    except (UnicodeDecodeError, yaml.YAMLError, RecursionError) as error:
        raise SettingsError(f"{key}: {mapping} is not YAML: {' '.join(str(error).split())}") from error
    if root is None or not isinstance(document, dict):
        raise SettingsError(f"{key}: {mapping}: a mapping is keys and values")
    return Document(document, str(mapping), root)
