"""The ledger's equations, as `/api/v1/ledger`, `/metrics` and `./nadi ledger` tell them at any moment."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from tests.end_to_end.process import ROOT, Nadi

OUTCOMES = ("stored", "duplicate", "rejected")


def ledger(nadi: Nadi) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(nadi.get("api/v1/ledger"))
    return answer


def check_balance(nadi: Nadi, stored: int | None = None) -> dict[str, Any]:
    """received = stored + duplicate + rejected: in all, by gateway, and their sum. Returns the ledger."""
    books = ledger(nadi)
    accounts = {"all": books["all"], "no gateway": books["no_gateway"], **books["gateways"]}
    for name, account in accounts.items():
        assert account["received"] == account["stored"] + account["duplicate"] + account["rejected"], (name, account)
        assert account["rejected"] == sum(account["reasons"].values()), (name, account)
    for outcome in ("received", "stored", "duplicate", "rejected"):
        parts = sum(account[outcome] for name, account in accounts.items() if name != "all")
        assert books["all"][outcome] == parts, (outcome, accounts)
    for outcome in OUTCOMES:
        assert books["all"][outcome] == sum(domain[outcome] for domain in books["domains"].values()), outcome
    if stored is not None:
        assert books["all"]["stored"] == stored
    return books


def check_numbers(nadi: Nadi) -> None:
    """No number of any gateway's counter is missing, and each that numbers its messages has one."""
    missing = {name: account["sequences"]["missing"] for name, account in ledger(nadi)["gateways"].items()}
    assert missing, "no gateway is known"
    assert not any(missing.values()), missing


def check_sink(nadi: Nadi, sink: str) -> dict[str, int]:
    """All that is stored is with the sink, or dropped or quarantined there; nothing waits, nothing is damaged."""
    account = check_accounts(nadi)[sink]
    assert (account["pending"], account["damaged"]) == (0, 0), account
    return account


def check_accounts(nadi: Nadi) -> dict[str, dict[str, int]]:
    """stored = earlier + delivered + pending + dropped + quarantined + damaged, for each sink. Returns these."""
    books = ledger(nadi)
    accounts: dict[str, dict[str, int]] = books["sinks"]
    for name, account in accounts.items():
        assert sum(account.values()) == books["all"]["stored"], (name, books["all"], account)
    return accounts


def check_metrics(nadi: Nadi) -> None:
    """`/metrics` balances in itself, and lies between the books before and after it, for they only grow."""
    before = ledger(nadi)
    told = metrics(nadi)
    after = ledger(nadi)
    by_outcome = {each: told.total("nadi_readings_total", outcome=each) for each in OUTCOMES}
    for outcome, number in by_outcome.items():
        assert before["all"][outcome] <= number <= after["all"][outcome], (outcome, by_outcome, before, after)
    assert by_outcome["rejected"] == told.total("nadi_rejects_total"), told.samples
    for name, account in before["gateways"].items():
        for outcome in OUTCOMES:
            number = told.total("nadi_gateway_readings_total", gateway=name, outcome=outcome)
            assert account[outcome] <= number <= after["gateways"][name][outcome], (name, outcome)
    for sink in before["sinks"]:
        settled = told.total("nadi_sink_points_total", sink=sink)
        assert settled + told.total("nadi_sink_pending", sink=sink) == by_outcome["stored"], (sink, told.samples)


def check_command(nadi: Nadi) -> None:
    """`./nadi ledger` tells what the books say; asked again while repeats of what is stored still come in."""
    command = [sys.executable, "-m", "pipeline", "ledger", "--json", "--url", f"http://127.0.0.1:{nadi.port}"]
    after = ledger(nadi)
    for _ in range(20):
        before = after
        said = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True, timeout=60).stdout
        after = ledger(nadi)
        if before == after:
            assert json.loads(said) == before
            return
    raise AssertionError(f"the books never rest: {before}, then {after}")


class Metrics:
    """One scrape. samples: (name, labels, value); a metric may be there without any."""

    def __init__(self, text: str) -> None:
        families = list(text_string_to_metric_families(text))
        self.samples = [(each.name, each.labels, each.value) for family in families for each in family.samples]
        self._names = {name for family in families for name in (family.name, f"{family.name}_total")}

    def total(self, name: str, **labels: str) -> float:
        """The sum of a metric's values with these labels. Raises AssertionError where there is no such metric."""
        assert name in self._names, name
        return sum(value for each, has, value in self.samples if each == name and _fits(has, labels))


def metrics(nadi: Nadi) -> Metrics:
    return Metrics(nadi.get("metrics").decode())


def _fits(has: Mapping[str, str], wanted: Mapping[str, str]) -> bool:
    return all(has.get(label) == value for label, value in wanted.items())
