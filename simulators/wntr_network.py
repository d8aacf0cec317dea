"""Pressures and flows of a real network by EPA's solver, where `wntr` is installed; the models stand without it.

calm = solve("Net3", hours=24)
burst = solve("Net3", hours=24, leak=Leak("121", area=0.02, start=6, end=12), cache=Path("cache"))
(calm.pressure - burst.pressure)[7, calm.nodes.index("121")]      # kPa that the leak takes there
"""

from __future__ import annotations

import importlib
import os
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from simulators.base import Float64
from telemetry.errors import SettingsError

NETWORKS = ("Net1", "Net2", "Net3", "Net6", "ky4", "ky10")
"""The example networks that wntr brings along."""
_KPA_PER_METRE = 9.80665


@dataclass(frozen=True, slots=True)
class Leak:
    """A hole of `area` m2 at a junction, from `start` to `end` (hours), with the discharge of an orifice (0.75)."""

    node: str
    area: float
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Solution:
    """time: h, float64[times]; pressure: kPa, float64[times, nodes]; flow: L/s, float64[times, links]."""

    time: Float64
    nodes: tuple[str, ...]
    links: tuple[str, ...]
    pressure: Float64
    flow: Float64


def solve(network: str = "Net3", hours: int = 24, leak: Leak | None = None, cache: Path | None = None) -> Solution:
    """Demand depends on pressure (Wagner). cache: a folder in which what was solved is kept; the solver itself
    repeats its figures to about 1e-12 only, so whoever needs the same bits needs the cache.

    Raises SettingsError without wntr, for an unknown network or junction.
    """
    if network not in NETWORKS:
        raise SettingsError(f"network {network!r}: known are {', '.join(NETWORKS)}")
    file = None
    if cache is not None:
        key = zlib.crc32(repr((network, hours, leak)).encode())
        file = cache / f"{network}-{key:08x}.npz"
        if file.exists():
            return _read(file)
    solution = _solve(network, hours, leak)
    if file is not None:
        _write(file, solution)
    return solution


def _solve(network: str, hours: int, leak: Leak | None) -> Solution:
    try:
        wntr: Any = importlib.import_module("wntr")
    except ImportError:
        raise SettingsError(
            "solving a network needs the package wntr (requirements-wntr.in): install it, or use simulators.water"
        ) from None
    model = wntr.network.WaterNetworkModel(network)
    model.options.time.duration = hours * 3600
    model.options.hydraulic.demand_model = "PDD"
    if leak is not None:
        if leak.node not in model.junction_name_list:
            raise SettingsError(f"junction {leak.node!r} is not in network {network}")
        begin, over = int(leak.start * 3600), int(leak.end * 3600)
        model.get_node(leak.node).add_leak(model, area=leak.area, start_time=begin, end_time=over)
    results = wntr.sim.WNTRSimulator(model).run_sim()
    pressure, flow = results.node["pressure"], results.link["flowrate"]
    return Solution(
        time=pressure.index.to_numpy(np.float64) / 3600.0,
        nodes=tuple(pressure.columns),
        links=tuple(flow.columns),
        pressure=pressure.to_numpy(np.float64) * _KPA_PER_METRE,
        flow=flow.to_numpy(np.float64) * 1000.0,
    )


def _write(file: Path, solution: Solution) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_suffix(f".{os.getpid()}.npz")
    np.savez_compressed(
        fresh,
        time=solution.time,
        nodes=np.array(solution.nodes),
        links=np.array(solution.links),
        pressure=solution.pressure,
        flow=solution.flow,
    )
    fresh.replace(file)


def _read(file: Path) -> Solution:
    with np.load(file) as kept:
        nodes, links = tuple(kept["nodes"].tolist()), tuple(kept["links"].tolist())
        return Solution(kept["time"], nodes, links, kept["pressure"], kept["flow"])
