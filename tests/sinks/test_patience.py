"""A question to the historian is given up in the end, whatever it does when its time is over."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from sinks.store import Store
from telemetry.errors import StoreError


def test_a_question_is_given_up_too_whose_time_ran_out_between_two_statements(tmp_path: Path) -> None:
    store, forgotten = Store(tmp_path / "city.duckdb", 100_000_000), threading.Event()
    real = store._file

    class File:
        execute = real.execute

        def interrupt(self) -> None:
            real.interrupt()
            forgotten.set()

    store._file = File()  # type: ignore[assignment]

    def ask() -> None:
        assert forgotten.wait(60)
        store._file.execute("SELECT sum(a.range * b.range) FROM range(40000) a, range(40000) b").fetchall()

    with pytest.raises(StoreError, match=r"takes longer than 0.01 s"):
        store.within(0.01, ask)
    store._file = real
    assert store.counts()["readings"] == 0, "and answers what comes then"
    store.close()
