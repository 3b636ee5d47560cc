"""The rounds of a benchmark: which process runs next, what its ids are held against, which medians come out."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tokcore.benchmarking import machine
from tokcore.benchmarking.peers import PEERS, Export
from tokcore.benchmarking.report import Measurement, Report
from tokcore.benchmarking.worker import Job, save_texts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import tokcore

TIMEOUT_S = 1800
OPERATIONS = ["encode", "count", "lists"]


def benchmark(
    texts: Iterable[Any],
    encoding: str | tokcore.Tokenizer,
    *,
    against: Iterable[str] = ("tiktoken",),
    num_threads: int | None = None,
    rounds: int = 3,
    later: int = 3,
    operations: Iterable[str] = ("encode", "count"),
    progress: Callable[[str], None] | None = None,
) -> Report:
    """Measure encoding and counting beside other libraries, whose ids are compared in the first round.

    Each measurement runs in a new process after a 1 kB warm-up call. The libraries take turns, and the figures are
    medians over the rounds. A library whose ids differ is measured all the same: `Report.notes` and its rows say so.

    Parameters
    ----------
    texts
        The documents, str or bytes, also of an Arrow or NumPy array. bytes are decoded, invalid UTF-8 becoming U+FFFD,
        and lone surrogates are replaced, so that every library gets the same valid text.
    encoding
        A named encoding or a tokenizer. Peers are built from its exported vocabulary; nothing is downloaded.
    against
        Any of tiktoken, tokenizers, gigatoken, tokie, splintr. One that is not installed or cannot be built from this
        vocabulary is left out, and `Report.notes` says why.
    num_threads
        Threads for every library; None means all that are available.
    rounds, later
        Processes for each library and operation; passes after the first in each.
    operations
        Any of encode (each library's fastest call for ids), count, lists (ids as lists of int, of libraries with a call
        for it).
    progress
        Called with a line before each measurement.

    Raises
    ------
    TypeError
        If a text is neither str nor bytes, or there is one where several are asked for.
    ValueError
        If a peer or an encoding is unknown, there is no text, or a number is out of range.
    tokcore.benchmarking.MeasuringError
        If tokcore itself cannot be measured: a process failed or took over half an hour.
    """
    names, operations = _peer_names(against), list(operations)
    if unknown := [operation for operation in operations if operation not in OPERATIONS]:
        raise ValueError(f"unknown operation {unknown[0]!r}; known are {', '.join(OPERATIONS)}")
    if rounds < 1 or later < 0 or (num_threads is not None and num_threads < 1):
        raise ValueError("rounds and num_threads must be at least 1, later at least 0")
    if isinstance(texts, str | bytes):
        raise TypeError("texts is one text: give a list of documents")
    documents = [valid(text) for text in texts]
    if not any(documents):
        raise ValueError("there is no text to measure on; give at least one document that is not empty")
    with tempfile.TemporaryDirectory(prefix="tokcore-benchmark-") as folder:
        session = Session.start(Path(folder), documents, encoding, num_threads, rounds)
        return session.run(names, operations, later, progress or (lambda _line: None))


def _peer_names(against: Iterable[str]) -> list[str]:
    if isinstance(against, str):
        raise TypeError(f"against is the str {against!r}: give a list of libraries")
    names = list(dict.fromkeys(["tokcore", *against]))
    unknown = [name for name in names if name not in PEERS]
    if unknown:
        raise ValueError(f"unknown peer {unknown[0]!r}; known are {', '.join(list(PEERS)[1:])}")
    return names


def valid(text: Any) -> str:
    """Return a text as every library gets it: bytes decoded, lone surrogates replaced, an Arrow scalar as its value."""
    value = text.as_py() if hasattr(text, "as_py") else text
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, bytes | bytearray):
        return value.decode("utf-8", "replace")
    raise TypeError(f"a text is a str or bytes, not {type(text).__name__}")


@dataclass
class Session:
    """A folder with the texts and the exported vocabulary, and the report that fills up."""

    folder: Path
    report: Report

    @classmethod
    def start(
        cls, folder: Path, texts: list[str], encoding: str | tokcore.Tokenizer, threads: int | None, rounds: int
    ) -> Session:
        """Write the files that the measuring processes read."""
        import tokcore

        tokenizer = tokcore.get_encoding(encoding) if isinstance(encoding, str) else encoding
        Export(folder).write(tokenizer, encoding if isinstance(encoding, str) else None)
        size = save_texts(folder, texts)
        text = {"documents": len(texts), "bytes": size, "characters": sum(map(len, texts))}
        available = machine.available_cpus()
        return cls(
            folder,
            Report(
                tokenizer.name, text, threads or available, rounds, machine.describe(), {"tokcore": tokcore.__version__}
            ),
        )

    def run(self, names: list[str], wanted: list[str], later: int, progress: Callable[[str], None]) -> Report:
        """Measure all libraries in turn, as often as there are rounds, and return the medians."""
        jobs = [(name, does) for name in names if self._installed(name) for does in operations(name, wanted)]
        results: dict[tuple[str, str], list[dict[str, Any]]] = {job: [] for job in jobs}
        for turn in range(self.report.rounds):
            for name, operation in list(results):
                progress(f"round {turn + 1} of {self.report.rounds}: {name}, {operation}")
                try:
                    results[name, operation].append(self._measure(name, operation, later, keep=turn == 0))
                except MeasuringError as error:
                    if name == "tokcore":
                        raise
                    self.report.notes.append(f"{name} ({operation}): not measured: {error}")
                    del results[name, operation]
            if turn == 0:
                equal = {job: self._equal(*job, found[0]["tokens"]) for job, found in results.items()}
        measured = [self._median(*job, found, ids_equal=equal[job]) for job, found in results.items()]
        # A library that cannot count on its own counts by encoding, and that is what it is compared by.
        by_encoding = [m for m in measured if m.operation == "encode" and not PEERS[m.peer].counts]
        measured += [replace(m, operation="count") for m in by_encoding if "count" in wanted]
        self.report.measurements = sorted(measured, key=lambda m: OPERATIONS.index(m.operation))
        return self.report

    def _installed(self, name: str) -> bool:
        if name in self.report.versions:
            return True
        distribution = PEERS[name].distribution
        version = machine.version(distribution)
        if version is None:
            self.report.notes.append(f"{name}: not installed (pip install {distribution})")
            return False
        self.report.versions[name] = version
        return True

    def _ids(self, name: str, operation: str) -> Path:
        return self.folder / f"{operation}-{name}.npz"

    def _measure(self, name: str, operation: str, later: int, *, keep: bool) -> dict[str, Any]:
        keep_ids = str(self._ids(name, operation)) if keep and operation != "count" else None
        job = self.folder / "job.json"
        Job(name, operation, str(self.folder), self.report.threads, later, keep_ids).save(job)
        threads = str(self.report.threads)
        parallel = "false" if self.report.threads == 1 else "true"
        environment = os.environ | {"RAYON_NUM_THREADS": threads, "TOKENIZERS_PARALLELISM": parallel}
        command = [sys.executable, "-m", "tokcore.benchmarking.worker", str(job)]
        try:
            done = subprocess.run(
                command, env=environment, capture_output=True, text=True, timeout=TIMEOUT_S, check=False
            )
        except subprocess.TimeoutExpired:
            raise MeasuringError(f"the process took over {TIMEOUT_S} seconds") from None
        if done.returncode != 0:
            raise MeasuringError(exception_line(done.stderr) or f"the process ended with {done.returncode}")
        result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return result

    def _median(self, name: str, operation: str, found: list[dict[str, Any]], *, ids_equal: bool) -> Measurement:
        later = [statistics.median(one["seconds"][1:]) for one in found if len(one["seconds"]) > 1]
        return Measurement(
            peer=name,
            operation=operation,
            tokens=found[0]["tokens"],
            first_s=statistics.median(one["seconds"][0] for one in found),
            later_s=statistics.median(later) if later else None,
            build_s=statistics.median(one["build"] for one in found),
            ids_equal=ids_equal,
        )

    def _equal(self, name: str, operation: str, tokens: int) -> bool:
        if operation == "count":
            equal = tokens == int(np.load(self._ids("tokcore", "encode"))["ids"].size)
            problem = None if equal else f"counts {tokens:,} tokens"
        else:
            problem = difference(np.load(self._ids("tokcore", "encode")), np.load(self._ids(name, operation)))
        if problem:
            self.report.notes.append(f"{name}: differs from tokcore: {problem}")
        return problem is None


def exception_line(traceback: str) -> str:
    """Return the line of a traceback that names the exception: the first one after the frames."""
    lines = traceback.splitlines()
    frames = [index for index, line in enumerate(lines) if line.startswith("  File ")]
    return next((line for line in lines[frames[-1] :] if line[:1].strip()), "") if frames else traceback.strip()


class MeasuringError(RuntimeError):
    """A measuring process failed or took too long; the message says how."""


def operations(name: str, wanted: list[str]) -> list[str]:
    """Return what a library is measured at: always encoding, counting only where it can do so without making ids."""
    able = {"encode": True, "count": PEERS[name].counts, "lists": PEERS[name].gives_lists}
    return [operation for operation in OPERATIONS if able[operation] and operation in {*wanted, "encode"}]


def difference(ours: Any, theirs: Any) -> str | None:
    """Say where two results first differ and in how many texts, or None if they are equal."""
    our_ids, our_offsets, their_ids, their_offsets = ours["ids"], ours["offsets"], theirs["ids"], theirs["offsets"]
    if len(our_offsets) != len(their_offsets):
        return f"{len(their_offsets) - 1:,} texts came back for {len(our_offsets) - 1:,}"
    if np.array_equal(our_offsets, their_offsets) and np.array_equal(our_ids, their_ids):
        return None
    pairs = zip(np.split(our_ids, our_offsets[1:-1]), np.split(their_ids, their_offsets[1:-1]), strict=True)
    differing = [(index, a, b) for index, (a, b) in enumerate(pairs) if not np.array_equal(a, b)]
    index, a, b = differing[0]
    shared = min(len(a), len(b))
    unequal = np.flatnonzero(a[:shared] != b[:shared])
    at = int(unequal[0]) if unequal.size else shared
    return (
        f"{len(differing):,} of {len(our_offsets) - 1:,} texts; text {index} from token {at}: "
        f"{b[at : at + 4].tolist()} where tokcore has {a[at : at + 4].tolist()}"
    )
