"""The lines of a catalogue as cells of text, from CSV or from YAML."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from config.problems import Place, Problem, nearest, refuse, shown

NEEDED = ("city", "domain", "zone", "device", "quantity")
OPTIONAL = (
    "unit", "lat", "lon", "min", "max", "low", "high", "interval", "modulus", "counter",
    "climatology", "gateway", "name", "source", "key", "scale", "offset",
)  # fmt: skip
COLUMNS = (*NEEDED, *OPTIONAL)


@dataclass(frozen=True, slots=True)
class Row:
    """A line: every column -> text, stripped, empty where it is not given."""

    line: int
    cells: dict[str, str]


def read_rows(path: Path, problems: list[Problem]) -> Iterator[Row]:
    """The rows that can be read; the others go to `problems`. Raises SettingsError if none can."""
    source = str(path)
    readers = {".csv": _csv_rows, ".yaml": _yaml_rows, ".yml": _yaml_rows}
    if path.suffix.lower() not in readers:
        refuse([Problem((), "a catalogue's name ends in .csv, .yaml or .yml", Place(source))], "the catalogue")
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        refuse([Problem((), f"can't be read: {error.strerror}", Place(source))], "the catalogue")
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        refuse([Problem((), "is not UTF-8; save it as UTF-8", Place(source, line))], "the catalogue")
    else:
        yield from readers[path.suffix.lower()](text, source, problems)


def _csv_rows(text: str, source: str, problems: list[Problem]) -> Iterator[Row]:
    header = next((line for line in io.StringIO(text) if line.strip() and not line.startswith("#")), "")
    delimiter = max(",;\t", key=header.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    columns: list[str] = []
    absent: dict[str, str] = {}
    try:
        line = 1
        for cells in reader:
            start, line = line, reader.line_num + 1
            if not any(cells) or cells[0].startswith("#"):
                continue
            if not columns:
                columns = [cell.strip().lower() for cell in cells]
                _check_columns(columns, Place(source, start))
                absent = dict.fromkeys(set(COLUMNS) - set(columns), "")
            elif len(cells) != len(columns):
                found = f"{len(cells)} cells, but {len(columns)} columns; is something not in quotes?"
                problems.append(Problem((), found, Place(source, start)))
            else:
                yield Row(start, absent | dict(zip(columns, map(str.strip, cells), strict=True)))
    except csv.Error as error:
        problems.append(Problem((), f"is not CSV: {error}", Place(source, reader.line_num)))
    if not columns:
        _check_columns([], Place(source, 1))


def _check_columns(columns: list[str], place: Place) -> None:
    """The header's line. Without a good one no other line can be understood."""
    problems = [Problem((name,), f"the column is missing; needed: {', '.join(NEEDED)}", place) for name in NEEDED]
    problems = [problem for problem in problems if problem.key[0] not in columns]
    for index, name in enumerate(columns):
        if name not in COLUMNS:
            problems.append(Problem((), _unknown(name), place))
        elif name in columns[:index]:
            problems.append(Problem((name,), "the column is there twice", place))
    refuse(problems, "the catalogue")


def _unknown(name: str) -> str:
    meant = nearest(name, COLUMNS)
    hint = f"did you mean {meant}? " if meant else ""
    return f"{shown(name)} is not a column; {hint}allowed: {', '.join(COLUMNS)}"


def _yaml_rows(text: str, source: str, problems: list[Problem]) -> Iterator[Row]:
    """A list of mappings, with the columns' names as keys."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        root = yaml.compose(text, Loader=loader)
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        place = Place(source, mark.line + 1, mark.column + 1) if mark else Place(source)
        refuse([Problem((), f"not YAML: {getattr(error, 'problem', None) or error}", place)], "the catalogue")
        return
    if not isinstance(root, yaml.SequenceNode):
        text = "a catalogue is a list: lines like  - {city: ..., domain: water, zone: ..., device: ..., quantity: flow}"
        refuse([Problem((), text, Place(source, 1))], "the catalogue")
        return
    for item in root.value:
        row = _yaml_row(item, source, problems)
        if row is not None:
            yield row


def _yaml_row(item: yaml.Node, source: str, problems: list[Problem]) -> Row | None:
    line = item.start_mark.line + 1
    before = len(problems)
    cells = dict.fromkeys(COLUMNS, "")
    given: set[str] = set()
    if not isinstance(item, yaml.MappingNode):
        problems.append(Problem((), "each sensor is keys and values, like {city: ...}", Place(source, line)))
        return None
    for name, value in item.value:
        place = Place(source, name.start_mark.line + 1, name.start_mark.column + 1)
        if not isinstance(name, yaml.ScalarNode) or name.value not in COLUMNS:
            problems.append(Problem((), _unknown(str(name.value)), place))
        elif name.value in given:
            problems.append(Problem((name.value,), "given twice", place))
        elif not isinstance(value, yaml.ScalarNode):
            problems.append(Problem((name.value,), "one value is allowed, not a list or section", place))
        else:
            given.add(name.value)
            absent = value.style is None and value.value in {"null", "~"}
            cells[name.value] = "" if absent else value.value.strip()
    problems += [Problem((name,), "is required", Place(source, line)) for name in NEEDED if not cells[name]]
    return None if len(problems) > before else Row(line, cells)
