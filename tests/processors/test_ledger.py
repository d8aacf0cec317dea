"""The books balance: outcomes per gateway and domain, refusals by reason, and restarts of nadi."""

import json

import numpy as np
import pytest

from journal.entries import ReadingsEntry, Refusal, TickEntry
from processors.base import Outputs
from processors.ledger import Ledger
from telemetry import flags
from telemetry.batch import Sequences
from telemetry.series import MAX_GATEWAYS, Identity, SeriesTable
from tests.cpu import at_most
from tests.processors.samples import readings


@pytest.fixture
def table() -> SeriesTable:
    table = SeriesTable()
    for domain, quantity in (("water", "flow"), ("energy", "power"), ("waste", "fill")):
        table.intern(Identity("3578", domain, "z1", "d1", quantity))
    for gateway in ("gw-a", "gw-b"):
        table.intern_gateway(gateway)
    return table


def refusal(reason: str, gateway: int = -1, count: int = 1, topic: str = "nadi/v1/3578/water/z1/d1") -> Refusal:
    return Refusal(0, topic, b"{", reason, "why", gateway, count)


def run(ledger: Ledger, entry: ReadingsEntry, final: list[int] | None = None) -> None:
    ledger.note(entry)
    if len(entry.readings):
        batch = entry.readings
        if final is not None:
            batch = batch.with_flags(np.array(final, np.uint32))
        ledger.process(batch, Outputs())


def balances(account: dict[str, int]) -> bool:
    return account["received"] == account["stored"] + account["duplicate"] + account["rejected"]


def test_each_reading_has_one_outcome(table: SeriesTable) -> None:
    ledger = Ledger(table)
    batch = readings(series=[0, 0, 1, 2, 2], value=[1] * 5, gateway=[0, 0, 1, -1, -1])
    final = [0, flags.DUPLICATE, flags.LATE, flags.EXPIRED, flags.FAIL | flags.SUSPECT]
    run(ledger, ReadingsEntry(batch, refusals=(refusal("unit", gateway=1),), messages=4), final)
    totals = ledger.totals()
    assert totals["messages"] == 4
    assert {key: totals["all"][key] for key in ("received", "stored", "duplicate", "rejected")} == {
        "received": 6,
        "stored": 4,
        "duplicate": 1,
        "rejected": 1,
    }
    assert (totals["all"]["late"], totals["all"]["expired"], totals["all"]["failed"]) == (1, 1, 1)
    assert totals["gateways"]["gw-a"]["duplicate"] == 1
    assert totals["gateways"]["gw-b"]["reasons"] == {"unit": 1}
    assert totals["no_gateway"]["stored"] == 2
    for account in (totals["all"], totals["no_gateway"], *totals["gateways"].values()):
        assert balances(account)


def test_outcomes_by_domain(table: SeriesTable) -> None:
    ledger = Ledger(table)
    batch = readings(series=[0, 1, 1, 2], value=[1] * 4)
    unreadable = (refusal("json"), refusal("topic", topic="nadi/v1/x"), refusal("rate", count=7))
    run(ledger, ReadingsEntry(batch, refusals=unreadable), [0, 0, flags.DUPLICATE, 0])
    assert ledger.totals()["domains"] == {
        "water": {"stored": 1, "duplicate": 0, "rejected": 8},
        "energy": {"stored": 1, "duplicate": 1, "rejected": 0},
        "waste": {"stored": 1, "duplicate": 0, "rejected": 0},
        "disaster": {"stored": 0, "duplicate": 0, "rejected": 0},
        "unknown": {"stored": 0, "duplicate": 0, "rejected": 1},
    }


def test_a_duplicate_is_not_also_late(table: SeriesTable) -> None:
    ledger = Ledger(table)
    run(ledger, ReadingsEntry(readings(series=[0], value=[1])), [flags.DUPLICATE | flags.LATE])
    assert ledger.totals()["all"]["late"] == 0


def test_a_reading_that_a_stage_lost_shows(table: SeriesTable) -> None:
    ledger = Ledger(table)
    batch = readings(series=[0, 1], value=[1, 2])
    ledger.note(ReadingsEntry(batch))
    ledger.process(batch.take(slice(0, 1)), Outputs())
    assert not balances(ledger.totals()["all"])


def test_an_unheard_of_reason_is_counted_as_other(table: SeriesTable) -> None:
    ledger = Ledger(table)
    run(ledger, ReadingsEntry(readings([], []), refusals=(refusal("gremlins"),)))
    assert ledger.totals()["all"]["reasons"] == {"other": 1}


def test_gateways_met_later_get_rows_of_their_own(table: SeriesTable) -> None:
    ledger = Ledger(table)
    numbers = [table.intern_gateway(f"gw-{number}") for number in range(500)]
    batch = readings(series=[0] * 500, value=[0] * 500, gateway=numbers)
    run(ledger, ReadingsEntry(batch))
    totals = ledger.totals()
    assert len(totals["gateways"]) == 502
    assert all(totals["gateways"][f"gw-{number}"]["stored"] == 1 for number in range(500))
    assert totals["gateways"]["gw-a"]["stored"] == 0


def test_totals_are_json(table: SeriesTable) -> None:
    ledger = Ledger(table)
    sequences = Sequences(np.array([0, 0], np.int32), np.array([1, 3], np.int64))
    run(ledger, ReadingsEntry(readings(series=[0], value=[1], gateway=[0]), sequences=sequences))
    assert json.loads(json.dumps(ledger.totals())) == ledger.totals()
    assert ledger.totals()["all"]["sequences"]["missing"] == 1


def test_a_snapshot_goes_on_as_if_nothing_had_happened(table: SeriesTable) -> None:
    rng = np.random.default_rng(5)
    entries = []
    for _ in range(40):
        gateway = rng.integers(-1, 2, 30).astype(np.int32)
        batch = readings(rng.integers(0, 3, 30).tolist(), [0.0] * 30, gateway=gateway.tolist())
        sequences = Sequences(gateway, rng.integers(0, 200, 30))
        entries.append(ReadingsEntry(batch, sequences=sequences, refusals=(refusal("json", 1),), messages=30))
    whole, first = Ledger(table), Ledger(table)
    for entry in entries:
        run(whole, entry)
    for entry in entries[:17]:
        run(first, entry)
    second = Ledger(table)
    second.restore(first.snapshot())
    for entry in entries[17:]:
        run(second, entry)
    assert second.totals() == whole.totals()
    assert second.snapshot().keys() == whole.snapshot().keys()
    for name, array in whole.snapshot().items():
        np.testing.assert_array_equal(second.snapshot()[name], array, err_msg=name)


def test_a_snapshot_is_a_copy(table: SeriesTable) -> None:
    ledger = Ledger(table)
    entry = ReadingsEntry(readings(series=[0], value=[1]), messages=1)
    run(ledger, entry)
    state = {name: array.copy() for name, array in ledger.snapshot().items()}
    taken = ledger.snapshot()
    run(ledger, entry)
    ledger.tick(TickEntry(0, 0), Outputs())
    for name, array in state.items():
        np.testing.assert_array_equal(taken[name], array)


def test_the_busiest_gateways_come_first() -> None:
    table = SeriesTable()
    for number in range(50):
        table.intern_gateway(f"c/g{number}")
    ledger = Ledger(table)
    ledger.note(ReadingsEntry(readings(series=[], value=[]), refusals=tuple(refusal("json", n, n) for n in range(20))))
    found = ledger.busiest(3)
    assert [(name, account["received"]) for name, account in found.items()] == [
        ("c/g19", 19),
        ("c/g18", 18),
        ("c/g17", 17),
    ]
    every = ledger.totals()["gateways"]
    assert found == {name: every[name] for name in found}
    assert ledger.busiest(100) == every


def test_the_worst_gateways_come_first() -> None:
    table = SeriesTable()
    for number in range(5):
        table.intern_gateway(f"c/g{number}")
    ledger = Ledger(table)
    assert ledger.worst(2).tolist() == [0, 1]
    batch = readings(series=[], value=[])
    ledger.note(ReadingsEntry(batch, refusals=(refusal("json", 3, 1), refusal("time", 1, 5), refusal("rate", 1, 1))))
    ledger.readings[0, 3] += 1
    assert ledger.worst(3).tolist() == [1, 3, 2], "of those of which as much was refused, that with more readings"
    assert len(ledger.worst(9)) == 5


def test_a_copy_of_the_books_stays_as_it_was(table: SeriesTable) -> None:
    ledger = Ledger(table)

    def some(seq: int) -> ReadingsEntry:
        counter = Sequences(np.array([0], np.int32), np.array([seq], np.int64))
        return ReadingsEntry(readings(series=[0], value=[1]), (), counter, (refusal("json", 1),), 1)

    for seq in (1, 5):
        run(ledger, some(seq))
    then, copy = ledger.totals(), ledger.copied()
    assert copy.totals() == then
    for seq in (3, 9):
        run(ledger, some(seq))
    assert copy.totals() == then != ledger.totals()


def test_what_is_asked_often_costs_no_more_with_many_gateways() -> None:
    table = SeriesTable()
    for number in range(MAX_GATEWAYS):
        table.intern_gateway(f"c/g{number}")
    ledger = Ledger(table)
    many = np.arange(MAX_GATEWAYS, dtype=np.int32)
    ledger.note(ReadingsEntry(readings(series=[], value=[]), sequences=Sequences(many, many.astype(np.int64) % 900)))
    assert ledger.summary()["all"]["sequences"]["missing"] == sum(ledger.sequences.missing(n) for n in range(len(many)))
    with at_most(0.1, "0.5 s is what the totals of all of them take; this"):
        ledger.summary()
        ledger.busiest(100)
