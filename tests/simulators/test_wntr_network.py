"""EPA's solver on its own example, and the built-in model's claims held against it."""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

from simulators.wntr_network import Leak, solve
from telemetry.errors import SettingsError

needs_wntr = pytest.mark.skipif(importlib.util.find_spec("wntr") is None, reason="wntr is not installed")
LEAK = Leak("121", area=0.01, start=4, end=8)


@needs_wntr
def test_a_leak_lowers_the_pressure_the_nearest_most_while_it_lasts() -> None:
    calm, leaking = solve("Net3", hours=7), solve("Net3", hours=7, leak=LEAK)
    drop = calm.pressure - leaking.pressure
    assert np.abs(drop[calm.time < 4]).max() < 0.5
    during = drop[5]
    assert during[calm.nodes.index("121")] == pytest.approx(during.max(), rel=0.05)
    assert during.max() > 10
    assert (during > 0.1).mean() > 0.5, "felt by most of the network, as by all points of a zone in the built-in model"


@needs_wntr
def test_what_was_solved_is_read_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    leak = Leak("21", 0.001, 0, 2)
    solved = solve("Net1", hours=2, leak=leak, cache=tmp_path)
    assert len(list(tmp_path.iterdir())) == 1
    monkeypatch.setitem(sys.modules, "wntr", None)
    kept = solve("Net1", hours=2, leak=leak, cache=tmp_path)
    assert (kept.nodes, kept.links) == (solved.nodes, solved.links)
    assert np.array_equal(kept.pressure, solved.pressure)
    assert np.array_equal(kept.flow, solved.flow)
    with pytest.raises(SettingsError):
        solve("Net1", hours=3, leak=leak, cache=tmp_path)


@needs_wntr
def test_an_unknown_junction_is_named() -> None:
    with pytest.raises(SettingsError, match=r"'nowhere'.*Net3"):
        solve("Net3", hours=1, leak=Leak("nowhere", 0.01, 0, 1))


def test_without_wntr_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "wntr", None)
    with pytest.raises(SettingsError, match=r"wntr.*simulators\.water"):
        solve("Net1", hours=1)
    with pytest.raises(SettingsError, match="Net3"):
        solve("Net9")
