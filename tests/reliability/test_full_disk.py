"""The disk is full: acknowledging stops, nadi says so, lives on, and goes on by itself."""

from __future__ import annotations

import json
import urllib.error
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.city import city
from tests.end_to_end.process import Nadi
from tests.end_to_end.stored import start_of_past
from tests.reliability.disk import Disk, FileSizes, tmpfs
from tests.reliability.ledger import check_balance
from tests.reliability.stage import FULL, Stage

SMALL = {"segment_bytes": "1MB"}
TALKATIVE = ("max_queued_messages 0", "log_type all")
KEEP_ALIVE = "1s"


@pytest.fixture(params=["tmpfs", "file sizes"])
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Disk]:
    if request.param == "tmpfs":
        with tmpfs(tmp_path / "small") as mounted:
            yield mounted
    else:
        yield FileSizes(tmp_path / "state")


def wait_not_ready(nadi: Nadi, *words: str) -> None:
    """Until /readyz answers 503 with a problem in which one of `words` is. A nearly full disk takes a small commit now
    and then, so that one answer alone may say that all is well."""

    def told(_: Any) -> bool:
        try:
            nadi.get("readyz")
        except urllib.error.HTTPError as answer:
            problems: list[str] = json.loads(answer.read())["problems"]
            return answer.code == 503 and any(word in problem for word in words for problem in problems)
        return False

    nadi.wait_until(told)


def held(status: dict[str, Any]) -> bool:
    return any("acknowledging is held" in problem for problem in status["problems"])


@pytest.mark.alone  # a keep-alive of a second is missed by who has no core for half of one
@pytest.mark.parametrize("room", [0, 20_000] if FULL else [20_000])  # fewer bytes than all in one entry
def test_a_full_disk_holds_acknowledging_and_nothing_else(tmp_path: Path, disk: Disk, room: int) -> None:
    made = city(8, 240, start_of_past())
    with Stage(
        tmp_path, journal=SMALL, state_dir=str(disk.state_dir), broker_lines=TALKATIVE, keep_alive=KEEP_ALIVE
    ) as stage:
        (gateway,) = stage.gateways(made, 1)
        gateway.release(400)
        gateway.wait_done()
        connected = stage.nadi.wait_until(lambda status: status["messages_total"] >= 400)["mqtt"]["connected_since"]

        disk.fill(stage.nadi, room)
        gateway.release()
        stage.nadi.wait_until(held)
        wait_not_ready(stage.nadi, "no room", "can't be used")
        before = stage.broker.log_tail(1 << 20).count("PINGREQ")
        stage.nadi.wait_until(lambda _: stage.broker.log_tail(1 << 20).count("PINGREQ") >= before + 4)
        assert stage.nadi.get("metrics")
        check_balance(stage.nadi)
        stage.nadi.wait_until(held)

        disk.free(stage.nadi)
        status = stage.nadi.wait_until(lambda status: status["ready"])
        gateway.wait_done()
        assert status["mqtt"]["connected_since"] == connected, "the connection was lost meanwhile"
        assert stage.nadi.log_tail(1 << 20).count("acknowledging is held") == 1, stage.nadi.log_tail()
        stage.check_truth(made)


def test_on_a_full_disk_it_can_be_stopped_killed_and_started_again(tmp_path: Path) -> None:
    made = city(8, 240, start_of_past())
    with (
        tmpfs(tmp_path / "small") as disk,
        Stage(tmp_path, journal=SMALL, state_dir=str(disk.state_dir), shutdown_timeout="5s") as stage,
    ):
        (gateway,) = stage.gateways(made, 1)
        gateway.release(400)
        gateway.wait_done()
        stage.nadi.wait_until(lambda status: status["messages_total"] >= 400)
        # Each time something is left that has no room: what the broker holds may be gone before the disk is full again.
        for released, end in ((1_200, "stop"), (None, "kill")):
            disk.fill(stage.nadi, 8_000)
            gateway.release(released)
            stage.nadi.wait_until(held)
            if end == "stop":
                assert stage.nadi.terminate() == 0
            else:
                stage.nadi.kill()
            disk.free(stage.nadi)
            stage.nadi.start()
        gateway.wait_done()
        stage.check_truth(made)


def test_windows_wait_for_room_where_only_their_own_disk_is_full(tmp_path: Path) -> None:
    """Readings are still acknowledged: the journal has room. Processing begins anew from its snapshot."""
    made = city(8, 240, start_of_past())
    (tmp_path / "state").mkdir()
    with tmpfs(tmp_path / "state" / "chunks") as disk, Stage(tmp_path, state_dir=str(tmp_path / "state")) as stage:
        (gateway,) = stage.gateways(made, 1)
        gateway.release(400)
        gateway.wait_done()
        stage.nadi.wait_until(lambda status: status["domains"]["water"]["windows_total"] > 0)
        disk.fill(stage.nadi, 0)
        gateway.release()
        gateway.wait_done()
        wait_not_ready(stage.nadi, "chunks")
        disk.free(stage.nadi)
        stage.check_truth(made)
