"""Expressions that find values in a document: JMESPath, the plainest of it done directly.

JMESPath is specified at https://jmespath.org/specification.html. A path of nothing but names and indices
(`data.channels[0].value`), and a text compared with what one finds (`kind == 'level'`), are a tenth of the
work when they are followed without its interpreter.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

import jmespath
from jmespath.exceptions import JMESPathError

Find = Callable[[Any], Any]
"""The value in a document, None where there is none. Raises NotFound where the expression can't be used on it."""

_PLAIN: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\[\d{1,6}\])*(?:\.[A-Za-z_][A-Za-z0-9_]*(?:\[\d{1,6}\])*)*")
_COMPARED: Final = re.compile(rf"\s*({_PLAIN.pattern})\s*(==|!=)\s*'([^'\\]*)'\s*")
_STEP: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*|\d+")


class NotFound(ValueError):
    """An expression that fails on a document."""


def compile_path(expression: str) -> Find:
    """Raises ValueError for what is no JMESPath, with what is wrong and where."""
    if expression.strip() == "@":
        return _whole
    if _PLAIN.fullmatch(expression):
        return _plain(expression)
    compared = _COMPARED.fullmatch(expression)
    if compared is not None:
        return _compare(_plain(compared[1]), compared[3], compared[2] == "==")
    try:
        compiled = jmespath.compile(expression)
    except (JMESPathError, ValueError, TypeError, IndexError, AttributeError, RecursionError) as error:
        raise ValueError(f"{expression!r} is not JMESPath: {' '.join(str(error).split())}") from None
    return _search(expression, compiled)


def _whole(document: Any) -> Any:
    return document


def _plain(path: str) -> Find:
    steps: list[str | int] = [int(step) if step.isdigit() else step for step in _STEP.findall(path)]
    match steps:
        case [str(key)]:
            return _member(key)
    return _walk(steps)


def _compare(find: Find, text: str, equal: bool) -> Find:
    return lambda document: (find(document) == text) is equal


def _member(key: str) -> Find:
    def find(document: Any) -> Any:
        return document.get(key) if type(document) is dict else None

    return find


def _walk(steps: list[str | int]) -> Find:
    def find(document: Any) -> Any:
        for step in steps:
            if type(document) is dict:
                document = document.get(step)
            elif type(document) is list and type(step) is int and step < len(document):
                document = document[step]
            else:
                return None
        return document

    return find


def _search(expression: str, compiled: Any) -> Find:
    def find(document: Any) -> Any:
        try:
            return compiled.search(document)
        except Exception as error:  # whatever its functions make of what devices send
            raise NotFound(f"{expression!r} fails: {' '.join(str(error).split())[:200]}") from None

    return find
