"""The launcher, on a copy whose lock is empty: nothing is downloaded, yet all is as on first use."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipeline import bootstrap
from tests import run

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = 'import sys\nprint("program", *sys.argv[1:])\n'


def seconds(copy: Path) -> float:
    """The CPU that a start takes: what else runs on the machine does not count."""
    before = os.times()
    launch(copy)
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A house with a launcher and a program that only says what it was called with."""
    (tmp_path / "house" / "pipeline").mkdir(parents=True)
    shutil.copy(ROOT / "nadi", tmp_path / "house")
    shutil.copy(ROOT / "pipeline" / "bootstrap.py", tmp_path / "house" / "pipeline")
    (tmp_path / "house" / "pipeline" / "__init__.py").touch()
    (tmp_path / "house" / "pipeline" / "__main__.py").write_text(PROGRAM)
    (tmp_path / "house" / "requirements.lock").write_text("# no packages\n")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python3").symlink_to(Path(sys.base_prefix, "bin", "python3").resolve())
    return tmp_path / "house"


def start(copy: Path, *arguments: str) -> subprocess.Popen[str]:
    """In a process group of its own, so that a test can kill the launcher with all it has started."""
    environ = {"PATH": f"{copy.parent}/bin:/usr/bin:/bin", "HOME": str(copy.parent)}
    return subprocess.Popen(
        [copy / "nadi", *arguments],
        env=environ,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


def launch(copy: Path, *arguments: str) -> tuple[int, str, str]:
    process = start(copy, *arguments)
    out, err = process.communicate(timeout=120)
    return process.returncode, out, err


def test_two_first_starts_at_once_install_once_and_later_ones_start_at_once(copy: Path) -> None:
    both = [start(copy, "run", "a b"), start(copy, "run", "a b")]
    results = [process.communicate(timeout=120) for process in both]
    assert [out for out, _ in results] == ["program run a b\n"] * 2
    assert sum("installed in" in err for _, err in results) == 1

    # From elsewhere, by a link, where a folder of our own name lies about.
    (copy.parent / "elsewhere" / "pipeline").mkdir(parents=True)
    (copy.parent / "elsewhere" / "pipeline" / "__init__.py").write_text("raise SystemExit('not ours')")
    (copy.parent / "link").symlink_to(copy / "nadi")
    process = subprocess.run([copy.parent / "link"], cwd=copy.parent / "elsewhere", capture_output=True, text=True)
    assert (process.stdout, process.stderr) == ("program\n", "")

    assert min(seconds(copy) for _ in range(5)) < 0.25

    (copy / "requirements.lock").write_text("# changed\n")
    assert "installing" in launch(copy)[2]
    assert launch(copy)[2] == ""


def test_an_interrupted_installation_is_begun_anew(copy: Path) -> None:
    # Nobody ever writes to that pipe: so the installation does not come to its end before it is interrupted.
    endless, lock = copy.parent / "endless", copy / "requirements.lock"
    os.mkfifo(endless)
    whole = lock.read_text()
    lock.write_text(f"--requirement {endless}\n")
    process = start(copy)
    deadline = time.monotonic() + 60
    while not (copy / ".venv" / "bin" / "python").exists():
        assert time.monotonic() < deadline
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    lock.write_text(whole)
    leftover = copy / ".venv" / "leftover"
    leftover.touch()
    assert launch(copy)[:2] == (0, "program\n")
    assert not leftover.exists()


def test_an_interpreter_that_an_upgrade_of_the_system_took_away_is_replaced(copy: Path) -> None:
    assert launch(copy)[:2] == (0, "program\n")
    python = copy / ".venv" / "bin" / "python"
    python.unlink()
    python.symlink_to(copy.parent / "bin" / "python3.gone")
    code, out, err = launch(copy)
    assert (code, out) == (0, "program\n")
    assert "installing" in err
    assert launch(copy)[2] == ""


def test_a_failed_installation_is_not_taken_for_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lock, python = tmp_path / "requirements.lock", tmp_path / ".venv" / "bin" / "python"
    lock.write_text("new\n")
    python.parent.mkdir(parents=True)
    python.write_text("#!/bin/sh\nexit 1\n")
    python.chmod(0o755)
    (tmp_path / ".venv" / lock.name).write_text("old\n")
    monkeypatch.setattr(bootstrap, "VENV", tmp_path / ".venv")
    with pytest.raises(bootstrap.BootstrapError, match=r"the packages of requirements\.lock could not be installed"):
        bootstrap.fill_venv(lock)
    assert not (tmp_path / ".venv" / lock.name).exists()


def test_without_a_python_that_will_do(copy: Path) -> None:
    (copy.parent / "bin" / "python3").unlink()
    for name in ("python3", "python3.11", "python3.12", "python3.13"):
        (copy.parent / "bin" / name).write_text("#!/bin/sh\nexit 1\n")
        (copy.parent / "bin" / name).chmod(0o755)
    code, _, err = launch(copy)
    assert (code, err.count("\n")) == (1, 1)
    assert "sudo apt install python3 python3-venv" in err


def test_without_the_venv_module(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(bootstrap.BootstrapError, match="sudo apt install python3-venv"):
        bootstrap.make_venv()


@pytest.mark.parametrize("before", [None, "#!/bin/sh\nexit 0\n"])
def test_services_are_not_started_and_the_policy_is_put_back(tmp_path: Path, before: str | None) -> None:
    policy = tmp_path / "policy-rc.d"
    if before is not None:
        policy.write_text(before)
        policy.chmod(0o700)
    with run.services_not_started(policy):
        assert subprocess.run([policy], check=False).returncode == 101
    assert (policy.read_text() if policy.exists() else None) == before
    assert before is None or policy.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("user", [0, 1000])
def test_missing_servers_are_installed_by_root_and_named_to_others(
    user: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    commands: list[tuple[str, ...]] = []
    monkeypatch.setattr(run, "missing", lambda: {"influxd": "influxdb"})
    monkeypatch.setattr(run, "find", lambda program: program)
    monkeypatch.setattr(run, "_apt", lambda *command: commands.append(command))
    monkeypatch.setattr(run, "POLICY", tmp_path / "policy-rc.d")
    monkeypatch.setattr(os, "geteuid", lambda: user)
    run.bring_servers()
    installed = [command for command in commands if "influxdb" in command]
    assert len(installed) == (1 if user == 0 else 0)
    assert "influxd is missing" in capsys.readouterr().out


@pytest.mark.parametrize(("arguments", "runs"), [(["-k", "x"], 1), ([], 3)])
@pytest.mark.parametrize("bad", ["", "ruff", "mypy", "pytest"])
def test_what_fails_fails_the_whole_and_pytest_comes_last(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], arguments: list[str], runs: int, bad: str
) -> None:
    ran: list[str] = []
    told = ""

    def fake(module: str, *arguments: str, environ: dict[str, str] | None = None) -> int:
        nonlocal told
        ran.append(module)
        told = (environ or {}).get(run.FAILED_CHECKS, "")
        return int(module == bad and ran.count(bad) == 1)

    def begin(module: str, *arguments: str) -> subprocess.Popen[str]:
        ran.append(module)
        script = f"print('types are wrong'); raise SystemExit({int(module == bad)})"
        return subprocess.Popen([sys.executable, "-c", script], text=True, stdout=subprocess.PIPE)

    monkeypatch.setattr(run, "bring_servers", lambda: None)
    monkeypatch.setattr(run, "_run", fake)
    monkeypatch.setattr(run, "_begin", begin)
    assert run.main(arguments) == bool(bad)
    assert ran == ["ruff", "ruff", "mypy", *["pytest"] * runs]
    assert told == {"ruff": "ruff check", "mypy": "mypy"}.get(bad, "")
    assert f"types are wrong\nmypy: {'FAILED' if bad == 'mypy' else 'ok'}\n" in capfd.readouterr().out
