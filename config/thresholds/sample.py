"""Makes `thresholds.sample.yaml` and `docs/thresholds.md` from the models: python -m config.sample

A test compares the two files with what this module makes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from pydantic.fields import FieldInfo

from config.describe import allowed, flow, written
from config.settings import Section
from config.thresholds.model import SiteThresholds
from config.thresholds.scope import scope_of

ROOT: Final = Path(__file__).resolve().parent.parent.parent
SAMPLE: Final = ROOT / "thresholds.sample.yaml"
REFERENCE: Final = ROOT / "docs" / "thresholds.md"

_SAMPLE_HEAD = """\
# All thresholds of the domain analytics, with their defaults. Made from config/thresholds/ by
# `python -m config.sample`; what each allows and where it comes from: docs/thresholds.md.
#
# Copy it, keep what you change, and name the copy in the settings:  thresholds: thresholds.yaml
# A key that is commented out has the value shown. [D]: a starting value of our own.
# Try a change on what is stored first:  ./nadi backtest --from … --to … --set water.burst.z=5
"""

_SAMPLE_SITES = """
# What differs at a site, by city/zone or city/zone/device; the nearest wins.
sites:
  #3578/Genteng: {water: {night: {population: 12000}}}
"""

_REFERENCE_HEAD = """\
# Thresholds

Made from `config/thresholds/` by `python -m config.sample`; change them there.

What the domain analytics watch for, and from where on an operator should know. They come from a YAML
file that the settings name (`thresholds: thresholds.yaml`; all of it with its defaults:
[thresholds.sample.yaml](../thresholds.sample.yaml)); a key is written below its sections, as in

```yaml
water:
  burst: {z: 5}
sites:
  3578/Genteng: {water: {night: {population: 12000}}}
  3578/Genteng/meter-01: {water: {burst: {samples: 5}}}
```

Under `sites` stands what differs in a zone (`city/zone`) or at a device (`city/zone/device`): a device's
values lie over its zone's, and these over the city's. Not every key can differ everywhere, least where
sensors are judged together: the tables say whether it can be set for a `device` (and its zone, and the city),
for a `zone` (and the city), or for the `city` only. Every unknown key, every value that is not allowed and
every key of a site that can't differ there is named with its line, and the exit code is 2.
How to choose them, and to try a change on what is stored: [detection.md](detection.md#choosing-thresholds).

Values are in canonical units. In brackets stands where a value comes from; **[D]** is a starting value of
our own, to be tuned with the site's data.
"""


def sample() -> str:
    """thresholds.sample.yaml: valid thresholds, every key in it, with what it means."""
    return _SAMPLE_HEAD + "".join(_sample_section(SiteThresholds, 0)) + _SAMPLE_SITES


def _sample_section(model: type[Section], depth: int) -> Iterator[str]:
    indent = "  " * depth
    for name, field in model.model_fields.items():
        inner = _section(field)
        if inner is None:
            yield from _sample_key(indent, name, field)
            continue
        about = (inner.__doc__ or "").strip().splitlines()[0]
        yield f"\n# {about}\n" if depth == 0 else f"{indent}# {about}\n"
        yield f"{indent}{name}:\n"
        yield from _sample_section(inner, depth + 1)


def _sample_key(indent: str, name: str, field: FieldInfo) -> Iterator[str]:
    default = _default(field)
    comment = f"# {field.description}" if field.description else ""
    if isinstance(default, Mapping) and default:
        yield f"{indent}#{name}:".ljust(38) + f" {comment}".rstrip() + "\n"
        for key, value in default.items():
            yield f"{indent}#  {key}: {flow(value)}\n"
        return
    yield f"{f'{indent}#{name}: {written(field, default)}':<38} {comment}".rstrip() + "\n"


def reference() -> str:
    """docs/thresholds.md: a table a section."""
    return _REFERENCE_HEAD + "".join(_reference_section(SiteThresholds, ()))


def _reference_section(model: type[Section], key: tuple[str, ...]) -> Iterator[str]:
    plain = {name: field for name, field in model.model_fields.items() if _section(field) is None}
    if key:
        yield f"\n{'#' * min(len(key) + 1, 4)} `{'.'.join(key)}`\n\n{_about(model)}\n"
    if plain:
        yield "\n| key | default | allowed | for a | meaning, source |\n|---|---|---|---|---|\n"
        for name, field in plain.items():
            cells = (f"`{name}`", _shown(field), allowed(field), scope_of(model, name), field.description or "")
            yield f"| {' | '.join(map(_cell, cells))} |\n"
    for name, field in model.model_fields.items():
        inner = _section(field)
        if inner is not None:
            yield from _reference_section(inner, (*key, name))


def _shown(field: FieldInfo) -> str:
    default = _default(field)
    if isinstance(default, Mapping):
        return ", ".join(f"`{name}`" for name in default) or "none"
    return f"`{written(field, default)}`"


def _section(field: FieldInfo) -> type[Section] | None:
    annotation = field.annotation
    return annotation if isinstance(annotation, type) and issubclass(annotation, Section) else None


def _default(field: FieldInfo) -> Any:
    return field.get_default(call_default_factory=True)


def _about(model: type[Section]) -> str:
    """All of the docstring, on one line."""
    return " ".join((model.__doc__ or "").split())


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
