"""What training may take: memory and time, each seen from outside, in a process of its own."""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

import tokcore

if TYPE_CHECKING:
    from pathlib import Path

# Half a million different words, many of them rare: 20 MB to merge, and more pairs than a small budget can follow.
MAKE = """
import random, sys
import tokcore

draw = random.Random(7)
syllables = [a + b for a in "bcdfghklmnprstvz" for b in ("a", "e", "i", "o", "u", "an", "er", "is")]
words = {"".join(draw.choices(syllables, k=draw.randint(2, 9))): 1 + draw.randrange(9) for _ in range(500_000)}
counts = {word.encode(): count for word, count in words.items()}
tokcore.WordCounts.from_counts(counts, pattern="gpt2").save(sys.argv[1])
"""

TRAIN = """
import json, os, signal, sys
from pathlib import Path
import tokcore

path, budget, phase = sys.argv[1], int(sys.argv[2]), sys.argv[3]
seen = []


def report(name, done, total, seconds):
    seen.append(name)
    if name == phase:
        os.kill(os.getpid(), signal.SIGINT)


def peak():
    # Not getrusage: a process begins with the peak of the one that it was forked from.
    status = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) << 10 for line in status if line.startswith("VmHWM:"))


before = peak()
try:
    counts = tokcore.WordCounts.from_file(path)
    enc = tokcore.train(counts, 20_000, num_threads=2, max_memory=budget or None, progress=report)
    print(json.dumps({"peak": peak() - before, "fingerprint": enc.fingerprint}))
except KeyboardInterrupt:
    print(json.dumps({"last": seen[-1]}))
"""


@pytest.fixture(scope="module")
def words(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a file of word counts."""
    path = tmp_path_factory.mktemp("limits") / "words"
    subprocess.run([sys.executable, "-c", MAKE, str(path)], timeout=300, check=True)
    return path


def train(path: Path, budget: int = 0, phase: str = "") -> dict:
    command = [sys.executable, "-c", TRAIN, str(path), str(budget), phase]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True)
    return json.loads(done.stdout)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the peak is read as Linux tells it")
def test_a_memory_budget_is_kept(words):
    free, bound = train(words), train(words, 100 << 20)
    assert bound["fingerprint"] == free["fingerprint"]
    # A tenth for what is not training's.
    assert bound["peak"] < (110 << 20) < free["peak"]


@pytest.mark.parametrize("phase", ["indexing", "merging"])
@pytest.mark.parametrize("budget", [0, 100 << 20])
def test_ctrl_c_stops_each_phase(words, phase, budget):
    assert train(words, budget, phase) == {"last": phase}


def test_what_the_least_budget_is_said_to_be_is_enough():
    # The most frequent pair makes a token that there is already, which takes room for nothing.
    draw = random.Random(1)
    words = {f"abcdabcd{''.join(draw.choices('efghijklmnopqrst', k=5))}".encode(): 1 for _ in range(100_000)}
    counts = tokcore.WordCounts.from_counts(words, pattern=r"\S+|\s+")
    ranks = {bytes([byte]): byte for byte in range(256)} | {b"abcd": 256}
    initial = tokcore.Tokenizer("bytes", pat_str=r"\S+|\s+", mergeable_ranks=ranks, special_tokens={})
    with pytest.raises(ValueError, match="allow at least") as refused:
        tokcore.train(counts, 287, initial=initial, max_memory=8 << 20)
    least = int(re.findall(r"at least (\d+)", str(refused.value))[0])
    bound = tokcore.train(counts, 287, initial=initial, max_memory=least)
    assert bound.fingerprint == tokcore.train(counts, 287, initial=initial).fingerprint


def test_a_pair_with_very_many_places_asks_for_a_larger_budget():
    draw = random.Random(1)
    words = {bytes(draw.choices(b"aac", k=60)): 1 for _ in range(30_000)}
    counts = tokcore.WordCounts.from_counts(words, pattern=r"\S+|\s+")
    with pytest.raises(ValueError, match=r"one pair has \d+ places") as refused:
        tokcore.train(counts, 300, max_memory=24 << 20, num_threads=1)
    least = int(re.findall(r"at least (\d+)", str(refused.value))[0])
    bound = tokcore.train(counts, 300, max_memory=least, num_threads=1)
    assert bound.fingerprint == tokcore.train(counts, 300).fingerprint
