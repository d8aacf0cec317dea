"""Templates of names, compiled: `{site}-{device}` filled from the fields of a record."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from config.formats import FIELD

Fields = Mapping[str, str]
Namer = Callable[[Fields], str | None]
"""A filled template, None where one of its fields is missing."""


def nameless(fields: Fields) -> str | None:
    """Of no template."""
    return None


def compile_name(template: str | None) -> Namer:
    if template is None:
        return nameless
    names = FIELD.findall(template)
    if not names:
        return lambda fields: template
    if template == f"{{{names[0]}}}":
        return lambda fields: fields.get(names[0])
    pieces = FIELD.split(template)

    def fill(fields: Fields) -> str | None:
        filled = list(pieces)
        for at in range(1, len(pieces), 2):
            text = fields.get(pieces[at])
            if text is None:
                return None
            filled[at] = text
        return "".join(filled)

    return fill
