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


def check_sink(nadi: Nadi, sink: str, since_start: int | None = None) -> None:
    """Nothing waits for the sink; with `since_start`, what it was given in this life: delivered + dropped."""
    numbers = nadi.status()["sinks"][sink]
    assert numbers["pending"] == 0, numbers
    if since_start is not None:
        assert numbers["delivered"] + numbers["dropped"] + numbers["quarantined"] == since_start, numbers
