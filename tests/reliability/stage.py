"""Mosquitto, nadi and InfluxDB as real processes, and the faults that are inflicted on them."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.end_to_end.city import City
from tests.end_to_end.process import Nadi
from tests.end_to_end.stored import differences, influx_v1, settings, stored, wait_for_windows
from tests.reliability.gateway import Gateway, Until, share
from tests.reliability.ledger import (
    check_accounts,
    check_balance,
    check_command,
    check_metrics,
    check_numbers,
    check_sink,
)
from tests.servers import Influx, Mosquitto

FULL = bool(os.environ.get("NADI_FULL"))
"""The full length, by a named command: NADI_FULL=1."""
DATABASE = "city"


class Stage:
    """One of each, started together; stopped at the end, whatever happened."""

    def __init__(
        self, folder: Path, *, protocol: str = "5", broker_lines: Sequence[str] = ("max_queued_messages 0",),
        journal: dict[str, Any] | None = None, keep_alive: str = "30s",
        sink: dict[str, Any] | None = None, **more: Any,
    ) -> None:  # fmt: skip
        self.protocol = protocol
        self.broker = Mosquitto(folder / "mosquitto", persistence=True, lines=broker_lines)
        self.influx = Influx(folder / "influx")
        self.nadi = Nadi(folder / "nadi", {})
        self.more = {**more, "journal": {"snapshot_every": "500ms", **(journal or {})}}
        self.keep_alive = keep_alive
        self.sink = sink or {}
        self.chance = random.Random(1)
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as undo:
            undo.enter_context(self.broker)
            undo.enter_context(self.influx)
            self.influx.create_database(DATABASE)
            to = influx_v1(self.influx, DATABASE) | self.sink
            self.nadi.settings = settings(self.broker, protocol=self.protocol, influx=to, **self.more)
            self.nadi.settings["mqtt"]["keep_alive"] = self.keep_alive
            undo.enter_context(self.nadi)
            self._stack = undo.pop_all()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stack.close()

    def gateways(self, made: City, number: int, until: Until = "puback") -> list[Gateway]:
        """Gateways that share the city's devices, running and stopped with the stage."""
        started = []
        for each in range(number):
            gateway = Gateway(self.broker.port, share(made.messages, each, number), f"gw {each}", self.protocol, until)
            self._stack.callback(gateway.stop)
            gateway.start()
            started.append(gateway)
        return started

    def inflict(self, fault: str) -> None:
        """`kill nadi`, `stop broker`, `kill influx nadi`: end them so, in this order, and start them again."""
        how, *whom = fault.split()
        servers = [{"nadi": self.nadi, "broker": self.broker, "influx": self.influx}[name] for name in whom]
        for server in servers:
            {"kill": server.kill, "stop": server.stop}[how]()
            self.moment()
        for server in servers:
            server.start()

    def moment(self) -> None:
        """Until the next fault; nothing is waited for."""
        time.sleep(self.chance.uniform(0, 0.5))

    def storm(self, gateways: Sequence[Gateway], faults: Sequence[str], seed: int) -> None:
        """Release the messages in as many portions as there are faults, each in the midst of one."""
        self.chance = random.Random(seed)
        for number, fault in enumerate(faults, 1):
            for gateway in gateways:
                gateway.release(len(gateway.messages) * number // len(faults))
            self.moment()
            self.check_books()
            self.inflict(fault)
        for gateway in gateways:
            gateway.release()

    def check_books(self) -> None:
        """The equations hold now, in the midst of everything; only what is replayed has no books yet."""
        if not any("replaying" in problem for problem in self.nadi.status()["problems"]):
            check_balance(self.nadi)
            check_accounts(self.nadi)
            check_metrics(self.nadi)

    def check_truth(self, made: City) -> dict[str, Any]:
        """InfluxDB holds the distinct readings and numpy's windows, now and after a drained end. Returns the books."""
        wait_for_windows(self.nadi, self.influx, DATABASE, made)
        books = check_balance(self.nadi, stored=made.distinct)
        check_numbers(self.nadi)
        check_sink(self.nadi, "influx")
        check_metrics(self.nadi)
        check_command(self.nadi)
        assert self.nadi.terminate() == 0, self.nadi.log_tail()
        assert stored(self.influx, DATABASE, made) == made.truth
        assert not differences(self.influx, DATABASE, made)
        return books
