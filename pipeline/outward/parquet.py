"""A page as a Parquet file, which DuckDB writes."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import duckdb
import numpy as np

from pipeline.outward.page import Page
from telemetry.errors import StoreError
from telemetry.units import canonical_unit

PIECE: Final = 65_536
"""Bytes."""


def write(page: Page) -> Iterator[bytes]:
    """Times are TIMESTAMP in UTC, absent numbers NULL. Raises StoreError where there is no room for the file."""
    with tempfile.TemporaryDirectory(prefix="nadi-") as folder:
        path = Path(folder, "page.parquet")
        try:
            _copy(page, path)
        except (duckdb.Error, OSError) as error:
            raise StoreError(f"the Parquet file can't be made in {folder}: {error}") from error
        with path.open("rb") as file:
            while piece := file.read(PIECE):
                yield piece


def _copy(page: Page, path: Path) -> None:
    columns: dict[str, Any] = {
        name: np.array([getattr(identity, name) for identity in page.identities], dtype=object)
        for name in ("city", "domain", "zone", "device", "quantity")
    }
    units = [canonical_unit(identity.domain, identity.quantity) for identity in page.identities]
    columns["unit"] = np.array(units, dtype=object)
    columns["moment"] = page.time
    for name, column in page.fields.items():
        columns[name] = np.ma.masked_less(column, 0) if name == "expected" else np.ma.masked_invalid(column)
    time = "make_timestamp(moment * 1000)"
    time = f"{time} AS time" if page.length is None else f"{time} AS start, {int(page.length)}::BIGINT AS length"
    names = ", ".join(f'"{name}"' for name in page.fields)
    texts = ", ".join(f"{name}::VARCHAR AS {name}" for name in ("city", "domain", "zone", "device", "quantity", "unit"))
    with duckdb.connect(":memory:", config={"threads": 1, "memory_limit": "256MB"}) as database:
        database.register("page", columns)
        # The path is ours and holds no quote.
        database.execute(f"COPY (SELECT {texts}, {time}, {names} FROM page) TO '{path}' (FORMAT parquet)")  # noqa: S608
