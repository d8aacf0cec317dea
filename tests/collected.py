"""What must hold of all tests that are collected; tests/conftest.py hands these hooks to pytest.

Each worker of pytest-xdist collects for itself, and none begins unless all have found the same tests under the same
ids, in the same order. So no id may hold what differs from process to process.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import pytest

ENCODED = re.compile(rb"[\w+/=-]{24}")
"""As long without a break as the shortest gzip in base64 is at least; its header holds the time of packing."""


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Bytes are told as they are only where they can be read; others are known by their place (`packed0`)."""
    if isinstance(val, (bytes, bytearray)) and not readable(bytes(val)):
        return argname
    return None


def readable(val: bytes) -> bool:
    return val.isascii() and val.decode().isprintable() and not ENCODED.search(val)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: Iterable[pytest.Item]) -> None:
    """Refuse what has no order, and what tests/run.py would not find. Raises UsageError."""
    for item in items:
        for mark in item.iter_markers("parametrize"):
            if isinstance(mark.args[1] if len(mark.args) > 1 else mark.kwargs.get("argvalues"), (set, frozenset)):
                raise pytest.UsageError(f"{item.nodeid}: each process has an order of its own for a set; sort it")
        if item.get_closest_marker("alone") and "pytest.mark.alone" not in item.path.read_text():
            raise pytest.UsageError(f"{item.nodeid}: is marked `alone` from elsewhere; write the mark into its file")
