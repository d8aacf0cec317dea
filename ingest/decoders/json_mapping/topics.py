"""Topic templates: what the levels of a topic say.

city/{domain}/{site}/{device}/{quantity}     each field one level
[/]city/{site}[/{floor}]/{device}            a part in brackets may be missing, a leading slash too
plant/{area*}/sensors/{device}/#             a splat is any number of levels, `#` at the end too
+/meter-{serial}/{quantity}                  `+` is a level that says nothing; a field may be part of one
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

_TOKEN: Final = re.compile(
    r"\{(?P<field>[^{}]*)\}|(?P<open>\[)|(?P<close>\])|(?P<wild>[+#])|(?P<text>[^{}\[\]+#]+)|(?P<bad>.)", re.DOTALL
)
_FIELD: Final = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(\*?)")
LONGEST_REMEMBERED: Final = 256
"""Characters; many longer ones would fill the memory."""
MAX_TOPICS: Final = 50_000
"""Topics remembered; beyond that all are forgotten and read anew."""


class Template:
    """One compiled template. Raises ValueError, saying what is wrong with it."""

    def __init__(self, template: str) -> None:
        self.template = template
        self.fields: list[str] = []
        self._pattern = re.compile(self._translate(template), re.DOTALL)

    def match(self, topic: str) -> dict[str, str] | None:
        """The fields of a topic; those of missing parts are not in it. None if the topic is another."""
        found = self._pattern.fullmatch(topic)
        return None if found is None else {name: text for name, text in found.groupdict().items() if text is not None}

    def _translate(self, template: str) -> str:
        if not template:
            raise ValueError("a topic template can't be empty")
        depth, splats, pieces = 0, 0, []
        for token in _TOKEN.finditer(template):
            if token["field"] is not None:
                pattern, splat = self._field(token["field"])
                splats += splat
                pieces.append(pattern)
            elif token["open"]:
                depth += 1
                pieces.append("(?:")
            elif token["close"]:
                depth -= 1
                pieces.append(")?")
            elif token["wild"]:
                pieces.append(self._wild(template, token))
                splats += token["wild"] == "#"
            elif token["text"]:
                pieces.append(re.escape(token["text"]))
            if token["bad"] or depth < 0:
                raise ValueError(f"{template!r}: {token[0]!r} at {token.start()} has no other half")
        if depth:
            raise ValueError(f"{template!r}: `[` without its `]`")
        if splats > 1:
            raise ValueError(f"{template!r}: at most one splat or #; with two, nothing says where one ends")
        return "".join(pieces)

    def _field(self, name: str) -> tuple[str, bool]:
        found = _FIELD.fullmatch(name)
        if found is None:
            raise ValueError(f"{self.template!r}: {{{name}}} is not a field; one is a word, with * after it a splat")
        if found[1] in self.fields:
            raise ValueError(f"{self.template!r}: {{{found[1]}}} comes twice")
        self.fields.append(found[1])
        return f"(?P<{found[1]}>{'.+' if found[2] else '[^/]+'})", bool(found[2])

    @staticmethod
    def _wild(template: str, token: re.Match[str]) -> str:
        if token["wild"] == "+":
            return "[^/]*"
        if token.end() != len(template) or (token.start() and template[token.start() - 1] != "/"):
            raise ValueError(f"{template!r}: # stands for whole levels at the end")
        return ".*"


class Topics:
    """Several templates, of which the first that fits reads a topic; each topic is read once."""

    def __init__(self, templates: Sequence[str]) -> None:
        self._templates = [Template(template) for template in templates]
        self._read: dict[str, Mapping[str, str] | None] = {}

    @property
    def fields(self) -> set[str]:
        return {name for template in self._templates for name in template.fields}

    def match(self, topic: str) -> Mapping[str, str] | None:
        """The fields of a topic; none without templates. None if no template fits."""
        if not self._templates:
            return {}
        try:
            return self._read[topic]
        except KeyError:
            pass
        found = next((fields for each in self._templates if (fields := each.match(topic)) is not None), None)
        if len(topic) <= LONGEST_REMEMBERED:
            if len(self._read) >= MAX_TOPICS:
                self._read.clear()
            self._read[topic] = found
        return found

    def remembered(self) -> int:
        """Topics kept so far."""
        return len(self._read)
