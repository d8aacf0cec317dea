"""The page over a real nadi: what it says when all is well, when something is wrong, and when it knows nothing."""

from __future__ import annotations

import asyncio
import re
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from pipeline.web import live
from telemetry.sensors import Sensor
from telemetry.series import Identity
from tests.page.browser import PHONE, Browser
from tests.page.town import CITY, sensors, stopped, town
from tests.pipeline.kit import until


async def test_a_quiet_town_is_called_well(browser: Browser, tmp_path: Path) -> None:
    async with town(tmp_path) as place, browser.visit(place.address) as visit:
        await place.speak()
        await visit.go()
        await visit.mood("well")
        for text in ("The city is well", "Kota Uji", "No open incidents", "All 24 devices are sending", "280 kPa"):
            await visit.sees(text)
        await visit.page.wait_for_selector(".zone")
        assert await visit.page.locator("path.dot").count() >= 4
        assert await visit.page.locator(".zone").count() == 3
        assert await visit.page.title() == "The city is well · Kota Uji · nadi"


async def test_an_incident_comes_without_being_asked_for(browser: Browser, tmp_path: Path) -> None:
    async with town(tmp_path) as place, browser.visit(place.address) as visit:
        await place.speak(200)
        await visit.go()
        await visit.sees("No open incidents")
        await place.trouble()
        await visit.sees("zona-1", ".incident")
        assert "Bin fire – zona-1" in await visit.text(".happening")
        assert "Send the fire brigade" in await visit.text(".happening")
        await visit.page.wait_for_selector(".zone.critical")
        assert await visit.page.locator(".zone.critical").count() == 1
        await visit.mood("critical")
        await visit.page.click(".incident h3 a")
        await visit.sees("Timeline")
        await visit.page.wait_for_selector(".chart canvas")
        await visit.page.click(".members a")
        await visit.page.wait_for_selector(".device-page .chart canvas")
        await visit.sees("temperature", ".device-page")


async def test_incidents_beyond_the_greeting_are_counted_and_found(
    browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "GREETED_INCIDENTS", 1)
    async with town(tmp_path) as place, browser.visit(place.address) as visit:
        await place.speak(200)
        zones = {f"zona-{number}" for number in (1, 2, 3)}
        for zone in zones:
            await place.trouble(zone)
        await until(lambda: len(place.service.parts.incidents.listing()) == len(zones))
        await visit.page.route("**/api/v1/incidents", lambda route: route.abort())
        await visit.go("#/incidents")
        await visit.sees("Open (3)")
        await visit.sees("and 2 more")
        assert await visit.text(".badge") == "3"
        for each in place.service.parts.incidents.listing():
            await visit.go(f"#/incident/{each['id']}")
            await visit.sees(f"Bin fire – {each['zone']}", "h1")
        await visit.go("#/incident/bin-fire-none")
        await visit.sees("This incident is not known")
        await visit.page.unroute("**/api/v1/incidents")
        await visit.go("#/incidents")
        await visit.page.reload()
        await visit.page.wait_for_function("() => document.querySelectorAll('.incident').length === 3")
        shown = await visit.text("main")
        assert all(zone in shown for zone in zones)
        assert "more" not in shown


async def test_what_is_over_is_counted_beyond_the_greeting(
    browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "GREETED_INCIDENTS", 1)
    async with town(tmp_path) as place, browser.visit(place.address) as visit:
        await place.speak(200)
        for number in (1, 2, 3):
            await place.trouble(f"zona-{number}")
        incidents = place.service.parts.incidents
        await until(lambda: len(incidents.listing()) == 3)
        for each in incidents.listing()[:2]:
            incidents.register.close(incidents.known.incidents[each["id"]])
        await visit.go("#/incidents")
        await visit.sees("Open (1)")
        await visit.sees("Over (24 h) (2)")


async def test_a_rivers_flood_has_its_name_its_gauges_and_their_course(browser: Browser, tmp_path: Path) -> None:
    """It is of no single city."""
    gauge = Identity("3171", "disaster", "Manggarai", "manggarai", "river_level")
    catalogue = [*sensors(), Sensor(gauge, lat=-6.2, lon=106.85, interval=10_000)]
    async with town(tmp_path, catalogue) as place, browser.visit(place.address) as visit:
        await place.speak(200)
        for ago in (120, 60, 12, 6, 1):
            await place.say("disaster/Manggarai/manggarai", ago, "3171", river_level=960.0)
        await until(lambda: [each["kind"] for each in place.service.parts.incidents.listing()] == ["river-stage"])
        await visit.go()
        await visit.sees("Flood: river rising – Ciliwung", ".incident h3")
        await visit.page.click(".incident h3 a")
        await visit.page.wait_for_selector(".chart canvas")
        await visit.page.click(".members a")
        await visit.page.wait_for_selector(".device-page .chart canvas")
        await visit.sees("river level", ".device-page")
        await visit.go("#/zone/3171/Manggarai")
        await visit.sees("Ciliwung", ".incident h3")


async def test_a_zone_is_told_with_its_city_where_there_are_several(browser: Browser, tmp_path: Path) -> None:
    other = Identity("3171", "water", "zona-1", "water-1", "pressure")
    catalogue = [*sensors(), Sensor(other, interval=10_000)]
    names = {CITY: "Surabaya"}
    async with town(tmp_path, catalogue, cities=names) as place, browser.visit(place.address) as visit:
        await place.speak(200)
        await place.say("water/zona-1/water-1", 1, "3171", pressure=280.0)
        await place.trouble("zona-1")
        await visit.go()
        await visit.sees("Bin fire – zona-1, Surabaya", ".incident h3")


async def test_what_is_old_says_so_and_a_fault_is_no_answer(browser: Browser, tmp_path: Path) -> None:
    async with town(tmp_path) as place, browser.visit(place.address) as visit:
        await place.speak()
        await visit.go("#/health")
        await visit.sees("Total", "table")
        await visit.page.route("**/api/v1/ledger*", lambda route: route.fulfill(status=503, json={"error": "busy"}))
        await visit.sees("Not up to date: busy", "[role=status]")
        await visit.sees("Total", "table")
        await visit.page.unroute("**/api/v1/ledger*")
        await visit.page.get_by_text("Not up to date").wait_for(state="detached")
        await visit.page.route("**/api/v1/device?*", lambda route: route.fulfill(status=503, json={"error": "busy"}))
        async with visit.page.expect_response("**/api/v1/device?*"):
            await visit.go(f"#/device/{CITY}/water/zona-1/water-1/pressure")
        await visit.sees("Loading", ".page")
        await visit.page.unroute("**/api/v1/device?*")
        await visit.sees("280 kPa", ".page")
        await visit.go(f"#/device/{CITY}/water/zona-1/none/pressure")
        await visit.sees("This device is not known.")


async def test_who_hears_the_page_hears_how_the_city_is_and_not_each_second(browser: Browser, tmp_path: Path) -> None:
    async with town(tmp_path) as place, browser.visit(place.address) as visit:
        await place.speak(120)
        await visit.go()
        await visit.mood("well")
        await visit.page.wait_for_selector(".zone")  # until then the map says that it comes
        heard = visit.page.locator("[aria-live], [role=status], [role=alert]")
        told = await heard.all_inner_texts()
        assert "The city is well. No incident needs anybody." in told
        shown = await visit.text(".stream")
        await visit.page.wait_for_function("shown => document.querySelector('.stream').innerText !== shown", arg=shown)
        assert await heard.all_inner_texts() == told
        await place.trouble()
        await visit.sees("Act now. Bin fire – zona-1", "#told")


async def test_times_are_the_citys_wherever_the_browser_is(browser: Browser, tmp_path: Path) -> None:
    jayapura = ZoneInfo("Asia/Jayapura")
    async with (
        town(tmp_path, timezone=jayapura.key) as place,
        browser.visit(place.address, timezone_id="America/New_York") as visit,
    ):
        await place.speak(200)
        await place.trouble()
        await visit.go()
        await visit.sees("Bin fire", ".happening")
        [found] = place.service.parts.incidents.listing()
        since = datetime.fromtimestamp(found["since"] / 1000, jayapura)
        assert await visit.text(".incident time") == f"{since:%H:%M}"
        assert await visit.page.get_attribute(".incident time", "title") == f"{since:%H:%M:%S}"
        assert (await visit.text(".clock")).endswith(" WIT")
        assert (await visit.text()).count("WIT") == 1
        await visit.go(f"#/incident/{found['id']}")
        opened = datetime.fromtimestamp(found["events"][-1]["time"] / 1000, jayapura)
        await visit.sees(f"{opened:%H:%M:%S}", ".timeline time")
        await visit.page.wait_for_selector(".chart canvas")


async def test_a_device_is_found_by_its_name(browser: Browser, tmp_path: Path) -> None:
    async with town(tmp_path) as place, browser.visit(place.address) as visit:
        await place.speak()
        await visit.go()
        await visit.page.fill("[type=search]", "nothing like it")
        await visit.sees("Nothing found.")
        await visit.page.fill("[type=search]", "ENERGY-2")
        await visit.page.wait_for_function("document.querySelectorAll('.found a').length === 3")
        await visit.page.keyboard.press("Tab")
        await visit.page.keyboard.press("Enter")
        await visit.sees("energy-2", "h1")
        await visit.sees("220 V", ".tile")


async def test_what_was_folded_stays_folded(browser: Browser, tmp_path: Path) -> None:
    async with town(tmp_path) as place, browser.visit(place.address) as visit:
        for step in (2, 1):  # a gauge's first stage needs a second reading to be believed
            await place.say("disaster/zona-1/katulampa", step, river_level=160.0)
        rows = place.service.parts.processing.chain.indicators
        await until(lambda: ("river_stage", 2.0) in {(row["indicator"], row["value"]) for row in rows()})
        await visit.go("#/indicators")  # which asks again after ten seconds only
        await visit.sees("2 Siaga", "details[open]")
        stage = visit.page.locator('details[data-key="disaster/river_stage"]')
        for folded in (True, False):
            await stage.locator("summary").click()
            await visit.page.wait_for_timeout(2_500)  # it is drawn anew each second
            assert (await stage.get_attribute("open") is None) == folded


async def test_a_town_that_has_said_nothing(browser: Browser, tmp_path: Path) -> None:
    async with town(tmp_path, []) as place, browser.visit(place.address) as visit:
        await visit.go()
        await visit.mood("silent")
        await visit.sees("No data has been received yet.")
        await visit.sees("No readings of this domain yet.")
        await visit.sees("The catalogue holds no coordinates")
        for view, text in (
            ("indicators", "No indicators yet"),
            ("health", "Nothing refused"),
            ("audit", "Nothing has"),
        ):
            await visit.go(f"#/{view}")
            await visit.sees(text)


async def test_old_data_is_called_old(browser: Browser, tmp_path: Path) -> None:
    async with town(tmp_path, sensors(1), stopped()) as place, browser.visit(place.address) as visit:
        await place.say("waste/zona-1/waste-1", 240, fill=40.0)
        await visit.go()
        await visit.sees("Last data 4 min ago.")
        await visit.page.wait_for_selector(".stream.lost, .stream.stale")


async def test_a_nadi_that_goes_away_is_missed_and_found_again(browser: Browser, tmp_path: Path) -> None:
    async with town(tmp_path) as place, browser.visit(place.address) as visit:
        await place.speak()
        await visit.go()
        await visit.mood("well")
        await visit.page.context.set_offline(True)
        place.service.city.live.hub.end()
        await visit.mood("lost")
        await visit.sees("This page keeps trying.")
        await visit.page.context.set_offline(False)
        await visit.mood("well")


@pytest.mark.parametrize(
    "view", ["#/%E0%A4%A", "#/toString", "#/__proto__/x", "#/device/a", "#/zone/x/y", "#/incident/none"]
)
async def test_odd_addresses_break_nothing(browser: Browser, tmp_path: Path, view: str) -> None:
    async with town(tmp_path) as place, browser.visit(place.address) as visit:
        await place.speak()
        await place.say("water/zona-1/constructor", 1, toString=3.0)
        await visit.page.goto(f"{visit.base}/?lang=toString&theme=__proto__{view}")
        await visit.page.wait_for_selector("h1, .state")
        await visit.go("#/device/3578/water/zona-1/constructor")
        await visit.sees("toString", ".tile")


async def test_names_stay_text(browser: Browser, tmp_path: Path) -> None:
    evil = "<img src=x onerror=document.title='owned'>"
    async with town(tmp_path, []) as place, browser.visit(place.address) as visit:
        await place.say(f"water/{evil.replace('/', '')}/{evil}", 1, pressure=3.0)
        await place.send_raw(f"water/z/{evil}", b"{<img src=x onerror=alert(1)>")
        for view in ("#/", "#/health", "#/indicators"):
            await visit.go(view)
            await visit.sees("data")
            assert await visit.page.locator("img[src=x]").count() == 0
        assert "owned" not in await visit.page.title()


@pytest.mark.parametrize(
    ("lang", "words"),
    [("id", ("Kota baik-baik saja", "Air", "Dapatkah data dipercaya?")), ("en", ("The city is well", "Water"))],
)
async def test_both_languages(browser: Browser, tmp_path: Path, lang: str, words: tuple[str, ...]) -> None:
    async with town(tmp_path) as place, browser.visit(place.address) as visit:
        await place.speak()
        await visit.go(lang=lang)
        for word in words:
            await visit.sees(word)
        assert await visit.page.get_attribute("html", "lang") == lang
        await visit.page.click("#language")
        assert await visit.page.get_attribute("html", "lang") != lang


async def test_dark_and_light_follow_the_system_until_one_chooses(browser: Browser, tmp_path: Path) -> None:
    async def ground() -> str:
        return str(await visit.page.evaluate("getComputedStyle(document.body).backgroundColor"))

    async with town(tmp_path) as place, browser.visit(place.address) as visit:
        await visit.page.emulate_media(color_scheme="light")
        await visit.page.goto(visit.base)
        await visit.sees("Dark", "#theme")
        light = await ground()
        await visit.page.click("#theme")
        assert await ground() != light
        await visit.page.reload()
        await visit.sees("Light", "#theme")
        assert await ground() != light


async def test_nothing_is_wider_than_a_phone(browser: Browser, tmp_path: Path) -> None:
    async with town(tmp_path) as place, browser.visit(place.address, PHONE) as visit:
        await place.speak(200)
        await place.trouble()
        for view in ("#/", "#/incidents", "#/health", "#/indicators", "#/audit", "#/device/3578/water/zona-1/water-1"):
            await visit.go(view)
            await visit.page.wait_for_selector("h1, h2")
            await asyncio.sleep(0.5)  # the last parts arrive
            assert await visit.page.evaluate("document.documentElement.scrollWidth") <= PHONE[0], view


async def test_what_was_refused_is_shown_with_its_payload(browser: Browser, tmp_path: Path) -> None:
    async with town(tmp_path) as place, browser.visit(place.address) as visit:
        await place.speak()
        await place.send_raw("water/zona-1/water-1", b'{"ts": "yesterday", "values"')
        await visit.go("#/health")
        await visit.sees("not JSON", ".letters")
        await visit.sees('{"ts": "yesterday"', "pre")
        await visit.sees("Balanced")
        assert re.search(r"Total 2\d 24 0 1", await visit.text("table"))
