"""What an operator does on the page: signs in, decides by keyboard, is written down, signs out."""

from __future__ import annotations

from pathlib import Path

from tests.page.browser import Browser, Visit
from tests.page.town import PASSWORD, town, users


async def sign_in(visit: Visit, name: str, password: str = PASSWORD) -> None:
    await visit.page.fill("[name=name]", name)
    await visit.page.fill("[name=password]", password)
    await visit.page.keyboard.press("Enter")


async def tab_to(visit: Visit, selector: str) -> None:
    """Press Tab until what `selector` names has the focus, as somebody without a mouse would."""
    for _ in range(60):
        await visit.page.keyboard.press("Tab")
        if await visit.page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"Tab never reaches {selector}")


async def test_an_incident_is_handled_by_keyboard_alone(browser: Browser, tmp_path: Path) -> None:
    async with town(tmp_path) as place, browser.visit(place.address) as visit:
        await place.speak(200)
        await place.trouble()
        await visit.go()
        await visit.sees("Bin fire")
        await tab_to(visit, ".incident h3 a")
        await visit.page.keyboard.press("Enter")
        await visit.page.wait_for_selector('[data-state="unacknowledged"]')
        await tab_to(visit, '[data-command="acknowledge"]')
        await visit.page.keyboard.press("Enter")
        await visit.page.wait_for_selector('[data-state="acknowledged"]')
        await tab_to(visit, '[data-command="comment"]')
        await visit.page.keyboard.press("Enter")
        await visit.page.wait_for_selector("textarea:focus")
        await visit.page.keyboard.press("Escape")
        await visit.page.wait_for_selector('[data-command="comment"]:focus')
        await visit.page.keyboard.press("Enter")
        await visit.page.wait_for_selector("textarea:focus")
        await visit.page.keyboard.type("regu berangkat")
        await visit.page.keyboard.press("Tab")
        await visit.page.keyboard.press("Enter")
        await visit.sees("regu berangkat", ".timeline")
        await visit.page.wait_for_selector('[data-command="comment"]:focus')
        await tab_to(visit, '[data-command="shelve"]')
        await visit.page.keyboard.press("Enter")
        await visit.page.fill("textarea", "latihan")
        await visit.page.click("form .primary")
        await visit.page.wait_for_selector('[data-state="shelved"]')
        await visit.go("#/incidents")
        await visit.sees("latihan", "[data-shelf=shelved]")
        await visit.page.click('[data-shelf="shelved"] [data-command="unshelve"]')
        await visit.page.wait_for_selector("[data-shelf]", state="detached")
        await visit.go("#/audit")
        await visit.sees("regu berangkat", "table")
        # What the stream has told already may be under way in the audit still.
        outcomes = "[...document.querySelectorAll('tbody tr')].map((row) => row.lastElementChild.innerText).join()"
        await visit.page.wait_for_function(f"{outcomes} === '✓,✓,✓,✓'")
        rows = await visit.page.locator("tbody tr").all_inner_texts()
        assert [row.split("\t")[2] for row in rows] == ["brought back", "shelved", "commented", "acknowledged"]
        assert {row.split("\t")[5] for row in rows} == {"✓"}


async def test_signing_in_and_out(browser: Browser, tmp_path: Path) -> None:
    http = {"listen": "127.0.0.1:0", "users_file": str(users(tmp_path))}
    async with town(tmp_path, http=http) as place, browser.visit(place.address) as visit:
        await visit.page.goto(f"{visit.base}/?lang=en#/incidents")
        await visit.page.wait_for_url("**/sign-in#/incidents")
        await sign_in(visit, "budi", "wrong")
        await visit.page.wait_for_selector(".said.bad:not(:empty)")
        await sign_in(visit, "budi")
        await visit.page.wait_for_url("**/#/incidents")
        await visit.page.wait_for_selector("#sign-out")
        (cookie,) = await visit.page.context.cookies()
        assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")
        assert await visit.page.evaluate("document.cookie") == ""
        await visit.page.click("#sign-out")
        await visit.page.wait_for_url("**/sign-in")
        await visit.page.goto(visit.base)
        await visit.page.wait_for_url("**/sign-in*")


async def test_a_viewer_sees_and_changes_nothing(browser: Browser, tmp_path: Path) -> None:
    http = {"listen": "127.0.0.1:0", "users_file": str(users(tmp_path))}
    async with town(tmp_path, http=http) as place, browser.visit(place.address) as visit:
        await place.speak(200)
        await place.trouble()
        await visit.page.goto(f"{visit.base}/?lang=en")
        await visit.page.wait_for_url("**/sign-in*")
        await sign_in(visit, "siti")
        await visit.page.wait_for_selector("#sign-out")
        await visit.page.wait_for_selector(".incident")
        assert await visit.page.locator("[data-command]").count() == 0
        await visit.page.click(".incident h3 a")
        await visit.page.wait_for_selector(".incident-page")
        assert await visit.page.locator("[data-command]").count() == 0


async def test_the_sentence_too_is_in_the_chosen_language(browser: Browser, tmp_path: Path) -> None:
    async with town(tmp_path) as place, browser.visit(place.address) as visit:
        await place.speak(200)
        await place.trouble()
        await visit.go()
        await visit.sees("Fire in the bin", ".incident .reason")
        await visit.page.click(".incident h3 a")
        await visit.sees("Fire in the bin", "dd.reason")
        await visit.sees("Fire in the bin", ".timeline")
        await visit.page.click("#language")
        await visit.sees("Kebakaran di tempat sampah", "dd.reason")
        await visit.sees("Kebakaran di tempat sampah", ".timeline")
