"""Every Prometheus query of Grafana's dashboards and alerts, put to a Prometheus that scrapes a nadi at work."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.deploy.grafana import Asked, asked
from tests.deploy.prometheus import Prometheus
from tests.end_to_end.city import Message
from tests.end_to_end.process import Nadi
from tests.end_to_end.publisher import publish
from tests.end_to_end.stored import influx_v1, settings
from tests.servers import Influx, Mosquitto

QUERIES = list(asked("prometheus"))
EACH, MISSING = 40, 2
"""Messages of each of three bursts; counters that the gateway skips."""
HASTY, AHEAD_S = "water-2", 90
"""A device whose clock is ahead, by less than what is refused."""
QUANTITIES = {"water": "flow", "energy": "power", "waste": "fill", "disaster": "river_level"}


@dataclass(slots=True)
class Work:
    """What was published: counted as nadi should count it."""

    stored: int = 0
    duplicate: int = 0
    rejected: int = 0
    seq: int = 0
    took_s: float = 0.0
    """The longest from a burst's `now` to its arrival."""

    def burst(self, now: int) -> Iterator[Message]:
        """Readings of the last twenty seconds of all domains, some twice; garbage; two messages never sent; one of a
        device whose clock is ahead."""
        for number in range(EACH):
            domain, quantity = list(QUANTITIES.items())[number % 4]
            self.seq += 1
            reading = {"ts": now - 20_000 + 500 * number, "values": {quantity: 10.0 + number}}
            payload = json.dumps(reading | {"gw": "gw-1", "seq": self.seq}).encode()
            topic = f"nadi/v1/3578/{domain}/Genteng/{domain}-1"
            yield Message(topic, payload)
            self.stored += 1
            if number % 10 == 0:
                yield Message(topic, payload)
                self.duplicate += 1
        yield Message("nadi/v1/3578/water/Genteng/water-1", b"no JSON")
        self.rejected += 1
        self.seq += 1
        ahead = {"ts": now + AHEAD_S * 1000, "values": {"flow": 1.0}}
        yield Message(f"nadi/v1/3578/water/Genteng/{HASTY}", json.dumps(ahead).encode())
        self.stored += 1


@dataclass(frozen=True, slots=True)
class Observed:
    prometheus: Prometheus
    work: Work
    influx: Influx

    def value(self, expression: str) -> float:
        rows = self.prometheus.query(expression)
        assert len(rows) == 1, rows
        return float(rows[0]["value"][1])


@pytest.fixture(scope="module")
def observed(tmp_path_factory: pytest.TempPathFactory, influx: Influx, mosquitto: Mosquitto) -> Iterator[Observed]:
    folder = tmp_path_factory.mktemp("observed")
    influx.create_database("pipeline")
    work = Work()
    wanted = settings(mosquitto, influx=influx_v1(influx, "pipeline"))
    wanted["mqtt"]["topics"] = ["nadi/v1/3578/+/Genteng/+"]
    catalogue = folder / "sensors.csv"
    catalogue.write_text(
        "city,domain,zone,device,quantity,low,high,lat,lon\n3578,water,Genteng,water-1,flow,0,99,-7.26,112.74\n"
    )
    wanted["catalogue"] = str(catalogue)
    with Nadi(folder / "nadi", wanted) as nadi, Prometheus(folder / "prometheus", f"127.0.0.1:{nadi.port}") as seen:
        nadi.wait_until(lambda status: status["ready"])
        for _ in range(3):
            now = time.time()
            publish(mosquitto.port, work.burst(int(now * 1000)))
            nadi.wait_until(lambda status: status["sinks"]["influx"]["delivered"] == work.stored)
            work.took_s = max(work.took_s, time.time() - now)
            wait_for(seen, f'sum(nadi_readings_total{{outcome="stored"}}) == {work.stored}')
        wait_for(seen, "sum(rate(nadi_windows_total[5m])) > 0")
        yield Observed(seen, work, influx)
    influx.drop_database("pipeline")


def wait_for(prometheus: Prometheus, condition: str) -> None:
    deadline = time.monotonic() + 60
    while not prometheus.query(condition):
        assert time.monotonic() < deadline, f"never: {condition}"
        time.sleep(0.05)


@pytest.mark.parametrize("query", QUERIES, ids=[query.name for query in QUERIES])
def test_every_query_answers_with_numbers(observed: Observed, query: Asked) -> None:
    rows = observed.prometheus.query(query.text)
    assert rows
    assert all(row["value"][1] != "NaN" for row in rows)


def test_readings_are_counted_as_they_were_sent(observed: Observed) -> None:
    for outcome in ("stored", "duplicate", "rejected"):
        counted = observed.value(f'sum(nadi_readings_total{{outcome="{outcome}"}})')
        assert counted == getattr(observed.work, outcome)


def query(title: str) -> str:
    return next(each.text for each in QUERIES if each.where.startswith(title))


def test_the_books_balance(observed: Observed) -> None:
    assert observed.value(query("Books out of balance")) == 0


def test_refusals_have_their_reason(observed: Observed) -> None:
    rows = {
        row["metric"]["reason"]: float(row["value"][1]) for row in observed.prometheus.query(query("Refused since"))
    }
    assert rows["json"] == observed.work.rejected


def test_what_a_gateway_did_not_deliver_is_missing(observed: Observed) -> None:
    assert observed.value(query("Messages missing")) == MISSING


def test_a_clock_that_is_off_is_told_and_leads_to_its_device(observed: Observed) -> None:
    assert observed.value(query("Clocks more than a minute off")) == 1
    (row,) = observed.prometheus.query(query("The worst of them"))
    assert row["metric"].items() >= {"city": "3578", "code": "water", "zone": "Genteng", "device": HASTY}.items()
    assert AHEAD_S - observed.work.took_s - 0.001 <= float(row["value"][1]) <= AHEAD_S


def test_nadi_is_ready_and_its_alerts_are_quiet(observed: Observed) -> None:
    assert observed.value(query("Ready")) == 1
    for each in QUERIES:
        if each.board == "alerts" and "up{" not in each.text:
            assert all(float(row["value"][1]) < 0.5 for row in observed.prometheus.query(each.text)), each.where


def test_the_catalogue_is_written_for_the_map(observed: Observed) -> None:
    rows = observed.influx.query("SELECT * FROM sensors", "pipeline")
    assert {(row["device"], row["quantity"], row["lat"], row["lon"], row["high"]) for row in rows} == {
        ("water-1", "flow", -7.26, 112.74, 99.0)
    }
