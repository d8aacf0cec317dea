"""The page in Debian's Chromium, driven by Playwright; whatever the browser complains of is kept."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from types import TracebackType
from typing import Any, Final, Self

from playwright.async_api import Browser as Chromium
from playwright.async_api import ConsoleMessage, Error, Page, Playwright, async_playwright

from tests.process import require

DESKTOP: Final = (1440, 900)
PHONE: Final = (390, 844)
PATIENCE_MS: Final = 60_000
"""The page asks each quarter of a minute for what no stream tells it; only a test that hangs waits so long."""
_RESOURCE: Final = "Failed to load resource"


class Visit:
    """One tab. complaints: errors and warnings of its console, and exceptions; elsewhere: requests to other hosts."""

    def __init__(self, page: Page, base: str) -> None:
        self.page = page
        self.base = base.rstrip("/")
        self.complaints: list[str] = []
        self.elsewhere: list[str] = []
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", self._request)

    def _console(self, message: ConsoleMessage) -> None:
        # That a request failed is the browser's own note; pages that lose their server have to live with it.
        if message.type in ("error", "warning") and _RESOURCE not in message.text:
            self.complaints.append(message.text)

    def _request(self, request: Any) -> None:
        if not request.url.startswith((self.base, "data:", "blob:")):
            self.elsewhere.append(request.url)

    async def go(self, view: str = "#/", lang: str = "en", theme: str = "dark") -> None:
        """Open a view anew."""
        await self.page.goto(f"{self.base}/?lang={lang}&theme={theme}{view}")

    async def watch_shows(self, moment: datetime) -> None:
        """From here on, at each look; what is to be done in a while is done then all the same."""
        await self.page.clock.set_fixed_time(moment)

    async def text(self, selector: str = "body") -> str:
        return " ".join((await self.page.inner_text(selector)).split())

    async def sees(self, text: str, selector: str = "body") -> None:
        """Wait until `text` can be read there."""
        await self.page.locator(selector).filter(has_text=text).first.wait_for(timeout=PATIENCE_MS)

    async def mood(self, wanted: str) -> None:
        await self.page.wait_for_selector(f'body[data-mood="{wanted}"]', timeout=PATIENCE_MS)


class Browser:
    _playwright: Playwright
    _chromium: Chromium

    async def __aenter__(self) -> Self:
        path = require("chromium")
        self._playwright = await async_playwright().start()
        self._chromium = await self._playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-gpu"]
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self._chromium.close()
        await self._playwright.stop()

    @asynccontextmanager
    async def visit(self, base: str, size: tuple[int, int] = DESKTOP, **options: Any) -> AsyncIterator[Visit]:
        """A tab of a fresh profile on the page at `base`; at its end nothing may have gone wrong in it."""
        width, height = size
        usual: dict[str, Any] = {"locale": "en-GB", "timezone_id": "Asia/Jakarta"}
        context = await self._chromium.new_context(viewport={"width": width, "height": height}, **usual | options)
        context.set_default_timeout(PATIENCE_MS)
        made = Visit(await context.new_page(), base)
        try:
            yield made
            assert made.complaints == []
            assert made.elsewhere == []
        finally:
            with suppress(Error):  # the browser is gone already
                await context.close()
