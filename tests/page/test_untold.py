"""An operator sees that nobody is told, for then nobody else knows either."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.alerting.store import AlertStore
from pipeline.service.lifecycle import wall_clock
from tests.page.browser import Browser
from tests.page.town import town
from tests.process import free_port
from tests.sinks.alerts.kit import notice

WORDS = "Alerts duty reach nobody"


@pytest.mark.parametrize("waits", [True, False])
async def test_a_channel_that_reaches_nobody_is_named(browser: Browser, tmp_path: Path, waits: bool) -> None:
    dead = {"name": "duty", "type": "webhook", "url": f"http://127.0.0.1:{free_port()}/hook"}
    (tmp_path / "state").mkdir()
    store = AlertStore(tmp_path / "state" / "alerts.sqlite")
    store.take("duty", 0, (), (), [notice(time=wall_clock())] if waits else [])
    store.close()
    async with town(tmp_path, alerts=[dead]) as place, browser.visit(place.address) as visit:
        await place.speak()
        await visit.go()
        await visit.sees(f"{WORDS}, 1 waiting" if waits else "Broker connected", ".trust")
        assert (WORDS in await visit.text(".trust")) is waits
        await visit.go("#/health")
        await visit.sees("Alerts over duty wait (1): Cannot connect" if waits else "No problems.")
