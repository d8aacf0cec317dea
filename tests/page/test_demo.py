"""`./nadi demo` in a browser: the story appears by itself, is handled, and what was decided survives a restart.

With `--pictures docs/pictures` the screenshots of the README are made anew.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.page.browser import DESKTOP, PHONE, Browser, Visit
from tests.process import free_port

STORY = ("bin-fire", "river-stage", "outage", "burst", "gateway-lost")
STORY_SECONDS = 200
SETTLES_MS = 1_500
PICTURES = {"page.png", "page-light.png", "page-incident.png", "page-phone.png", "page-phone-incident.png"}


@contextmanager
def demo(folder: Path, port: int) -> Iterator[str]:
    """A running demo's address; ended by Ctrl-C, cleanly."""
    command = [sys.executable, "-m", "pipeline", "demo", "--port", str(port), "--state-dir", str(folder / "state")]
    with (folder / "demo.log").open("a+") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            deadline = time.monotonic() + 120
            while "Page: " not in (folder / "demo.log").read_text():
                running = process.poll() is None and time.monotonic() < deadline
                assert running, (folder / "demo.log").read_text()
                time.sleep(0.1)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.send_signal(signal.SIGINT)
            assert process.wait(120) == 0, (folder / "demo.log").read_text()[-3000:]
            (folder / "demo.log").unlink()


async def appear(visit: Visit, kinds: tuple[str, ...], seconds: float) -> None:
    """Wait, without a reload, until incidents of all these kinds are on the page."""
    for kind in kinds:
        await visit.page.wait_for_selector(f'.incident[data-kind="{kind}"]', timeout=seconds * 1000)


async def picture(visit: Visit, folder: Path, name: str, *, whole: bool = False) -> None:
    """One of what is shown, when what moves has come to rest. whole: beyond the lower edge, too."""
    await visit.page.wait_for_timeout(SETTLES_MS)
    await visit.page.screenshot(path=folder / name, full_page=whole)


def made_in(folder: Path) -> set[str]:
    return {path.name for path in folder.glob("page*.png")}


async def test_the_story_of_the_demo(browser: Browser, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    pictures = Path(request.config.getoption("--pictures") or tmp_path)
    port = free_port()
    with demo(tmp_path, port) as address:
        async with browser.visit(address) as visit:
            await visit.go("#/incidents")
            await appear(visit, STORY, STORY_SECONDS)
            await visit.go(lang="id")
            await visit.mood("critical")
            await picture(visit, pictures, "page.png", whole=True)
            await visit.go(lang="en", theme="light")
            await picture(visit, pictures, "page-light.png", whole=True)
            await visit.page.click('.incident[data-kind="burst"] h3 a')
            await visit.page.wait_for_selector(".chart canvas")
            await picture(visit, pictures, "page-incident.png", whole=True)
            await visit.page.click('.lead [data-command="acknowledge"]')
            await visit.page.wait_for_selector('[data-state="acknowledged"]')
            incident = visit.page.url.partition("#")[2]
        async with browser.visit(address, PHONE) as visit:
            await visit.go(lang="id")
            await visit.mood("critical")
            await picture(visit, pictures, "page-phone.png")
            await visit.go(f"#{incident}", lang="id")
            await visit.page.wait_for_selector(".chart canvas")
            await picture(visit, pictures, "page-phone-incident.png")
    with demo(tmp_path, port) as address:
        async with browser.visit(address, DESKTOP) as visit:
            await visit.go(f"#{incident}")
            await visit.page.wait_for_selector('[data-kind="burst"]')
            await visit.sees("acknowledged this computer", ".timeline")
            await visit.go("#/audit")
            await visit.sees(incident.rpartition("/")[2], "table")
    assert made_in(pictures) == PICTURES
