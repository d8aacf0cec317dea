"""What a peak took is given back, and what nobody asked for is not loaded."""

import platform
import subprocess
import sys

import pytest

PEAK = """
import os, sys
import numpy as np
from pipeline.service import heap

def resident():
    return int(open("/proc/self/statm").read().split()[1]) * os.sysconf("SC_PAGE_SIZE") >> 20

if sys.argv[1] == "settled":
    heap.settle()
np.ones(3_900_000)  # 30 MB: from now on glibc takes blocks of this size from the heap
before, blocks, small = resident(), [], []
for _ in range(10):
    blocks.append(np.ones(2_500_000))
    small.append(np.ones(100_000))  # too large for the holes that imports left: where the heap ends, which can't shrink
blocks.clear()
print(resident() - before)
"""


def ran(code: str, *arguments: str) -> str:
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], stdout=subprocess.PIPE, text=True, check=True
    ).stdout


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another heap")
def test_what_a_peak_took_is_given_back() -> None:
    assert int(ran(PEAK, "settled")) < 20
    assert int(ran(PEAK, "as it is")) > 100, "or there is nothing to settle any more"


def test_what_is_not_configured_is_not_loaded() -> None:
    loaded = ran("import sys, pipeline.service.lifecycle; print(*sys.modules)").split()
    assert not {"duckdb", "paho", "amqtt"} & set(loaded)
