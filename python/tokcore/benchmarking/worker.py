"""What each measuring process runs: build one library's tokenizer, warm up, time the passes, print JSON.

Run as `python -m tokcore.benchmarking.worker JOB`, where JOB is a JSON file (see `Job`).
"""

from __future__ import annotations

import gc
import json
import sys
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from time import perf_counter, sleep
from typing import Any

import numpy as np

from tokcore.benchmarking.peers import PEERS, Export, Peer, from_lists

WARM_UP = "The quick brown fox jumps over the lazy dog, 1,234 times; 敏捷的狐狸。\n" * 14
"""About a kilobyte: enough for what a library sets up on its first call, too little to warm its caches."""

SETTLE = 0.2
"""Seconds before the first pass: threads of numpy's algebra library spin for a tenth of one after it is imported."""


@dataclass(frozen=True)
class Job:
    """One measurement: which library does what to which texts, how often, and where the ids go for comparison."""

    peer: str
    operation: str
    folder: str
    threads: int
    later: int
    """How many passes after the first."""
    keep_ids: str | None
    """Where to save ids and offsets (.npz), or None."""

    def save(self, path: Path) -> None:
        """Write as JSON, for the process that runs it."""
        path.write_text(json.dumps(asdict(self)), encoding="utf-8")


def save_texts(folder: Path, texts: list[str]) -> int:
    """Write texts as one UTF-8 file and their byte offsets; returns the bytes."""
    encoded = [text.encode("utf-8") for text in texts]
    offsets = np.concatenate(([0], np.cumsum([len(text) for text in encoded], dtype=np.int64)))
    (folder / "texts.bin").write_bytes(b"".join(encoded))
    np.save(folder / "texts.npy", offsets)
    return int(offsets[-1])


def load_texts(folder: Path) -> list[str]:
    """Read back what `save_texts` wrote, as new `str` objects."""
    data = (folder / "texts.bin").read_bytes()
    offsets = np.load(folder / "texts.npy").tolist()
    return [data[start:end].decode("utf-8") for start, end in pairwise(offsets)]


def run(job: Job) -> dict[str, Any]:
    """Do the measurement; times are in seconds, the first pass first."""
    folder = Path(job.folder)
    started = perf_counter()
    peer = PEERS[job.peer](Export(folder), job.threads)
    build = perf_counter() - started
    texts = load_texts(folder)
    work = {"encode": peer.encode, "count": peer.count, "lists": peer.lists}[job.operation]
    work([WARM_UP])
    sleep(SETTLE)
    gc.disable()
    seconds: list[float] = []
    for _ in range(1 + job.later):
        result = None
        started = perf_counter()
        result = work(texts)
        seconds.append(perf_counter() - started)
    return {"build": build, "seconds": seconds, "tokens": _tokens(job, peer, result)}


def _tokens(job: Job, peer: Peer, result: Any) -> int:
    if job.operation == "count":
        return int(result)
    ids, offsets = from_lists(result) if job.operation == "lists" else peer.arrays(result)
    if job.keep_ids:
        np.savez(job.keep_ids, ids=ids, offsets=offsets)
    return int(ids.size)


if __name__ == "__main__":
    print(json.dumps(run(Job(**json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))))))
