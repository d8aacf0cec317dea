"""Writes `nadi.sample.yaml` and `docs/settings.md` from the models, and the same of the thresholds:

    python -m config.sample

A test compares the files with what is made.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import get_args

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from config.describe import allowed, is_choice, is_list, section_of, written
from config.settings import Section, Settings
from config.thresholds import sample as thresholds

ROOT = Path(__file__).resolve().parent.parent
SAMPLE = ROOT / "nadi.sample.yaml"
REFERENCE = ROOT / "docs" / "settings.md"

_EXAMPLES = {("historian", "path"): "state/history.duckdb"}
"""The keys that the sample sets: without a store it would be refused."""

_LISTS = {
    "decoders": """\
# - {format: chirpstack, city: "3578", domain: water, zone: "{application}"}
# - {format: senml-json, topics: [meters/+/senml], city: "3578", domain: energy, zone: "{2}"}
""",
    "alerts": """\
# - {name: wall, type: mqtt}
# - {name: duty, type: telegram, token_file: /run/secrets/bot, chat: "-1001", severity: critical, repeat: 30m}
# - {name: head, type: email, host: mail.example.org, sender: nadi@example.org, to: [head@example.org], after: 15m}
""",
}
"""What one would write in lists of sections."""

_SAMPLE_HEAD = """\
# All settings of nadi, with their defaults. Made from config/settings.py by `python -m config.sample`.
#
# Copy it, keep what you change, and check it:  ./nadi check --config nadi.yaml
# A key that is commented out has the value shown. Every key can come from the environment instead,
# with NADI_ before it and two underscores between levels: NADI_MQTT__URL, NADI_WINDOWS="1m,15m,1h".
# Beside every secret a *_file key names a file that holds it. Paths start at the working directory.
"""

_REFERENCE_HEAD = """\
# Settings

Made from `config/settings.py` by `python -m config.sample`; change it there.

Settings come from a YAML file (`./nadi run --config nadi.yaml`) and from the environment, which wins:
every key with `NADI_` before it and two underscores between levels, such as `NADI_MQTT__URL` or
`NADI_LIMITS__MAX_SERIES`. Lists are written with commas or as JSON: `NADI_WINDOWS="1m,15m,1h"`. An empty
variable counts as not given. Secrets can be kept in files of their own, named by the `*_file` key beside
each. Paths start at the working directory.

`./nadi check --config nadi.yaml` reads settings and catalogue without a network. It names every unknown
key, every value that is not allowed, and settings that can't work together; its exit code is then 2.

Durations are a number and a unit (`ms`, `s`, `m`, `h`, `d`: `90s`, `1h30m`); sizes a number and a unit
(`kB`, `MB`, `GB`, `TB`, or `KiB`, `MiB`, `GiB`, `TiB`). At least one of `influx` and `historian` must be set.
"""


def sample() -> str:
    """nadi.sample.yaml: valid settings, every key in it, with what it means and allows."""
    return _SAMPLE_HEAD + "".join(_sample_top())


def _sample_top() -> Iterator[str]:
    in_section = True
    for name, field in Settings.model_fields.items():
        model = section_of((name,))
        if model is None:
            yield "\n" * in_section + _line(field, f"#{name}: {written(field, field.default)}")
            in_section = False
            continue
        in_section = True
        yield f"\n# {_first_line(model)}\n"
        if is_list(field):
            yield f"#{name}: []\n{_LISTS[name]}"
            continue
        if _optional(field):
            yield "# Not set while all its keys are commented out.\n"
        yield f"{name}:\n"
        for key, inner in model.model_fields.items():
            example = _EXAMPLES.get((name, key))
            yield _line(inner, f"  {key}: {example}" if example else f"  #{key}: {written(inner, inner.default)}")


def _line(field: FieldInfo, text: str) -> str:
    """A key with its value, and beside it what it means; the words allowed, where there are but a few."""
    choices = allowed(field) if is_choice(field) else ""
    return f"{text:<38} # {'; '.join(part for part in (choices, field.description) if part)}\n"


def _optional(field: FieldInfo) -> bool:
    return type(None) in get_args(field.annotation)


def _first_line(model: type[Section]) -> str:
    return (model.__doc__ or "").strip().splitlines()[0]


def reference() -> str:
    """docs/settings.md: a table a section."""
    top = {name: field for name, field in Settings.model_fields.items() if section_of((name,)) is None}
    text = _REFERENCE_HEAD + "\n## Top level\n\n" + _table(top)
    for name, field in Settings.model_fields.items():
        model = section_of((name,))
        if model is not None:
            absent = " Not set by default." if _optional(field) else ""
            if is_list(field):
                absent = " A list; empty by default. The first whose topics fit takes a message."
            text += f"\n## `{name}`\n\n{_first_line(model)}{absent}\n\n" + _table(model.model_fields)
            for key, inner in model.model_fields.items():
                if is_list(inner) and (deeper := section_of((name, key))):
                    text += f"\n### `{name}`: `{key}`\n\n{_first_line(deeper)}\n\n" + _table(deeper.model_fields)
    return text


def _table(fields: dict[str, FieldInfo]) -> str:
    rows = ["| key | default | allowed | meaning |", "|---|---|---|---|"]
    for name, field in fields.items():
        default = "required" if field.default is PydanticUndefined else f"`{written(field, field.default)}`"
        rows.append(f"| `{name}` | {default} | {_cell(allowed(field))} | {_cell(field.description or '')} |")
    return "\n".join(rows) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    made = {
        SAMPLE: sample(),
        REFERENCE: reference(),
        thresholds.SAMPLE: thresholds.sample(),
        thresholds.REFERENCE: thresholds.reference(),
    }
    for path, text in made.items():
        path.write_text(text)
    print("wrote", ", ".join(str(path.relative_to(ROOT)) for path in made))
