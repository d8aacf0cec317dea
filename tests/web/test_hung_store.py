"""A store that takes questions and never answers: only who asks it waits, and not for long."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator

import pytest

from config.settings import InfluxSettings
from pipeline.history.asking import Asking
from pipeline.history.indicators import InfluxIndicators
from pipeline.history.indicators import Question as IndicatorQuestion
from pipeline.outward.influx import InfluxPages
from pipeline.outward.page import Names, Query
from pipeline.web.past import InfluxPast, SeriesDesk
from telemetry.errors import NadiError
from telemetry.series import Identity

FLOW = Identity("3578", "water", "Genteng", "meter-07", "flow")
QUESTIONS = 40
"""More than any pool of threads has."""
SOON = 30.0
"""s; with the threads of the loop the answer took 60."""


@pytest.fixture
def hung() -> Iterator[InfluxSettings]:
    with socket.create_server(("127.0.0.1", 0), backlog=QUESTIONS) as server:
        yield InfluxSettings(url=f"http://127.0.0.1:{server.getsockname()[1]}", api="v1", database="city")


async def test_what_hangs_holds_up_no_other_work(hung: InfluxSettings) -> None:
    asking = Asking(most=2, seconds=0.5)
    past, pages = InfluxPast(hung, asking), InfluxPages(hung, asking)
    asked = [asyncio.ensure_future(past.readings(FLOW, 0, 3_600_000)) for _ in range(QUESTIONS)]
    whole = Query(Names(), 0, 3_600_000, None, 10)
    later = asyncio.ensure_future(pages.page(whole))
    days = InfluxIndicators(hung, asking).indicators(IndicatorQuestion("day", 0, 3_600_000, {}, 10))
    await asyncio.sleep(0)
    async with asyncio.timeout(SOON):
        await asyncio.to_thread(lambda: None)
        told = await asyncio.gather(*asked, later, days, return_exceptions=True)
    assert {type(each) for each in told} == {NadiError}
    words = [str(each) for each in told]
    assert sum("does not answer within" in each for each in words) == 2
    assert sum("busy with other questions" in each for each in words) == QUESTIONS


async def test_a_place_is_free_again_when_its_thread_returns() -> None:
    asking = Asking(most=1, seconds=0.2)
    goes_on = threading.Event()
    with pytest.raises(NadiError, match="does not answer within"):
        await asking.ask("influx", goes_on.wait)
    with pytest.raises(NadiError, match="busy"):
        await asking.ask("influx", lambda: 1)
    asking.seconds = SOON
    goes_on.set()
    assert await asking.ask("influx", lambda: 2) == 2
    with pytest.raises(ZeroDivisionError):
        await asking.ask("influx", lambda: 1 / 0)
    assert await asking.ask("influx", lambda: 3) == 3


async def test_who_leaves_takes_nothing_along() -> None:
    asking = Asking(most=1, seconds=SOON)
    goes_on = threading.Event()
    gone = asyncio.ensure_future(asking.ask("influx", goes_on.wait))
    await asyncio.sleep(0)
    gone.cancel()
    goes_on.set()
    assert await asking.ask("influx", lambda: 1) == 1


def test_the_end_does_not_wait_for_it() -> None:
    begun, goes_on, hanging = threading.Event(), threading.Event(), list[threading.Thread]()

    def hang() -> None:
        hanging.append(threading.current_thread())
        begun.set()
        goes_on.wait(SOON)

    async def run() -> None:
        asyncio.ensure_future(Asking().ask("influx", hang))  # noqa: RUF006
        await asyncio.to_thread(begun.wait, SOON)

    asyncio.run(run())
    assert hanging[0].is_alive()
    goes_on.set()


async def test_a_chart_is_told_in_words_that_its_store_is_slow(hung: InfluxSettings) -> None:
    desk = SeriesDesk(lambda: InfluxPast(hung, Asking()), lambda: [60_000], lambda each: None, "UTC", seconds=0.2)
    with pytest.raises(NadiError, match=r"influx\) does not answer within 0.2 s"):
        await desk.past(FLOW, 0, 3_600_000)
