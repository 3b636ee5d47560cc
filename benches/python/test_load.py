"""Loading a named encoding for the first time in a process."""

from __future__ import annotations

import subprocess
import sys

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

PROGRAM = """
import sys, time
import tokcore
started = time.perf_counter()
tokcore.get_encoding(sys.argv[1])
print(time.perf_counter() - started)
"""


@pytest.mark.benchmark(group="load a named encoding, cold")
@pytest.mark.parametrize("name", ["r50k_base", "cl100k_base", "o200k_base"])
def test_load(benchmark: BenchmarkFixture, name: str) -> None:
    """Print the seconds of `get_encoding` alone; the figure of the table includes starting Python."""
    command = [sys.executable, "-c", PROGRAM, name]
    seconds: list[float] = []

    def load() -> None:
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        seconds.append(float(done.stdout))

    benchmark.pedantic(load, rounds=5)
    benchmark.extra_info["get_encoding_ms"] = 1e3 * min(seconds)
    print(f"get_encoding({name!r}): {1e3 * min(seconds):.1f} ms")
