"""Training that is killed, or cannot write."""

from __future__ import annotations

import os
import random
import resource
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

import tokcore
from support.command import fails, spawn

if TYPE_CHECKING:
    from pathlib import Path

    from support.command import Run

KILLS = 8
CHILD = """
import sys, tokcore
print("ready", flush=True)
enc = tokcore.train(sys.argv[1], 3000, checkpoint=sys.argv[2], checkpoint_interval=0.0, num_threads=2)
print(enc.fingerprint)
"""


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a file with many different words, which takes some tenths of a second to train on."""
    path = tmp_path_factory.mktemp("corpus") / "corpus.txt"
    choose = random.Random(1)
    syllables = [a + b for a in "bdfgklmnprst" for b in "aeiou"]
    words = ["".join(choose.choices(syllables, k=choose.randint(1, 5))) for _ in range(60_000)]
    documents = (" ".join(choose.choices(words, k=2000)) for _ in range(500))
    path.write_text("<|endoftext|>".join(documents), encoding="utf-8")
    return path


def test_a_kill_at_any_moment_loses_nothing(corpus: Path, tmp_path: Path) -> None:
    started = time.perf_counter()
    expected = tokcore.train(corpus, 3000, num_threads=2).fingerprint
    usual = time.perf_counter() - started
    checkpoint, moments = tmp_path / "checkpoint", random.Random(2)
    command = [sys.executable, "-c", CHILD, str(corpus), str(checkpoint)]
    for _ in range(KILLS):
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready\n"
            time.sleep(moments.uniform(0, usual))
            process.kill()
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    assert done.stdout.split()[-1].decode() == expected


def test_the_command_goes_on_after_a_kill(run: Run, corpus: Path, tmp_path: Path) -> None:
    arguments = ("train", corpus, "--vocab-size", 3000, "--checkpoint", tmp_path / "checkpoint", "-o")
    for _ in range(3):
        with spawn(*arguments, tmp_path / "killed.json") as process:
            while not (tmp_path / "checkpoint").exists():
                time.sleep(0.01)
            process.kill()
    result = run(*arguments, tmp_path / "resumed.json")
    assert result.exit_code == 0, result.stderr
    whole = run("train", corpus, "--vocab-size", 3000, "-o", tmp_path / "whole.json")
    assert whole.exit_code == 0, whole.stderr
    assert (tmp_path / "resumed.json").read_bytes() == (tmp_path / "whole.json").read_bytes()


@pytest.mark.parametrize("option", ["--output", "--checkpoint"])
def test_a_directory_that_is_not_there_is_named(run: Run, corpus: Path, tmp_path: Path, option: str) -> None:
    wanted = {"--output": tmp_path / "a.json", "--checkpoint": tmp_path / "b"} | {option: tmp_path / "none" / "c.json"}
    pairs = [part for pair in wanted.items() for part in pair]
    fails(run("train", corpus, "--vocab-size", 400, *pairs), str(tmp_path / "none"))


@pytest.mark.parametrize("option", ["--output", "--checkpoint"])
def test_a_full_disk_is_one_line_and_leaves_what_was_there(corpus: Path, tmp_path: Path, option: str) -> None:
    kept = tmp_path / "kept.json"
    tokcore.train(["some text"], 256).save(kept)
    before = kept.read_bytes()
    wanted = {"--output": kept} | ({"--checkpoint": tmp_path / "checkpoint"} if option == "--checkpoint" else {})
    pairs = [str(part) for pair in wanted.items() for part in pair]
    command = [sys.executable, "-m", "tokcore.cli", "train", str(corpus), "--vocab-size", "3000", *pairs]

    def limit() -> None:
        # As a full disk, with another reason: a file may not grow beyond this.
        resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))

    done = subprocess.run(command, capture_output=True, text=True, preexec_fn=limit, check=False)
    assert done.returncode == 1, done.stderr
    (line,) = done.stderr.splitlines()
    assert line.startswith("tokcore: ")
    assert str(wanted[option]) in line
    assert kept.read_bytes() == before
    assert {path.name for path in tmp_path.iterdir()} <= {"kept.json", "checkpoint"}


def test_a_missing_directory_for_spilled_words_is_named(corpus: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tokcore.cli", "train", str(corpus), "--vocab-size", "3000", "--max-memory", "8M"]
    command += ["--threads", "1", "-o", str(tmp_path / "a.json")]
    environment = os.environ | {"TMPDIR": str(tmp_path / "none")}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 1, done.stderr
    (line,) = done.stderr.splitlines()
    assert "the directory for temporary files" in line
    assert str(tmp_path / "none") in line
    assert list(tmp_path.iterdir()) == []


# Root may write anywhere. A first run has imported all that somebody else might not be allowed to read.
UNPRIVILEGED = """
import os, sys
from tokcore.cli import app, main

app([*sys.argv[1:6], "warm.json"], standalone_mode=False)
print("warm", file=sys.stderr)
os.chmod(".", 0o555)
if os.geteuid() == 0:
    os.setuid(65534)
main()
"""


@pytest.mark.parametrize(("output", "option"), [("mine.json", []), ("open/mine.json", ["--checkpoint", "state"])])
def test_a_directory_that_may_not_be_written_to_is_named(tmp_path: Path, output: str, option: list[str]) -> None:
    (tmp_path / "corpus.txt").write_text("some words to train on\n" * 50, encoding="utf-8")
    (tmp_path / "mine.json").write_text("old", encoding="utf-8")
    arguments = ["train", "corpus.txt", "--vocab-size", "270", "--output", output, *option]
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    command = [sys.executable, "-c", UNPRIVILEGED, *arguments]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60)
    tmp_path.chmod(0o755)
    (line,) = done.stderr.partition("warm\n")[2].splitlines()
    assert done.returncode == 1
    assert line.startswith("tokcore: ")
    assert (option or ["mine.json"])[-1] in line
    assert "ermission denied" in line
    assert sorted(path.name for path in tmp_path.iterdir()) == ["corpus.txt", "mine.json", "open", "warm.json"]
    assert list((tmp_path / "open").iterdir()) == []
    assert (tmp_path / "mine.json").read_text(encoding="utf-8") == "old"
