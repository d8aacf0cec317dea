"""Scenarios: a city, its seeds, and what happens to it, from YAML to a stream of steps."""

from simulators.scenarios.loader import find_scenario, load_scenario, shipped_scenarios
from simulators.scenarios.running import Running, open_scenario
from simulators.scenarios.schema import Scenario

__all__ = ["Running", "Scenario", "find_scenario", "load_scenario", "open_scenario", "shipped_scenarios"]
