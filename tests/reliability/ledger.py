"""The ledger's equations, as `/api/v1/ledger` and `/api/v1/status` tell them at any moment."""

from __future__ import annotations

import json
from typing import Any

from tests.end_to_end.process import Nadi


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
    for outcome in ("stored", "duplicate", "rejected"):
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
