"""A few hundred bytes that unpack to a megabyte, queued while nadi was away: it answers all the while, and takes
in what others sent among them."""

from __future__ import annotations

import os
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ingest.decoders.native import MAX_READINGS
from tests.end_to_end.process import Nadi
from tests.reliability.flood import flood, reading, topic
from tests.reliability.ledger import check_balance
from tests.reliability.test_memory import UNLIMITED, check_peak, now, settings, stored
from tests.servers import Mosquitto

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

SENDERS = 8
EACH = 5
ANSWERS = 2.0
"""Seconds of nadi's own CPU within which /healthz answers: what else the machine does counts for nothing."""


def packed(thing: bytes, number: int) -> bytes:
    return zstd.compress(b"[" + b",".join([thing] * number) + b"]", 19)


UNTIMED = packed(b'{"values":{"flow":1}}', MAX_READINGS)
BOMBS = (
    UNTIMED,
    packed(b'{"ts":1763769600,"quantity":"flow","value":1}', MAX_READINGS),
    packed(b"{}", 300_000),
    packed(b'{"values":{"flow":1}}', 500_000),
    zstd.compress(b"") * 50_000,
)


def cpu(nadi: Nadi) -> float:
    """Seconds: utime and stime of proc(5)."""
    fields = Path(f"/proc/{nadi.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def watched(nadi: Nadi) -> Iterator[list[float]]:
    """The CPU (s) that nadi took until each answer of /healthz came."""
    took: list[float] = []
    over = threading.Event()

    def ask() -> None:
        while not over.wait(0.1):
            began = cpu(nadi)
            answer = urllib.request.urlopen(f"http://127.0.0.1:{nadi.port}/healthz", timeout=60).read()
            assert answer == b"alive\n"
            took.append(cpu(nadi) - began)

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        yield took
    finally:
        over.set()
        asking.join()


@pytest.mark.alone
def test_queued_bombs_neither_stop_nadi_nor_starve_others(
    make_mosquitto: Callable[..., Mosquitto], tmp_path: Path
) -> None:
    with make_mosquitto(lines=UNLIMITED) as broker, Nadi(tmp_path / "nadi", settings(broker.port)) as nadi:
        nadi.wait_until(lambda status: status["mqtt"]["connected"])
        nadi.terminate()
        queued: list[tuple[str, bytes]] = []
        began = now()
        for number in range(SENDERS * EACH):
            queued += [(topic(number % SENDERS), bomb) for bomb in BOMBS]
            queued.append((topic(100), reading(ts=began - number, gw="honest", seq=number)))
        flood(broker.port, queued)
        nadi.start()
        with watched(nadi) as took:
            status = nadi.wait_until(lambda status: status["messages_total"] == len(queued), timeout=120)
            status = nadi.wait_until(lambda status: sum(status["rejects"].values()) >= len(BOMBS) - 1)
        print(f"/healthz: {len(took)} answers, the slowest in {max(took):.2f} s; {status['rejects']}")
        assert max(took) < ANSWERS
        assert status["mqtt"]["reconnects"] == 0
        assert {"too_large"} < set(status["rejects"]) <= {"too_large", "time", "rate"}
        books = check_balance(nadi)
        assert books["messages"] == len(queued)
        honest = books["gateways"]["3578/honest"]
        assert (honest["stored"], honest["rejected"]) == (SENDERS * EACH, 0)
        assert honest["sequences"]["contiguous"] == SENDERS * EACH - 1
        assert stored(status) >= SENDERS * EACH
        check_peak(nadi)
