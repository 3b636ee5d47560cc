"""`tokcore train`: the file it writes, what it says, and what it refuses."""

from __future__ import annotations

import gzip
import json
import signal
import time
from typing import TYPE_CHECKING

import pytest

import tokcore
from support.command import fails, spawn
from tokcore.cli import options

if TYPE_CHECKING:
    from pathlib import Path

    from support.command import Run

SEPARATOR = "<|endoftext|>"
WORDS = "the quick brown fox jumps over the lazy dog and the quick brown cat 朋友买了西瓜手机 "


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Return a file of ten documents."""
    path = tmp_path / "corpus.txt"
    path.write_text(SEPARATOR.join(WORDS * count for count in range(1, 11)), encoding="utf-8")
    return path


@pytest.mark.parametrize("suffix", [".json", ".tokcore"])
def test_the_file_holds_what_the_library_trains(run: Run, corpus: Path, tmp_path: Path, suffix: str) -> None:
    out = tmp_path / f"mine{suffix}"
    result = run("train", corpus, "--vocab-size", 300, "-o", out, "--special", SEPARATOR, "--pattern", "gpt2")
    assert result.exit_code == 0, result.stderr
    assert result.stdout == ""
    assert "300 tokens" in result.stderr
    expected = tokcore.train(
        corpus.read_text(encoding="utf-8").split(SEPARATOR), 300, pattern="gpt2", special_tokens=[SEPARATOR]
    )
    loaded = tokcore.Tokenizer.from_file(out)
    assert loaded.encode_ordinary(WORDS) == expected.encode_ordinary(WORDS)
    assert loaded.encode_single_token(SEPARATOR) == 299


def test_standard_input_json_lines_and_gzip_give_the_same(run: Run, corpus: Path, tmp_path: Path) -> None:
    documents = corpus.read_text(encoding="utf-8").split(SEPARATOR)
    (tmp_path / "corpus.jsonl").write_text("".join(json.dumps({"text": text}) + "\n" for text in documents))
    (tmp_path / "corpus.txt.gz").write_bytes(gzip.compress(corpus.read_bytes()))
    prints = set()
    for name in ("corpus.txt", "corpus.jsonl", "corpus.txt.gz"):
        out = tmp_path / "out.tokcore"
        assert run("train", tmp_path / name, "--vocab-size", 290, "-o", out, "-t", 1).exit_code == 0
        prints.add(tokcore.Tokenizer.from_file(out).fingerprint)
    with spawn("train", "-", "--vocab-size", 290, "-o", tmp_path / "stdin.tokcore") as process:
        process.communicate(corpus.read_bytes())
    prints.add(tokcore.Tokenizer.from_file(tmp_path / "stdin.tokcore").fingerprint)
    assert len(prints) == 1


def test_too_little_text_ends_early_and_says_so(run: Run, tmp_path: Path) -> None:
    path, out = tmp_path / "small.txt", tmp_path / "small.tokcore"
    path.write_text("abab", encoding="utf-8")
    result = run("train", path, "--vocab-size", 1000, "-o", out)
    assert result.exit_code == 0
    assert result.stderr.startswith("tokcore: the vocabulary has 258 tokens, not 1000")
    assert tokcore.Tokenizer.from_file(out).n_vocab == 258


def test_what_cannot_be_trained_is_refused(run: Run, corpus: Path, tmp_path: Path) -> None:
    empty, out = tmp_path / "empty.txt", tmp_path / "out.json"
    empty.touch()
    fails(run("train", empty, "--vocab-size", 300, "-o", out), "no text")
    fails(run("train", tmp_path / "none.txt", "--vocab-size", 300, "-o", out), "none.txt")
    fails(run("train", tmp_path, "--vocab-size", 300, "-o", out), "directory")
    fails(run("train", corpus, "--vocab-size", 255, "-o", out), "255", "256")
    fails(run("train", corpus, "--vocab-size", 300, "-o", out, "--pattern", "(("), "pattern")
    fails(run("train", corpus, "--vocab-size", 300, "-o", tmp_path / "out.txt"), "out.txt", ".json")
    fails(run("train", corpus, "--vocab-size", 300, "-o", tmp_path / "no" / "out.json"), "No such directory")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["corpus.txt", "empty.txt"]
    assert run("train", corpus, "-o", out).exit_code == 2


def test_an_encoding_is_extended(run: Run, corpus: Path, tmp_path: Path) -> None:
    first, out = tmp_path / "first.tokcore", tmp_path / "second.tokcore"
    assert run("train", corpus, "--vocab-size", 280, "-o", first, "--pattern", "gpt2").exit_code == 0
    assert run("train", corpus, "--vocab-size", 300, "-o", out, "--extend", first).exit_code == 0
    old, new = tokcore.Tokenizer.from_file(first), tokcore.Tokenizer.from_file(out)
    assert new.n_vocab == 300
    assert new._pat_str == old._pat_str
    assert old._mergeable_ranks.items() <= new._mergeable_ranks.items()


def test_memory_and_checkpoint_change_nothing(run: Run, corpus: Path, tmp_path: Path) -> None:
    plain, limited = tmp_path / "plain.tokcore", tmp_path / "limited.tokcore"
    state = tmp_path / "state"
    assert run("train", corpus, "--vocab-size", 300, "-o", plain).exit_code == 0
    result = run("train", corpus, "--vocab-size", 300, "-o", limited, "--max-memory", "64M", "--checkpoint", state)
    assert result.exit_code == 0, result.stderr
    prints = [tokcore.Tokenizer.from_file(path).fingerprint for path in (plain, limited)]
    assert prints[0] == prints[1]
    assert run("train", corpus, "--vocab-size", 300, "-o", plain, "--max-memory", "much").exit_code == 2


@pytest.mark.parametrize(("text", "expected"), [("7", 7), ("2K", 2048), ("1.5m", 3 << 19), ("4GiB", 4 << 30)])
def test_sizes(text: str, expected: int) -> None:
    assert options.size(text) == expected


def test_held_out_text_is_judged_by_script(run: Run, corpus: Path, tmp_path: Path) -> None:
    held_out = tmp_path / "held-out.txt"
    held_out.write_text("the quick fox\nБыстрая лиса\n朋友买了西瓜\nスイカを買った\n123\n", encoding="utf-8")
    result = run("train", corpus, "--vocab-size", 300, "-o", tmp_path / "a.json", "--held-out", held_out)
    header, *rows = (line.split() for line in result.stdout.splitlines())
    assert header[:4] == ["script", "lines", "bytes", "tokens"]
    assert {row[0] for row in rows} == {"Latin", "Cyrillic", "Han", "Kana", "none"}
    assert sum(int(row[2]) for row in rows) == held_out.stat().st_size


def test_an_interrupt_leaves_no_file(tmp_path: Path) -> None:
    with spawn("train", "-", "--vocab-size", 300, "-o", tmp_path / "out.json") as process:
        assert process.stdin is not None
        assert process.stderr is not None
        process.stdin.write(WORDS.encode() * 100_000)
        process.stdin.flush()
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 130
        assert b"interrupted" in process.stderr.read()
    assert list(tmp_path.iterdir()) == []
