"""What users get wrong ends in one line that names it, exit code 1 (2 for usage), and no half-written file."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import numpy as np
import pytest

from support.command import fails

if TYPE_CHECKING:
    from pathlib import Path

    from support.command import Run


@pytest.mark.parametrize("command", [("count",), ("encode",), ("compare",)])
def test_missing_file_and_directory(run: Run, tmp_path: Path, command: tuple[str, ...]) -> None:
    fails(run(*command, tmp_path / "none.txt", "-e", "gpt2"), "none.txt", "No such file")
    fails(run(*command, tmp_path, "-e", "gpt2"), str(tmp_path), "directory")


def test_a_missing_last_file_stops_before_any_work(run: Run, text_file: Path, tmp_path: Path) -> None:
    out = tmp_path / "ids.bin"
    fails(run("encode", text_file, tmp_path / "none.txt", "-e", "gpt2", "-o", out), "none.txt")
    assert not out.exists()


def test_unknown_encoding_lists_the_known(run: Run, text_file: Path) -> None:
    fails(run("count", text_file, "-e", "cl100k"), "cl100k", "cl100k_base")


def test_unknown_file_of_ids(run: Run, text_file: Path, tmp_path: Path) -> None:
    fails(run("encode", text_file, "-e", "gpt2", "-o", tmp_path / "ids.txt"), "ids.txt", ".npy", ".bin")
    fails(run("encode", text_file, "-e", "gpt2", "-o", tmp_path / "no" / "ids.npy"), "No such directory")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["text.txt"]


def test_unknown_special_token(run: Run, text_file: Path, tmp_path: Path) -> None:
    result = run("encode", text_file, "-e", "gpt2", "-o", tmp_path / "ids.npy", "--append", "<eos>")
    fails(result, "<eos>", "<|endoftext|>")


def test_ids_out_of_range(run: Run, tmp_path: Path) -> None:
    fails(run("decode", "-", "-e", "gpt2", stdin="1 2 99999999"), "99999999")
    fails(run("decode", "-", "-e", "gpt2", stdin="1 two"), "line 1")
    fails(run("decode", "-", "-e", "gpt2", stdin="-5"), "line 1")
    path = tmp_path / "ids.npy"
    np.save(path, np.array([0, 1 << 31], np.uint32))
    out = tmp_path / "text.txt"
    fails(run("decode", path, "-e", "gpt2", "-o", out), str(1 << 31))
    assert [found.name for found in tmp_path.iterdir()] == ["ids.npy"]


def test_files_that_are_no_ids(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.npy").write_bytes(b"no array")
    (tmp_path / "b.bin").write_bytes(b"123")
    np.save(tmp_path / "c.npy", np.zeros((2, 2)))
    for name in ("a.npy", "b.bin", "c.npy"):
        fails(run("decode", tmp_path / name, "-e", "gpt2"), name)


@pytest.mark.parametrize(
    ("content", "fragment"),
    [
        (b"", "vocabulary.tiktoken"),
        (b"!!! 0\n", "line 1"),
        (b"IQ==\n", "line 1"),
        (b"IQ== 0\nIQ== 1\n", "line 2"),
        (b"IQ== 0\nIg== 0\n", "line 2"),
        (b"IQ== 0\nIg== 1\n", "byte"),
    ],
    ids=["empty", "base64", "no rank", "duplicate token", "duplicate rank", "missing bytes"],
)
def test_malformed_rank_file(run: Run, text_file: Path, tmp_path: Path, content: bytes, fragment: str) -> None:
    path = tmp_path / "vocabulary.tiktoken"
    path.write_bytes(content)
    fails(run("count", text_file, "-e", path, "--pattern", "gpt2"), "vocabulary.tiktoken", fragment)


def test_a_rank_file_needs_its_pattern(run: Run, text_file: Path, tmp_path: Path) -> None:
    path = tmp_path / "bytes.tiktoken"
    path.write_text("".join(f"{base64.b64encode(bytes([b])).decode()} {b}\n" for b in range(256)), encoding="ascii")
    fails(run("count", text_file, "-e", path), "bytes.tiktoken", "pattern")
    assert run("count", text_file, "-e", path, "--pattern", "gpt2").exit_code == 0


def test_nothing_to_compare(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "empty.txt"
    path.touch()
    fails(run("compare", path, "-e", "gpt2"), "empty")


@pytest.mark.parametrize(
    "arguments", [("count",), ("count", "x"), ("nonsense",), ("count", "x", "-e", "gpt2", "-t", "0")]
)
def test_wrong_usage_is_exit_code_2(run: Run, arguments: tuple[str, ...]) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
