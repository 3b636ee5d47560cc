"""Train on the same file with tokcore and its peers, in turn, each in a fresh process: seconds, peak memory, tokens.

    python benches/python/train.py en.txt zh.txt --vocab-size 32000 --pattern gpt2
    python benches/python/train.py en.txt --scale          # tokcore alone: corpus x 1, 2, 4, 8; vocabulary 8k to 256k

Seconds include reading the file and splitting it into documents, and end when the library has its own result: listing
the tokens for comparison does not count. Every trainer's tokens are held against Hugging Face's. Writes train.json, and
with --scale train-corpus.png and train-vocabulary.png, into --out.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter, sleep
from typing import Any

import results
import tokcore
from tokcore.benchmarking import machine
from tokcore.benchmarking.worker import SETTLE
from trainers import TRAINERS, Job

REFERENCE = "tokenizers"
VOCABULARIES = [8_000, 16_000, 32_000, 64_000, 128_000, 256_000]
CORPORA = [1, 2, 4, 8]


def main() -> None:
    """Measure, print, and write what was found."""
    arguments = parse()
    if arguments.worker:
        work(json.loads(arguments.worker))
        return
    found = scale(arguments) if arguments.scale else compare(arguments)
    report = {"machine": machine.describe(), "versions": versions(), "threads": arguments.threads, "found": found}
    results.write(arguments.out / "train.json", report)


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="*", type=Path)
    parser.add_argument("--vocab-size", type=int, action="append", help="default: 32000")
    parser.add_argument("--pattern", action="append", help="default: gpt2")
    parser.add_argument("-a", "--against", action="append", choices=list(TRAINERS), help="default: all")
    parser.add_argument("-t", "--threads", type=int, default=machine.available_cpus())
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--scale", action="store_true")
    results.add_out(parser)
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if not arguments.worker:
        results.make_folder(parser, arguments.out)
    arguments.vocab_size = arguments.vocab_size or [32_000]
    arguments.pattern = arguments.pattern or ["gpt2"]
    return arguments


def versions() -> dict[str, str | None]:
    """Return the versions of all trainers."""
    return {name: machine.version(name) for name in TRAINERS}


def compare(arguments: argparse.Namespace) -> list[dict[str, Any]]:
    """Run all trainers on all corpora, patterns and sizes."""
    rows: list[dict[str, Any]] = []
    for path in arguments.paths:
        for pattern in arguments.pattern:
            for size in arguments.vocab_size:
                rows += compare_one(path, pattern, size, arguments)
    return rows


def compare_one(path: Path, pattern: str, size: int, arguments: argparse.Namespace) -> list[dict[str, Any]]:
    """Run all trainers on one corpus in turn and print a line for each."""
    names = list(dict.fromkeys(["tokcore", REFERENCE, *(arguments.against or TRAINERS)]))
    runs: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
    for _ in range(arguments.rounds):
        for name in names:
            runs[name].append(measure(name, path, pattern, size, arguments.threads))
    for name in ("tokcore", REFERENCE):
        if error := next((run["error"] for run in runs[name] if "error" in run), None):
            raise SystemExit(f"{name}, without which there is nothing to compare: {error}")
    text = f"{path.name}, {path.stat().st_size / 1e6:.1f} MB"
    print(f"\n{text}, {pattern} split, {size:,} tokens, {arguments.threads} threads")
    ours = statistics.median(run["seconds"] for run in runs["tokcore"])
    return [summary(name, path, pattern, size, runs, ours) for name in names]


def summary(
    name: str, path: Path, pattern: str, size: int, runs: dict[str, list[dict[str, Any]]], ours: float
) -> dict[str, Any]:
    """Return one trainer's medians and print them."""
    row: dict[str, Any] = {"trainer": name, "corpus": path.name, "pattern": pattern, "vocab_size": size}
    if "error" in runs[name][0]:
        print(f"{name:12} not measured: {runs[name][0]['error']}")
        return row | runs[name][0]
    seconds = statistics.median(run["seconds"] for run in runs[name])
    peak = statistics.median(run["peak_mb"] for run in runs[name])
    tokens = [bytes.fromhex(token) for token in runs[name][0]["tokens"]]
    expected = [bytes.fromhex(token) for token in runs[REFERENCE][0]["tokens"]]
    agreement = agree(tokens, expected)
    print(f"{name:12} {seconds:8.2f} s {peak:8.0f} MB  tokcore is {seconds / ours:6.2f}x  tokens {agreement}")
    return row | {"seconds": seconds, "peak_mb": peak, "agreement": agreement}


def agree(tokens: list[bytes], expected: list[bytes]) -> str:
    """Say how a trainer's tokens agree with Hugging Face's."""
    if tokens == expected:
        return "equal in order"
    shared = len(set(tokens) & set(expected))
    first = next((i for i, (a, b) in enumerate(zip(tokens[256:], expected[256:], strict=False)) if a != b), None)
    at = "" if first is None else f", first other merge is number {first + 1:,}"
    return f"{shared:,} of {len(expected):,} the same{at}"


def measure(name: str, path: Path, pattern: str, size: int, threads: int) -> dict[str, Any]:
    """Run one trainer in a process of its own."""
    job = {"trainer": name, "path": str(path), "vocab_size": size, "pattern_name": pattern, "threads": threads}
    with tempfile.NamedTemporaryFile(suffix=".json") as answer:
        command = [sys.executable, __file__, "--worker", json.dumps(job | {"answer": answer.name})]
        environment = os.environ | {"RAYON_NUM_THREADS": str(threads), "TOKENIZERS_PARALLELISM": "true"}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            lines_ = done.stderr.strip().splitlines() or [f"ended with {done.returncode}"]
            return {"error": lines_[-1]}
        result: dict[str, Any] = json.loads(Path(answer.name).read_text(encoding="utf-8"))
        return result


def work(job: dict[str, Any]) -> None:
    """Train in this process and write seconds, peak memory and tokens."""
    pattern = tokcore.get_encoding(job["pattern_name"])._pat_str
    task = Job(Path(job["path"]), job["vocab_size"], job["pattern_name"], pattern, job["threads"])
    sleep(SETTLE)
    started = perf_counter()
    trained = TRAINERS[job["trainer"]](task)
    seconds = perf_counter() - started
    tokens = trained()
    result = {"seconds": seconds, "peak_mb": peak_mb(), "tokens": [token.hex() for token in tokens]}
    Path(job["answer"]).write_text(json.dumps(result), encoding="utf-8")


def peak_mb() -> float:
    """Return the most memory this process had, in MiB.

    Where there is `/proc`, from there: `ru_maxrss` of a process begins with what the one had that started it.
    """
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text(encoding="utf-8").splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def scale(arguments: argparse.Namespace) -> dict[str, Any]:
    """Measure how tokcore's time grows with the corpus and with the vocabulary, and plot it."""
    # Here, and not above: a plotting library would count as memory of each trainer that is measured.
    from plots import lines

    by_corpus: dict[str, list[tuple[float, float]]] = {}
    by_vocabulary: dict[str, list[tuple[float, float]]] = {}
    for path in arguments.paths:
        by_corpus[path.stem] = [part_of(path, times, arguments) for times in CORPORA]
        by_vocabulary[path.stem] = [(size, seconds(path, size, arguments)) for size in VOCABULARIES]
    lines(arguments.out / "train-corpus.png", by_corpus, "MB of text, different", "seconds, 32,000 tokens")
    lines(arguments.out / "train-vocabulary.png", by_vocabulary, "tokens", "seconds")
    print(json.dumps({"corpus": by_corpus, "vocabulary": by_vocabulary}, indent=2))
    return {"corpus": by_corpus, "vocabulary": by_vocabulary}


def part_of(path: Path, times: int, arguments: argparse.Namespace) -> tuple[float, float]:
    """Return MB and seconds for the first `times` eighths of a corpus, so that all of the text is different."""
    data = path.read_bytes()
    part = data[: len(data) * times // CORPORA[-1]]
    with tempfile.NamedTemporaryFile(suffix=path.suffix) as file:
        file.write(part)
        file.flush()
        return len(part) / 1e6, seconds(Path(file.name), arguments.vocab_size[0], arguments)


def seconds(path: Path, size: int, arguments: argparse.Namespace) -> float:
    """Return the median seconds of tokcore."""
    runs = [measure("tokcore", path, arguments.pattern[0], size, arguments.threads) for _ in range(arguments.rounds)]
    return statistics.median(run["seconds"] for run in runs)


if __name__ == "__main__":
    main()
