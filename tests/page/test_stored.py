"""The stored indicators on the page: the numbers of the store, added where they must be, and reached by keyboard."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from pipeline.history.indicators import Found, Question
from pipeline.reporting.words import NAMES, Language
from pipeline.web.assets import PAGE
from telemetry.errors import StoreError
from telemetry.indicators import INDICATORS, TABLE
from telemetry.series import DOMAINS
from tests.page.browser import DESKTOP, PHONE, Browser, Visit
from tests.page.months import clock, midnight, ms, two_months
from tests.page.town import town
from tests.web.kit import DAY, row, write

FIRST_PARTS = ".inside .split > div:first-child tbody tr"
"""Of an opened row: its zones, or cities."""
BAR = 50
LOSSES = {"domain": "water", "indicator": "non-revenue-water", "unit": "%"}


def starts() -> tuple[int, int, int]:
    """ms: of today, of this month and of the last one, in Jakarta."""
    month = midnight().replace(day=1)
    return ms(midnight()), ms(month), ms((month - timedelta(days=1)).replace(day=1))


def losses(numerator: float, denominator: float, **more: Any) -> dict[str, Any]:
    value = 100.0 * numerator / denominator
    return row(**LOSSES, numerator=numerator, denominator=denominator, value=value, **more)


def of_city(city: str = "3578", share: float = 12.5) -> Iterator[dict[str, Any]]:
    """A month so far and the last one, of the city and two zones, and ten days."""
    today, month, last = starts()
    for zone, part in (("*", share), ("Genteng", share - 10.0), ("Kali <b>", share + 10.0)):
        yield losses(part * 40, 4_000.0, city=city, zone=zone, period="month", time=month)
        yield losses(part * 20, 4_000.0, city=city, zone=zone, period="month", time=last)
    for ago in range(10):
        yield losses(30.0 if ago == 3 else 10.0, 100.0, city=city, time=today - ago * DAY)


async def shown(visit: Visit, view: str = "#/indicators", **more: str) -> None:
    await visit.go(view, **more)
    await visit.page.wait_for_selector(".stored .days")


async def cells(visit: Visit, selector: str) -> list[str]:
    return [" ".join(text.split()) for text in await visit.page.locator(selector).all_inner_texts()]


async def test_what_is_shown_is_what_is_stored(browser: Browser, tmp_path: Path) -> None:
    async with town(tmp_path, [], clock) as place, browser.visit(place.address) as visit:
        await write(place.service, *of_city())
        await shown(visit)
        line = visit.page.locator("[data-domain=water] [data-indicator=non-revenue-water]")
        assert await line.locator(".present").inner_text() == "12.5 %"
        assert await line.locator(".last").inner_text() == "6.3 %"
        assert await line.locator(".present").get_attribute("title") == "500 / 4,000"
        assert "meets ≤ 20 %" in await line.locator(".target").inner_text()
        assert await line.locator(".course").inner_text() == "10 % to 30 %"
        assert await line.locator("path.missed").count() == 1
        await line.locator("button").click()
        await visit.page.wait_for_selector(".inside [href*=zone]")
        assert await cells(visit, FIRST_PARTS) == [
            "Kali <b> 22.5 % 900 4,000 11.3 %",
            "Genteng 2.5 % 100 4,000 1.3 %",
        ]
        days = await cells(visit, ".inside .split > div:last-child tbody tr")
        assert len(days) == 10
        assert days[3].endswith(" 30 % 30 100")


async def test_cities_are_added_by_numerator_and_denominator_or_one_is_chosen(browser: Browser, tmp_path: Path) -> None:
    async with town(tmp_path, [], clock, cities={"3515": "Sidoarjo"}) as place, browser.visit(place.address) as visit:
        _, month, _ = starts()
        of_two = (
            losses(10.0, 100.0, period="month", time=month),
            losses(900.0, 900.0, city="3515", period="month", time=month),
        )
        await write(place.service, *of_two, losses(1.0, 10.0, time=month))
        await shown(visit)
        present = visit.page.locator("[data-indicator=non-revenue-water] .present")
        assert await present.inner_text() == "91 %", "910 of 1,000, and not the mean of 10 and 100 %"
        assert await present.get_attribute("title") == "910 / 1,000"
        await visit.page.click(".indicator button")
        await visit.sees("Sidoarjo", ".inside")
        assert await cells(visit, FIRST_PARTS) == [
            "Sidoarjo 100 % 900 900 –",
            "3578 10 % 10 100 –",
        ]
        await visit.page.select_option("select", "3578")
        await visit.sees("10 %", ".present")
        assert visit.page.url.endswith("#/indicators/*/3578")


async def test_a_row_opens_by_keyboard_and_stays_open(browser: Browser, tmp_path: Path) -> None:
    async with town(tmp_path, [], clock) as place, browser.visit(place.address) as visit:
        await write(place.service, *of_city())
        await shown(visit)
        button = visit.page.locator(".indicator button")
        await button.focus()
        for opened in ("true", "false", "true"):
            await visit.page.keyboard.press("Enter")
            await visit.page.wait_for_selector(f".indicator button[aria-expanded={opened}]")
        await visit.page.wait_for_timeout(2_500)  # it is drawn anew each second
        assert await visit.page.evaluate("document.activeElement.getAttribute('aria-expanded')") == "true"
        await visit.page.keyboard.press("Tab")
        assert await visit.page.evaluate("document.activeElement.getAttribute('role')") == "group"


async def test_what_does_not_fit_is_said_and_a_domain_has_more(
    browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.web.api.MOST_INDICATORS", 500)
    place_of = {"city": "3578", "zone": "zona-1"}
    rows = [
        {**place_of, "domain": domain, "device": f"d-{number}", "indicator": name, "value": number, "unit": "%"}
        for domain, name, size in (("waste", "fill_forecast", 600), ("disaster", "ispu", 3))
        for number in range(size)
    ]
    async with town(tmp_path, [], clock) as place, browser.visit(place.address) as visit:
        monkeypatch.setattr("pipeline.processing.chain.Chain.indicators", lambda _: rows)
        await visit.go("#/indicators")
        await visit.sees("These are 500 of 603 rows; choose a domain to see more.")
        await visit.sees("200 of 497 rows: the highest values")
        await visit.go("#/indicators/disaster")
        await visit.sees("3 rows")
        assert "These are" not in await visit.text()


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("en", ("so far", "Last 30 days", "misses ≤ 20 %")),
        ("id", ("sejauh ini", "30 hari terakhir", "belum ≤ 20 %", "22,5 %")),
    ],
)
async def test_on_a_phone_nothing_is_cut_off(
    browser: Browser, tmp_path: Path, lang: str, words: tuple[str, ...]
) -> None:
    async with town(tmp_path, [], clock) as place, browser.visit(place.address, PHONE) as visit:
        await write(place.service, *of_city(share=22.5))
        await shown(visit, lang=lang, theme="light")
        for word in words:
            assert word in (await visit.page.text_content("main") or "")
        await visit.page.click(".indicator button")
        await visit.sees("Genteng", ".inside")
        assert await visit.page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
        present = await visit.page.locator(".indicator .present").bounding_box()
        course = await visit.page.locator(".indicator .course").bounding_box()
        assert present is not None
        assert course is not None
        assert present["x"] + present["width"] <= PHONE[0]
        assert course["y"] >= present["y"] + present["height"] - 1, "below the number"


@pytest.mark.parametrize(("size", "theme"), [(DESKTOP, "light"), (PHONE, "dark")])
async def test_every_indicator_has_its_row(
    browser: Browser, tmp_path: Path, request: pytest.FixtureRequest, size: tuple[int, int], theme: str
) -> None:
    """With `--pictures docs/pictures` the picture of docs/indicators.md is made anew."""
    pictures = Path(request.config.getoption("--pictures") or tmp_path) if size == DESKTOP else tmp_path
    async with town(tmp_path, [], clock) as place, browser.visit(place.address, size) as visit:
        await write(place.service, *two_months())
        await shown(visit, theme=theme)
        rows = "[...document.querySelectorAll('.indicator')].map((each) => each.dataset.key)"
        domains = {each.name: (each.domain,) if each.domain else DOMAINS for each in TABLE}
        expected = {f"{domain}/{indicator}" for indicator in domains for domain in domains[indicator]}
        assert set(await visit.page.evaluate(rows)) == expected
        assert await visit.page.evaluate("document.documentElement.scrollWidth") <= size[0]
        await visit.page.click("[data-indicator=non-revenue-water] button")
        await visit.sees("Wonokromo", ".inside")
        await visit.page.mouse.move(0, 0)
        told = visit.page.locator("[data-domain=water] [data-indicator=non-revenue-water] .present")
        parts = [int(text.split()[-4].replace(",", "")) for text in await cells(visit, FIRST_PARTS)]
        assert f"{sum(parts):,} / " in (await told.get_attribute("title") or ""), "the city is the sum of its zones"
        await visit.page.wait_for_timeout(500)
        width, height = size
        await visit.page.screenshot(
            path=pictures / "indicators.png", clip={"x": 0, "y": BAR, "width": width, "height": height - BAR}
        )


class Failing:
    """A store that can't answer until it is mended."""

    name = place = "historian"
    broken = True

    async def added(self, question: Question) -> Found:
        return await self.indicators(question)

    async def indicators(self, question: Question) -> Found:
        if self.broken:
            raise StoreError("the disk is on fire")
        return Found([], [])


async def test_what_the_store_says_when_it_fails_and_when_it_is_empty(
    browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with town(tmp_path, [], clock) as place, browser.visit(place.address) as visit:
        assert place.service.city is not None
        store = Failing()
        monkeypatch.setattr(place.service.city.stored, "store", lambda: store)
        await visit.go("#/indicators")
        await visit.sees("The store does not answer: the disk is on fire")
        store.broken = False
        await visit.sees("No day has been stored yet.")
        await visit.sees("Known right now")


@pytest.mark.parametrize("language", ["en", "id"])
def test_an_indicator_is_called_as_in_the_report(language: Language) -> None:
    """But for the classes of air, which the report has under a heading of their own."""
    block = (PAGE / f"words.{language}.js").read_text("utf-8").partition("storedNames: {")[2].partition("\n  },")[0]
    told = {line.split(":")[0].strip(' "'): line for line in block.strip().splitlines()}
    assert told.keys() == INDICATORS.keys()
    for name, text in NAMES[language].items():
        places = [told[name].index(f'"{part}"') for part in text if part] if text.of else []
        assert all(one < other for one, other in pairwise(places)), name
