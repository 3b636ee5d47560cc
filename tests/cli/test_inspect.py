"""`tokcore inspect` and `tokcore convert`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

import tokcore

if TYPE_CHECKING:
    from pathlib import Path

    from support.command import Run

SENTENCE = "朋友买了西瓜手机！"


@pytest.mark.parametrize("encoding", ["gpt2", "cl100k_base", "o200k_base"])
def test_tokens_that_split_characters_show_bytes_and_the_character(run: Run, encoding: str) -> None:
    rows = json.loads(run("inspect", SENTENCE, "-e", encoding, "--json").stdout)
    assert [row["id"] for row in rows] == tokcore.get_encoding(encoding).encode_ordinary(SENTENCE)
    assert bytes.fromhex("".join(row["bytes"] for row in rows)).decode() == SENTENCE
    for row in rows:
        piece = bytes.fromhex(row["bytes"])
        whole = piece.decode("utf-8", "ignore").encode() == piece
        assert row["text"] == (piece.decode() if whole else f"<{piece.hex(' ')}>")
        assert (row["inside"] == "") == whole
        assert all(character in SENTENCE for character in row["inside"])


def test_blanks_and_controls_are_visible(run: Run) -> None:
    result = run("inspect", "a b\t\n\x1b", "-e", "gpt2")
    assert result.exit_code == 0
    assert "\x1b" not in result.stdout
    assert "·b" in result.stdout
    assert "\\x1b" in result.stdout


def test_a_file_and_a_limit(run: Run, text_file: Path) -> None:
    result = run("inspect", text_file, "-e", "gpt2", "--limit", 3)
    assert "the first 3 shown" in result.stdout
    assert len(json.loads(run("inspect", text_file, "-e", "gpt2", "--limit", 3, "--json").stdout)) == 3


@pytest.mark.parametrize("suffix", [".tokcore", ".json", ".tiktoken"])
def test_convert_keeps_the_tokenizer(run: Run, tmp_path: Path, suffix: str) -> None:
    out = tmp_path / f"gpt2{suffix}"
    result = run("convert", "gpt2", out)
    assert result.exit_code == 0, result.stderr
    pattern = "gpt2" if suffix == ".tiktoken" else None
    loaded = tokcore.Tokenizer.from_file(out, pattern=pattern)
    assert loaded.encode_ordinary(SENTENCE) == tokcore.get_encoding("gpt2").encode_ordinary(SENTENCE)
