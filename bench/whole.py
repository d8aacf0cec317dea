"""The whole pipeline in a process of its own: CPU per reading, throughput, memory, latency.

`measure(plan, protocol)` runs nadi, `measure(..., naive=True)` the pipeline of `bench.naive`,
against the same surroundings (`bench.city`) with the same packets.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench.city import Plan

TICKS = os.sysconf("SC_CLK_TCK")
ROOT = Path(__file__).resolve().parent.parent

SETTINGS = """
mqtt: {{url: "mqtt://127.0.0.1:{mqtt}", protocol: "{protocol}"}}
influx: {{url: "http://127.0.0.1:{http}", api: v2, org: city, bucket: city}}
state_dir: {state}
windows: [1m, 15m, 1h]
http: {{listen: "127.0.0.1:{listen}"}}
limits: {{gateway_rate: 100000000}}
"""


@dataclass(slots=True)
class Result:
    """Of one run. cpu_us: CPU microseconds of the pipeline's process per reading (in the kernel: system_us)."""

    name: str
    readings: int
    cpu_us: float
    system_us: float
    rate: float
    seconds: float
    rss_mb: float
    lines: int
    p50_s: float = float("nan")
    p99_s: float = float("nan")


def cpu_seconds(pid: int) -> tuple[float, float]:
    """(user and system, system alone)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS, int(fields[12]) / TICKS


def peak_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class City:
    """`bench.city` as a child process."""

    def __init__(self, plan: Plan, protocol: int) -> None:
        flags = []
        for key, value in asdict(plan).items():
            if isinstance(value, bool):
                flags += [f"--{key}"] if value else []
            else:
                flags += [f"--{key}", str(value)]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bench.city", *flags, "--protocol", str(protocol)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        self.ports = self._line()

    def _line(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        answer: dict[str, Any] = json.loads(self.process.stdout.readline())
        return answer

    def seen(self) -> dict[str, Any]:
        assert self.process.stdin is not None
        self.process.stdin.write("seen\n")
        self.process.stdin.flush()
        return self._line()

    def stop(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(10)


def measure(plan: Plan, protocol: int = 5, naive: bool = False, timeout: float = 300.0) -> Result:
    """Run one pipeline over `plan` until every reading is acknowledged and written."""
    city = City(plan, protocol)
    with tempfile.TemporaryDirectory(dir=os.environ.get("NADI_BENCH_DIR")) as folder:
        command, listen = _command(Path(folder), city.ports, protocol, naive)
        process = subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=(Path(folder) / "log").open("w")
        )
        messages = -(-plan.readings // (plan.values * plan.pack))
        try:
            # The first message of a device is where it is learnt: that is over before the measurement.
            learnt = min(messages // 2, plan.series // plan.values) if plan.qos else 1
            while city.seen()["acks"] < max(1, learnt):
                if process.poll() is not None:
                    raise RuntimeError(f"the pipeline ended: {(Path(folder) / 'log').read_text()[-2000:]}")
                time.sleep(0.01)
            earlier = {} if naive else _buckets(listen)
            before = cpu_seconds(process.pid)
            counted = city.seen()["acks"] * plan.values * plan.pack
            deadline = time.time() + timeout
            while (seen := city.seen())["lines"] < plan.readings or seen["acks"] < messages * bool(plan.qos):
                if time.time() > deadline:
                    raise TimeoutError(f"{seen['lines']} lines of {plan.readings} readings after {timeout} s")
                time.sleep(0.05)
            used, system = (now - then for now, then in zip(cpu_seconds(process.pid), before, strict=True))
            seconds = max(seen["last_write"], seen["last_ack"]) - seen["first_ack"]
            result = Result(
                name="naive" if naive else "nadi",
                readings=plan.readings,
                cpu_us=used / (plan.readings - counted) * 1e6,
                system_us=system / (plan.readings - counted) * 1e6,
                rate=plan.readings / seconds,
                seconds=seconds,
                rss_mb=peak_mb(process.pid),
                lines=seen["lines"],
            )
            if not naive:
                after = _buckets(listen)
                result.p50_s, result.p99_s = (_quantile(earlier, after, q) for q in (0.5, 0.99))
            return result
        finally:
            process.send_signal(signal.SIGKILL if naive else signal.SIGTERM)
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()
            city.stop()


def _command(folder: Path, ports: dict[str, Any], protocol: int, naive: bool) -> tuple[list[str], int]:
    if naive:
        return [sys.executable, "-m", "bench.naive", str(ports["mqtt"]), str(ports["http"]), str(protocol)], 0
    listen = free_port()
    settings = folder / "nadi.yaml"
    version = "5" if protocol == 5 else "3.1.1"
    settings.write_text(SETTINGS.format(**ports, protocol=version, state=folder / "state", listen=listen))
    return [sys.executable, "-m", "pipeline", "run", "--config", str(settings)], listen


Buckets = dict[float, float]


def _buckets(port: int) -> Buckets:
    """Readings written within so many seconds of their arrival, so far."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as reply:
        lines = reply.read().decode().splitlines()
    found = (re.match(r'nadi_end_to_end_seconds_bucket\{le="([^"]+)"\} (.+)', line) for line in lines)
    return {float(match[1]): float(match[2]) for match in found if match}


def _quantile(before: Buckets, after: Buckets, q: float) -> float:
    """The least bound below which a share `q` of what came between the two lies."""
    counts = {bound: number - before.get(bound, 0.0) for bound, number in sorted(after.items())}
    total = max(counts.values(), default=0.0)
    return next((bound for bound, number in counts.items() if number >= q * total), float("nan"))


if __name__ == "__main__":
    import argparse

    parser = argparse.ArgumentParser(description=__doc__)
    for name, default in asdict(Plan()).items():
        if not isinstance(default, bool):
            parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--live", action="store_true")
    parser.add_argument("--signed", action="store_true")
    parser.add_argument("--protocol", type=int, default=5)
    parser.add_argument("--naive", action="store_true")
    options = vars(parser.parse_args())
    extra = {key: options.pop(key) for key in ("protocol", "naive")}
    print(json.dumps(asdict(measure(Plan(**options), **extra))))
