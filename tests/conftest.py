"""Fixtures that every test may ask for: real servers, started once where sharing them is safe."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.certificates import Authority
from tests.collected import pytest_collection_modifyitems, pytest_make_parametrize_id  # noqa: F401
from tests.run import FAILED_CHECKS
from tests.servers import Influx, Mosquitto, VictoriaMetrics

# Examples are judged by what comes of them; seconds would judge what else the machine does.
settings.register_profile("nadi", settings.default, deadline=None)
settings.load_profile("nadi")
# Workers of pytest-xdist are told to be 80 columns wide; commands are to print as into a pipe, of which nobody says so.
os.environ.pop("COLUMNS", None)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--pictures", help="a folder for the page's screenshots; without: a temporary one")


@pytest.fixture(scope="session")
def mosquitto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosquitto]:
    """A plain broker that tests share: use topics and client ids of your own, and don't stop it.
    A test that stops its broker, or needs options, makes a `Mosquitto(tmp_path, ...)` itself."""
    with Mosquitto(tmp_path_factory.mktemp("mosquitto")) as broker:
        yield broker


@pytest.fixture(scope="session")
def influx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Influx]:
    """An InfluxDB 1.6 that tests share: ask for `influx_database` to have a database to yourself."""
    with Influx(tmp_path_factory.mktemp("influx")) as server:
        yield server


@pytest.fixture
def influx_database(influx: Influx) -> Iterator[str]:
    """The name of an empty database in `influx`, dropped after the test."""
    name = f"city_{uuid.uuid4().hex[:8]}"
    influx.create_database(name)
    yield name
    influx.drop_database(name)


@pytest.fixture(scope="session")
def victoria_metrics(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VictoriaMetrics]:
    """Answers InfluxDB's `/api/v2/write`; tests share it, so use measurements or cities of your own."""
    with VictoriaMetrics(tmp_path_factory.mktemp("victoria")) as server:
        yield server


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Signs certificates for tests of TLS."""
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def make_mosquitto(tmp_path: Path) -> Iterator[Callable[..., Mosquitto]]:
    """Makes brokers (not yet started) with options, and stops them all at the end of the test."""
    made: list[Mosquitto] = []

    def make(**options: object) -> Mosquitto:
        broker = Mosquitto(tmp_path / f"mosquitto{len(made)}", **options)  # type: ignore[arg-type]
        made.append(broker)
        return broker

    yield make
    for broker in made:
        broker.stop()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """A reader of the end of a log must see that ruff or mypy, which `./nadi test` runs before it, failed."""
    failed = os.environ.get(FAILED_CHECKS)
    if failed:
        terminalreporter.section("checks before the tests", red=True)
        terminalreporter.line(f"FAILED: {failed} (see above)", red=True)
