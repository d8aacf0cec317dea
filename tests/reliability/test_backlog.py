"""One sink is dead: the other flows, and at the backlog's limit the sink's policy decides."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.end_to_end.city import City, city
from tests.end_to_end.stored import start_of_past, stored
from tests.reliability.ledger import check_balance, check_sink
from tests.reliability.stage import DATABASE, Stage

BACKLOG = 60_000
"""Bytes."""


def stage_with(folder: Path, when_full: str) -> Stage:
    return Stage(
        folder,
        journal={"segment_bytes": "20kB"},
        limits={"max_payload": "10kB"},
        historian=str(folder / "history.duckdb"),
        sink={"backlog": f"{BACKLOG // 1000}kB", "when_full": when_full, "timeout": "2s"},
    )


def in_historian(folder: Path) -> int:
    """Distinct readings."""
    with duckdb.connect(str(folder / "history.duckdb"), read_only=True) as database:
        row = database.execute("SELECT count(*) FROM (SELECT DISTINCT series, time FROM readings)").fetchone()
    assert row is not None
    return int(row[0])


def blocked(status: dict[str, Any]) -> bool:
    return any("sink influx" in problem and "when_full: block" in problem for problem in status["problems"])


def dropped_enough(status: dict[str, Any]) -> bool:
    """Nothing more is dropped while nothing more comes in: what is written from then on is not given up meanwhile."""
    sink = status["sinks"]["influx"]
    return bool(sink["dropped"] > 0 and sink["backlog_bytes"] <= BACKLOG)


@pytest.fixture(scope="module")
def made() -> City:
    return city(8, 300, start_of_past())


@pytest.mark.parametrize("fault", ["dead", "frozen"])
def test_a_sink_that_blocks_stops_acknowledging_at_its_limit_and_loses_nothing(
    tmp_path: Path, made: City, fault: str
) -> None:
    with stage_with(tmp_path, "block") as stage:
        (gateway,) = stage.gateways(made, 1)
        if fault == "dead":
            stage.influx.kill()
        else:
            stage.influx.pause()
        # Step by step: what nadi has before it stops may be all there is, where it comes at once.
        for released in range(50, len(gateway.messages), 50):
            gateway.release(released)
            status = stage.nadi.wait_until(
                lambda status, released=released: blocked(status) or status["messages_total"] >= released  # type: ignore[misc]
            )
            if blocked(status):
                break
        assert blocked(status), "it never blocked"
        gateway.release()
        gateway.wait_done()
        taken = check_balance(stage.nadi)["all"]["stored"]
        assert taken < made.distinct
        stage.nadi.wait_until(lambda status: not status["sinks"]["historian"]["pending"])
        assert stage.nadi.status()["sinks"]["historian"]["delivered"] >= taken, "the other sink has what is stored"
        assert status["sinks"]["influx"]["delivered"] < taken
        if fault == "dead":
            stage.influx.start()
        else:
            stage.influx.resume()
        stage.check_truth(made)
    assert in_historian(tmp_path) == made.distinct


def test_a_sink_that_drops_its_oldest_counts_them_and_stops_nobody(tmp_path: Path, made: City) -> None:
    with stage_with(tmp_path, "drop_oldest") as stage:
        (gateway,) = stage.gateways(made, 1)
        stage.influx.kill()
        gateway.release()
        gateway.wait_done()
        stage.nadi.wait_until(lambda status: status["sinks"]["historian"]["delivered"] == made.distinct)
        check_balance(stage.nadi, stored=made.distinct)
        stage.nadi.wait_until(dropped_enough)
        stage.influx.start()
        status = stage.nadi.wait_until(lambda status: status["sinks"]["influx"]["pending"] == 0 and status["ready"])
        check_sink(stage.nadi, "influx")
        assert check_sink(stage.nadi, "historian")["delivered"] == made.distinct
        assert stage.nadi.terminate() == 0
    dropped = status["sinks"]["influx"]["dropped"]
    with stage.influx:
        found = stored(stage.influx, DATABASE, made)
    # The repeat of a reading that was dropped may have come later, and is written.
    assert 0 <= sum(map(len, found.values())) - (made.distinct - dropped) <= made.repeats
    assert all(made.truth[key].items() >= readings.items() for key, readings in found.items())
    assert in_historian(tmp_path) == made.distinct


def test_what_a_dead_sink_has_not_got_is_not_trimmed(tmp_path: Path, made: City) -> None:
    with Stage(tmp_path, journal={"segment_bytes": "20kB"}, limits={"max_payload": "10kB"}) as stage:
        (gateway,) = stage.gateways(made, 1)
        gateway.release(len(gateway.messages) // 2)
        gateway.wait_done()
        stage.influx.kill()
        gateway.release()
        gateway.wait_done()
        stage.nadi.kill()
        # It dies after it has trimmed, so that the log is all that the next life has.
        assert stage.nadi.die("after-trim:1") == -signal.SIGKILL
        stage.nadi.start()
        stage.influx.start()
        stage.check_truth(made)
