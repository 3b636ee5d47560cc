"""Tokens and bytes per second beside other tokenizers, their ids compared in the first round.

Every measurement runs in a process of its own, so that a first pass is a first pass and thread counts hold for every
library. `peers.py` knows the libraries, `worker.py` is what such a process runs, `session.py` runs the rounds, and
`report.py` is what comes out.
"""

from tokcore.benchmarking.report import Measurement, Report
from tokcore.benchmarking.session import MeasuringError, benchmark

__all__ = ["Measurement", "MeasuringError", "Report", "benchmark"]
