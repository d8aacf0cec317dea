"""What the page says when it knows nothing, little, or something bad, in both languages."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import pytest

from pipeline.service import status
from pipeline.service.lifecycle import Service
from pipeline.web.assets import PAGE
from tests.page.browser import Browser, Visit
from tests.page.town import CITY, sensors, stopped, town

Said = dict[str, str]
languages = pytest.mark.parametrize("lang", ["id", "en"])

LOADING: Final = {"id": "Memuat…", "en": "Loading…"}
CALLING: Final = {"id": "Menghubungi nadi…", "en": "Calling nadi…"}
NEVER: Final = {"id": "Belum pernah terhubung.", "en": "Never reached so far."}
EMPTY: Final = {"id": "Belum ada data yang diterima.", "en": "No data has been received yet."}
STALE: Final = {"id": "Data terakhir 4 mnt lalu.", "en": "Last data 4 min ago."}
LOST: Final = {"id": "Halaman ini terus mencoba.", "en": "This page keeps trying."}
FAILED: Final = {"id": "Tidak dapat dimuat: busy", "en": "Can't be loaded: busy"}
NO_BROKER: Final = {"id": "Broker tidak terhubung: tidak ada data masuk.", "en": "The broker is not connected"}
FULL: Final = {"id": "nadi untuk sementara tidak menerima data lagi", "en": "nadi takes in nothing more at the moment"}
AHEAD: Final = {"id": "jam 60 mnt terlalu cepat", "en": "clock 60 min ahead"}
BEHIND: Final = {"id": "jam tertinggal 5 mnt", "en": "clock 5 min behind"}
NOTHING_TAKEN: Final = {"id": "Belum ada kirimannya yang diterima", "en": "Nothing that it has sent was ever taken"}
ALL_RIGHT: Final = {"id": "Tidak ada jam yang meleset", "en": "No clock is more than a minute off"}
NOON: Final = datetime(2026, 11, 22, 5, tzinfo=UTC)


async def held_back(visit: Visit, path: str) -> asyncio.Event:
    """Requests for `path` wait until the event is set."""
    let = asyncio.Event()

    async def wait(route: object) -> None:
        await let.wait()
        await route.continue_()  # type: ignore[attr-defined]

    await visit.page.route(path, wait)
    return let


@languages
async def test_loading_and_empty(browser: Browser, tmp_path: Path, lang: str) -> None:
    async with town(tmp_path, []) as place, browser.visit(place.address) as visit:
        let = await held_back(visit, "**/api/v1/events")
        await visit.watch_shows(NOON)
        await visit.go(lang=lang)
        await visit.sees(LOADING[lang], ".happening")
        await visit.watch_shows(NOON + timedelta(seconds=7))
        await visit.page.wait_for_timeout(1_500)  # it looks at its watch each second
        assert await visit.text("h1") == CALLING[lang]
        await visit.watch_shows(NOON + timedelta(seconds=9))
        await visit.sees(NEVER[lang], ".headline")
        let.set()
        await visit.mood("silent")
        await visit.sees(EMPTY[lang])


@languages
async def test_stale_lost_and_failed(browser: Browser, tmp_path: Path, lang: str) -> None:
    async with town(tmp_path, sensors(1), stopped()) as place, browser.visit(place.address) as visit:
        await place.say("waste/zona-1/waste-1", 240, fill=40.0)
        await visit.page.route("**/api/v1/ledger*", lambda route: route.fulfill(status=503, json={"error": "busy"}))
        await visit.go("#/health", lang=lang)
        await visit.sees(FAILED[lang], "[role=status]")
        await visit.go(lang=lang)
        await visit.sees(STALE[lang], ".headline")
        await visit.page.context.set_offline(True)
        place.service.city.live.hub.end()
        await visit.mood("lost")
        await visit.sees(LOST[lang], ".headline")


def trouble(service: Service) -> None:
    service.parts.subscriber.status.connected = False
    service.parts.subscriber.status.held = "/srv/nadi: no room on the disk"


@languages
async def test_what_is_wrong_with_nadi_itself(browser: Browser, tmp_path: Path, lang: str) -> None:
    async with town(tmp_path) as place, browser.visit(place.address) as visit:
        await place.speak()
        trouble(place.service)
        await visit.go(lang=lang)
        await visit.mood("blind")
        await visit.sees(NO_BROKER[lang], ".headline")
        await visit.sees(FULL[lang], ".headline")
        await visit.sees("/srv/nadi: no room on the disk", ".headline")
        await visit.go("#/health", lang=lang)
        await visit.sees(NO_BROKER[lang], ".problems")


@languages
async def test_clocks_that_are_off(browser: Browser, tmp_path: Path, lang: str) -> None:
    async with town(tmp_path) as place, browser.visit(place.address) as visit:
        await place.speak()
        await visit.go("#/health", lang=lang)
        await visit.sees(ALL_RIGHT[lang])
        await place.say("water/zona-1/fast", -3600, pressure=280.0)
        await place.say("water/zona-1/slow", 300, pressure=280.0)
        await visit.sees(AHEAD[lang], "li.warning")
        await visit.page.get_by_role("link", name="slow").click()
        await visit.sees(BEHIND[lang], ".device-page .chip")
        await visit.go(f"#/device/{CITY}/water/zona-1/fast", lang=lang)
        await visit.sees(AHEAD[lang], ".device-page .chip")
        await visit.sees(NOTHING_TAKEN[lang], ".device-page")


def test_every_problem_has_its_words() -> None:
    """Of each sentence that the status is made of, what stands in it being text and numbers."""
    source = Path(status.__file__).read_text()
    source = source[source.index("def _problems") : source.index("def _lag")]
    told = [re.sub(r'"\s+f?"', "", each) for each in re.findall(r'yield \(?\s*f?"((?:[^"]|"\s+f?")*)"', source)]
    told += re.findall(r'fromkeys\(f"([^"]*)"', source)
    assert len(told) >= 11
    forms = re.findall(r"\[/(.*)/, \"\w+\"\]", (PAGE / "parts" / "problems.js").read_text())
    patterns = [re.compile(form.replace("(?<", "(?P<")) for form in forms]
    matched = set()
    for sentence in told:
        # A number as Python writes it where the sentence counts; a word for all else.
        plain = re.sub(r"\{(?:lag:.0f|table\.\w+|len\([^)]*\)|OF_ONE_DEVICE|channel\['waiting'\])\}", "7", sentence)
        plain = re.sub(r"\{[^{}]*\}", "word", plain)
        fits = [number for number, pattern in enumerate(patterns) if pattern.fullmatch(plain)]
        assert fits, sentence
        matched.add(fits[0])
    assert matched | {0} == set(range(len(patterns))), "a form that nothing has any more"
