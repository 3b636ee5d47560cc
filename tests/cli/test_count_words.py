"""`tokcore count-words`: what it keeps, and what training makes of it."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pytest

import tokcore
from support.command import fails, spawn

if TYPE_CHECKING:
    from pathlib import Path

    from support.command import Run

SEPARATOR = "<|endoftext|>"
TEXTS = ["the quick brown fox jumps over the lazy dog" * 3 + SEPARATOR + "朋友买了西瓜手机", "the lazy cat, 朋友"]


@pytest.fixture
def texts(tmp_path: Path) -> list[Path]:
    """Return two files, one of two documents."""
    paths = [tmp_path / "one.txt", tmp_path / "two.txt"]
    for path, text in zip(paths, TEXTS, strict=True):
        path.write_text(text, encoding="utf-8")
    return paths


def test_training_on_counts_gives_what_the_text_does(run: Run, texts: list[Path], tmp_path: Path) -> None:
    counts = [path.with_suffix(".counts") for path in texts]
    for text, out in zip(texts, counts, strict=True):
        result = run("count-words", text, "-o", out, "--pattern", "gpt2", "-t", 1)
        assert result.exit_code == 0, result.stderr
        assert result.stdout == ""
    both, prints = tmp_path / "both.counts", set()
    result = run("count-words", *counts, "-o", both)
    assert "3 documents, " in result.stderr
    words = sum(tokcore.WordCounts.from_file(path).words for path in counts)
    assert f"both.counts: {words} pre-tokens" in result.stderr
    for sources in (texts, counts, [both], counts[::-1]):
        out = tmp_path / "out.tokcore"
        pattern = ["--pattern", "gpt2"] if sources is texts else []
        assert run("train", *sources, "--vocab-size", 280, "-o", out, *pattern).exit_code == 0
        prints.add(tokcore.Tokenizer.from_file(out).fingerprint)
    assert len(prints) == 1


def test_standard_input_is_text(texts: list[Path], tmp_path: Path) -> None:
    out = tmp_path / "out.counts"
    for content, code in ((texts[0].read_bytes(), 0), (b"tokcore word counts 1\n", 1)):
        with spawn("count-words", "-", "-o", out) as process:
            _, errors = process.communicate(content)
            assert process.returncode == code, errors
    assert tokcore.WordCounts.from_file(out).to_dict() == tokcore.count_words(texts[0]).to_dict()


def test_what_is_read_is_not_replaced(run: Run, texts: list[Path], tmp_path: Path) -> None:
    counts, before = tmp_path / "some.counts", texts[0].read_bytes()
    fails(run("count-words", *texts, "-o", texts[0]), "would be replaced")
    (tmp_path / "data.json").symlink_to(texts[0])
    fails(run("train", *texts, "--vocab-size", 260, "-o", tmp_path / "data.json"), "would be replaced")
    assert texts[0].read_bytes() == before
    # Word counts may be: they stay open until they are written.
    assert run("count-words", *texts, "-o", counts).exit_code == 0
    expected = tokcore.WordCounts.from_file(counts).to_dict()
    assert run("count-words", counts, "-o", counts).exit_code == 0
    assert tokcore.WordCounts.from_file(counts).to_dict() == expected


def test_what_a_format_cannot_hold_is_known_before_training(run: Run, texts: list[Path], tmp_path: Path) -> None:
    counts, out = tmp_path / "some.counts", tmp_path / "out.json"
    assert run("count-words", *texts, "-o", counts, "--pattern", r"\h+|\H+").exit_code == 0
    # Too few tokens, which training would say.
    fails(run("train", counts, "--vocab-size", 1, "-o", out), r"\h")
    fails(run("train", texts[0], "--vocab-size", 1, "-o", out, "--pattern", "foo"), "no split pattern")


def test_word_counts_are_not_text_for_others(run: Run, texts: list[Path], tmp_path: Path) -> None:
    counts, packed = tmp_path / "some.counts", tmp_path / "text.gz"
    assert run("count-words", *texts, "-o", counts).exit_code == 0
    packed.write_bytes(gzip.compress(texts[0].read_bytes()))
    for path, kind in ((counts, "word counts"), (packed, "gzip")):
        for command in ("count", "encode", "compare"):
            fails(run(command, path, "-e", "gpt2"), path.name, kind)
    fails(run("train", *texts, "--vocab-size", 260, "-o", tmp_path / "a.json", "--held-out", counts), "word counts")


def test_what_cannot_be_counted_is_refused(run: Run, texts: list[Path], tmp_path: Path) -> None:
    counts, out = tmp_path / "some.counts", tmp_path / "out.counts"
    assert run("count-words", *texts, "-o", counts).exit_code == 0
    fails(run("count-words", texts[0], counts, "-o", out), "some.counts", "holds word counts")
    fails(run("count-words", texts[0], "-o", "-"), "-: counts go to a file")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    fails(run("count-words", texts[0], "-o", tmp_path / "loop"), "loop")
    fails(run("count-words", counts, "-o", out, "--pattern", "gpt2"), "pattern")
    fails(run("count-words", tmp_path / "none", "-o", out), "none")
    fails(run("count-words", texts[0], "-o", tmp_path / "no" / "out"), "No such directory")
    counts.write_bytes(counts.read_bytes()[:-1])
    fails(run("count-words", counts, "-o", out), "some.counts")
    assert not out.exists()
    assert run("count-words", texts[0]).exit_code == 2
