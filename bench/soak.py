"""A long run under faults: memory, file descriptors, journal and lag must be flat at the end, and nothing lost.

    python -m bench.soak                      30 minutes at 10,000 readings/s, a fault a minute
    python -m bench.soak --minutes 10 --write    also draws docs/pictures/soak.svg

load ──▶ Mosquitto ──▶ relay ──▶ nadi ──▶ InfluxDB        all real; what is measured is nadi's process

nadi is killed only in the first half, so that the second shows one process that grows older.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from bench.plot import Curve, svg
from bench.relay import Relay
from tests.end_to_end.process import Nadi
from tests.reliability.flood import flood
from tests.reliability.ledger import ledger
from tests.servers import Influx, Mosquitto

ROOT = Path(__file__).resolve().parent.parent
PICTURE = ROOT / "docs" / "pictures" / "soak.svg"
DATABASE = "city"
DOMAINS = ("water", "energy", "waste", "disaster")
SETTINGS: dict[str, Any] = {
    # Short windows and lateness: what they hold is all there after some minutes, and then no more.
    "windows": ["10s", "1m", "5m"],
    "grace": "5s",
    "idle_close": "30s",
    "lateness": "1m",
    "journal": {"segment_bytes": "16MB"},
}
PATIENCE = 120.0
"""Seconds after the load in which everything must have been delivered."""
SLACK = {"rss_mb": 20.0, "files": 5.0, "journal_mb": 32.0, "lag_s": 2.0}
"""What a measure may grow by beside a tenth: noise; of the journal, two segments."""


@dataclass(slots=True)
class Samples:
    """A row a second, as columns; None while nadi is not there. rss_mb: MiB; journal_mb: of 1e6 bytes, on the disk."""

    minutes: list[float] = field(default_factory=list)
    rss_mb: list[float | None] = field(default_factory=list)
    files: list[float | None] = field(default_factory=list)
    journal_mb: list[float | None] = field(default_factory=list)
    lag_s: list[float | None] = field(default_factory=list)

    def take(self, began: float, nadi: Nadi) -> None:
        self.minutes.append((time.monotonic() - began) / 60)
        row: dict[str, float | None] = dict.fromkeys(SLACK)
        with contextlib.suppress(OSError, IndexError, ValueError):
            status = Path(f"/proc/{nadi.pid}/status").read_text()
            row["rss_mb"] = int(status.split("VmRSS:")[1].split()[0]) / 1024
            row["files"] = len(os.listdir(f"/proc/{nadi.pid}/fd"))
            told = nadi.status()
            row["journal_mb"] = told["journal"]["bytes"] / 1e6
            row["lag_s"] = told["sinks"]["influx"]["lag_s"]
        for name, value in row.items():
            getattr(self, name).append(value)

    def growth(self, name: str) -> tuple[float, float]:
        """Medians of the third and of the last quarter."""
        values: list[float | None] = getattr(self, name)
        half, quarter = len(values) // 2, len(values) * 3 // 4
        parts = (values[half:quarter], values[quarter:])
        third, last = ([value for value in part if value is not None] or [0.0] for part in parts)
        return statistics.median(third), statistics.median(last)

    def flat(self, name: str) -> bool:
        before, after = self.growth(name)
        return after <= before * 1.1 + SLACK[name]


@dataclass(slots=True)
class Report:
    """Of one run. stored: distinct readings in InfluxDB. missing: numbers of gateways' counters never seen."""

    minutes: float
    rate: int
    acknowledged: int = 0
    stored: int = 0
    missing: int = -1
    peak_rss_mb: float = 0.0
    growth: dict[str, tuple[float, float]] = field(default_factory=dict)
    flat: dict[str, bool] = field(default_factory=dict)
    faults: list[tuple[float, str]] = field(default_factory=list)


class Soak:
    """The processes, and what is done to them."""

    def __init__(self, folder: Path) -> None:
        self.broker = Mosquitto(folder / "mosquitto", lines=("max_queued_messages 0", "max_inflight_messages 1000"))
        self.influx = Influx(folder / "influx")
        self.nadi = Nadi(folder / "nadi", {})
        self.stack = ExitStack()
        self.chance = random.Random(1)
        self.garbage = 0
        self.relay: Relay

    def __enter__(self) -> Soak:
        with ExitStack() as undo:
            undo.enter_context(self.broker)
            undo.enter_context(self.influx)
            self.influx.create_database(DATABASE)
            self.relay = undo.enter_context(Relay(self.broker.port))
            self.nadi.settings = {
                "mqtt": {"url": f"mqtt://127.0.0.1:{self.relay.port}"},
                "influx": {"url": self.influx.url, "api": "v1", "database": DATABASE, "timeout": "5s"},
                **SETTINGS,
            }
            undo.enter_context(self.nadi)
            self.nadi.wait_until(lambda status: status["ready"])
            self.stack = undo.pop_all()
        return self

    def __exit__(self, *error: object) -> None:
        self.stack.close()

    def burst(self) -> None:
        """2,000 messages that mean nothing."""
        topics = [f"nadi/v1/3578/water/z/{number}" for number in range(100)]
        self.garbage += flood(
            self.broker.port, ((self.chance.choice(topics), b"{" + self.chance.randbytes(500)) for _ in range(2_000))
        )

    def faults(self) -> dict[str, tuple[Callable[[], object], float, Callable[[], object]]]:
        """By name: how it begins, how long it lasts (s), how it ends."""

        def nothing() -> None:
            """It is over at once."""

        return {
            "kill nadi": (self.nadi.kill, 3, self.nadi.start),
            "stop InfluxDB": (self.influx.stop, 15, self.influx.start),
            "cut connection": (self.relay.cut, 0, nothing),
            "garbage": (self.burst, 0, nothing),
            "freeze InfluxDB": (self.influx.pause, 12, self.influx.resume),
        }


def order(names: Sequence[str], number: int) -> Iterator[str]:
    """`number` faults in turn; in the second half none that ends the process."""
    turn = 0
    for place in range(number):
        while place >= number / 2 and names[turn % len(names)] == "kill nadi":
            turn += 1
        yield names[turn % len(names)]
        turn += 1


def run(minutes: float, rate: int, every: float) -> tuple[Report, Samples]:
    """`minutes` of load with a fault every `every` seconds. Raises AssertionError when readings do not arrive."""
    report, samples = Report(minutes, rate), Samples()
    with tempfile.TemporaryDirectory(dir=os.environ.get("NADI_BENCH_DIR")) as folder, Soak(Path(folder)) as soak:
        load = _load(soak.broker.port, minutes, rate)
        began = time.monotonic()
        faults = soak.faults()
        due = [
            (every * (place + 0.5), name) for place, name in enumerate(order(list(faults), int(minutes * 60 / every)))
        ]
        ends: list[tuple[float, Callable[[], object]]] = []
        while load.poll() is None:
            now = time.monotonic() - began
            if ends and now >= ends[0][0]:
                ends.pop(0)[1]()
            if due and now >= due[0][0]:
                name = due.pop(0)[1]
                begin, seconds, end = faults[name]
                report.faults.append((now / 60, name))
                begin()
                ends.append((now + seconds, end))
            samples.take(began, soak.nadi)
            time.sleep(max(0.0, 1.0 - (time.monotonic() - began - now)))
        for _, end in ends:
            end()
        assert load.stdout is not None
        report.acknowledged = json.loads(load.stdout.read())["acknowledged"]
        _finish(soak, report, samples, began)
    return report, samples


def _load(port: int, minutes: float, rate: int) -> subprocess.Popen[str]:
    """`nadi load` in real time, of 100 gateways that count."""
    options = ["--rate", rate, "--seconds", minutes * 60, "--devices", 10_000, "--gateways", 100, "--json"]
    command = [sys.executable, "-m", "pipeline", "load", "--broker", f"mqtt://127.0.0.1:{port}", *map(str, options)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)


def _finish(soak: Soak, report: Report, samples: Samples, began: float) -> None:
    """Wait until all is delivered, compare with what was acknowledged, sum up."""
    expected = report.acknowledged + soak.garbage
    deadline = time.monotonic() + PATIENCE
    while not _delivered(soak.nadi.status(), expected):
        assert time.monotonic() < deadline, f"not delivered within {PATIENCE} s: {soak.nadi.log_tail()}"
        samples.take(began, soak.nadi)
        time.sleep(1.0)
    books = ledger(soak.nadi)["all"]
    report.missing = books["sequences"]["missing"] + books["sequences"]["lost"]
    rows = (soak.influx.query(f'SELECT count(value) FROM "{domain}"', DATABASE) for domain in DOMAINS)
    report.stored = sum(row["count"] for found in rows for row in found)
    report.peak_rss_mb = max(value for value in samples.rss_mb if value is not None)
    report.growth = {name: samples.growth(name) for name in SLACK}
    report.flat = {name: samples.flat(name) for name in SLACK}


def _delivered(status: dict[str, Any], messages: int) -> bool:
    return bool(status["messages_total"] >= messages and not status["sinks"]["influx"]["pending"])


def picture(report: Report, samples: Samples) -> str:
    return svg(
        f"Soak: {report.minutes:g} minutes at {report.rate:,} readings/s, with faults",
        samples.minutes,
        [
            Curve("RSS of nadi, MB", samples.rss_mb),
            Curve("open files", samples.files),
            Curve("journal, MB", samples.journal_mb),
            Curve("lag of InfluxDB, s", samples.lag_s),
        ],
        report.faults,
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the report; the exit code says whether all was flat at the end and nothing lost."""
    parser = argparse.ArgumentParser(prog="python -m bench.soak", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--rate", type=int, default=10_000, help="readings/s")
    parser.add_argument("--every", type=float, default=60.0, help="seconds between faults")
    parser.add_argument("--write", action="store_true", help=f"draw {PICTURE.relative_to(ROOT)}")
    options = parser.parse_args(arguments)
    report, samples = run(options.minutes, options.rate, options.every)
    print(json.dumps(asdict(report), indent=1))
    if options.write:
        PICTURE.write_text(picture(report, samples))
    sound = all(report.flat.values()) and report.stored == report.acknowledged and report.missing == 0
    print("flat at the end, nothing lost" if sound else "NOT flat at the end, or readings are missing")
    return 0 if sound else 1


if __name__ == "__main__":
    sys.exit(main())
