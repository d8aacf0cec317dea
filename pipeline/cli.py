"""The command line: one thin function a command, which imports what it needs when it is called.

Exit codes: 0 done, 1 failed, 2 wrong settings or arguments, 130 interrupted.
"""

from __future__ import annotations

import importlib
import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from pipeline.commands.alert import app as alert
from pipeline.commands.backtest import backtest
from pipeline.commands.deadletters import app as deadletters
from pipeline.commands.decode import decode
from pipeline.commands.detect import detect
from pipeline.commands.ledger import ledger
from pipeline.commands.load import load
from pipeline.commands.password import password
from pipeline.commands.record import record, replay
from pipeline.commands.report import report
from pipeline.commands.score import score
from pipeline.commands.simulate import simulate
from pipeline.commands.sniff import sniff
from pipeline.printing import speak
from telemetry.errors import NadiError, SettingsError

app = typer.Typer(
    name="nadi",
    help="The pulse of a city: sensor readings from MQTT to exact windows, explained anomalies and InfluxDB.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Config = Annotated[Path | None, typer.Option("--config", "-c", help="settings, YAML; without one: NADI_… only")]


class LogFormat(StrEnum):
    json = "json"
    text = "text"


@app.command()
def demo(
    seconds: Annotated[float | None, typer.Option(min=1, help="stop by itself after this time")] = None,
    port: Annotated[int, typer.Option(min=0, max=65_535, help="of the page; 0: any that is free")] = 8080,
    state_dir: Annotated[Path | None, typer.Option(help="keep the state here; without: a temporary folder")] = None,
) -> None:
    """Broker, devices of all four domains, pipeline and store, all embedded; Ctrl-C stops it."""
    from pipeline.demo.city import main as start

    start(seconds=seconds, port=port, state_dir=state_dir)


@app.command()
def run(
    config: Config = None,
    log_format: Annotated[LogFormat, typer.Option(help="of the log on standard error")] = LogFormat.json,
) -> None:
    """Run the pipeline."""
    from pipeline.commands.run import main as start

    start(config, log_format=log_format.value)


@app.command()
def check(config: Config = None) -> None:
    """Check settings and catalogue without a network; exit code 2 and all that is wrong, if anything is."""
    from config.report import report
    from pipeline.commands.run import check_more

    told = report(config, os.environ)
    check_more(config)
    print(told)


app.command()(load)
app.command()(simulate)
app.command()(record)
app.command()(replay)
app.command()(password)
app.command()(ledger)
app.command()(decode)
app.command()(sniff)
app.command()(detect)
app.command()(score)
app.command()(report)
app.command()(backtest)
app.add_typer(deadletters, name="deadletters")
app.add_typer(alert, name="alert")


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []})
def bench(context: typer.Context) -> None:
    """Measure nadi beside the alternatives a user would pick."""
    _bring_test_packages()
    from bench.__main__ import main as start

    start(context.args)


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []})
def test(context: typer.Context) -> None:
    """Everything that CI runs: ruff, mypy, pytest. Further arguments go to pytest."""
    _bring_test_packages()
    from tests.run import main as start

    raise typer.Exit(start(context.args))


def _bring_test_packages() -> None:
    """What only tests and benchmarks need is installed when it is first asked for, into our own .venv only."""
    from pipeline import bootstrap

    if Path(sys.prefix).resolve() == bootstrap.VENV:
        try:
            bootstrap.install(bootstrap.TEST_LOCK)
        except bootstrap.BootstrapError as error:
            raise NadiError(str(error)) from error
        importlib.invalidate_caches()


def main() -> None:
    """Run a command; what is wrong is said in words, without a traceback."""
    speak()
    try:
        app(prog_name="nadi")
    except (NadiError, ExceptionGroup) as error:
        told = foreseen(error)
        if not told:
            raise
        for each in told:
            print(f"nadi: {each}", file=sys.stderr)
        sys.exit(2 if all(isinstance(each, SettingsError) for each in told) else 1)


def foreseen(error: Exception) -> list[NadiError]:
    """The errors in `error`, which may be a task group's, if all of them are meant for a person; else none."""
    if isinstance(error, NadiError):
        return [error]
    if not isinstance(error, ExceptionGroup):
        return []
    inner = [foreseen(each) for each in error.exceptions]
    return [each for found in inner for each in found] if all(inner) else []
