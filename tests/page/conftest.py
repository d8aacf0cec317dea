"""Fixtures of the page's tests: a Chromium for each."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.page.browser import Browser


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """Debian's Chromium without a window; each visit is a profile of its own."""
    async with Browser() as made:
        yield made
