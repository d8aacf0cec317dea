"""Where each stored reading is, as a sink tells it: stored = earlier + delivered + pending + dropped + …"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipeline.delivery.account import Account
from pipeline.service.lifecycle import Service
from tests.pipeline.kit import NOW, processed, running, send, settings, until


def check(service: Service, **expected: int) -> dict[str, dict[str, int]]:
    """The equation at this moment, and for the historian the numbers that are given."""
    told = service.ledger()
    for name, account in told["sinks"].items():
        assert told["all"]["stored"] == sum(account.values()), (name, told)
    sinks: dict[str, dict[str, int]] = told["sinks"]
    assert sinks["historian"].items() >= expected.items()
    return sinks


def some(first: int, number: int) -> list[tuple[str, dict[str, Any]]]:
    return [
        ("water/a/d1", {"ts": NOW - 60_000 + each, "values": {"flow": 1.0}}) for each in range(first, first + number)
    ]


async def test_an_account_goes_on_over_restarts_and_new_sinks_know_what_was_before_them(tmp_path: Path) -> None:
    dead = {"url": "http://127.0.0.1:1", "api": "v1"}
    async with running(Service(settings(tmp_path), clock=lambda: NOW)) as service:
        await send(service, *some(0, 50), *some(0, 5))
        await processed(service)
        await until(lambda: service.parts.runners[0].pending == 0)
        check(service, delivered=50, pending=0, earlier=0)
    both = settings(tmp_path, influx=dead, shutdown_timeout="1s")
    for number in (1, 2):
        async with running(Service(both, clock=lambda: NOW)) as service:
            await until(service.parts.processing.caught_up.is_set)
            sinks = check(service)
            assert sinks["historian"]["delivered"] == 50 + 10 * (number - 1)
            await send(service, *some(50 + 10 * number, 10))
            await processed(service)
            await until(lambda: service.parts.runners[1].pending == 0)
            sinks = check(service, delivered=50 + 10 * number)
            assert sinks["influx"]["pending"] == 50 + 10 * number, "exactly, however much there is"


async def test_the_equation_holds_at_every_moment(tmp_path: Path) -> None:
    async with running(Service(settings(tmp_path), clock=lambda: NOW)) as service:
        for number in range(20):
            await send(service, *some(10 * number, 12))
            await until(lambda: check(service) and service.parts.processing.cursor >= service.parts.gate.last)
        await until(lambda: check(service)["historian"]["pending"] == 0)
        check(service, delivered=202)


@pytest.mark.parametrize("earlier", [None, 100])
def test_what_a_store_refuses_and_what_the_log_lost_is_told_apart(earlier: int | None) -> None:
    account = Account(earlier)
    account.pass_by(10, 0, 110)
    assert account == Account(100, delivered=10)
    account.pass_by(10, 3, 125)
    assert account == Account(100, delivered=17, quarantined=3, damaged=5)
    assert account.passed == 125


def test_repeats_whose_flags_were_lost_are_not_counted() -> None:
    account = Account(0)
    account.pass_by(12, 0, 10)
    assert account == Account(0, delivered=10)


def test_an_older_log_counts_what_it_gives() -> None:
    account = Account()
    account.pass_by(10, 1, -1)
    assert (account.delivered, account.quarantined, account.passed) == (9, 1, None)
    account.pass_by(5, 0, 40)
    assert account == Account(25, delivered=14, quarantined=1)


def test_when_the_ledger_began_anew_the_account_does(caplog: pytest.LogCaptureFixture) -> None:
    account = Account(0, delivered=1000)
    account.pass_by(10, 0, 30)
    assert account == Account(20, delivered=10)
    assert "began anew" in caplog.text


def test_totals_come_back_as_they_were() -> None:
    for account in (Account(), Account(1, 2, 3, 4, 5)):
        assert Account.of(account.totals()) == account
