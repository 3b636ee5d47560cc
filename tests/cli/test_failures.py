"""What users get wrong ends in one line that names it, exit code 1 (2 for usage), and no half-written file."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

import tokcore
from support.command import fails

if TYPE_CHECKING:
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


def test_a_pattern_for_what_has_its_own(run: Run, text_file: Path, tmp_path: Path) -> None:
    own = tmp_path / "own.json"
    assert run("convert", "gpt2", own).exit_code == 0
    for encoding in ("gpt2", own):
        fails(run("count", text_file, "-e", encoding, "--pattern", "x"), "--pattern", str(encoding))
        fails(run("compare", text_file, "-e", encoding, "--pattern", "x"), "--pattern")
    fails(run("convert", own, tmp_path / "other.json", "--pattern", "x"), "--pattern")
    fails(
        run("count", text_file, "-e", tmp_path / "none.json", "--pattern", "x"), "none.json", "no such encoding or file"
    )
    assert not (tmp_path / "other.json").exists()


def test_a_pattern_that_matches_nothing_of_the_text(run: Run, tmp_path: Path) -> None:
    ranks, digits = tmp_path / "gpt2.tiktoken", tmp_path / "digits.txt"
    assert run("convert", "gpt2", ranks).exit_code == 0
    digits.write_text("0123", encoding="utf-8")
    result = run("compare", digits, "-e", "gpt2", "-e", ranks, "--pattern", "[a-z]+", "--json")
    rows = json.loads(result.stdout)
    assert [row["tokens"] > 0 for row in rows] == [True, False]
    assert (rows[1]["bytes_per_token"], rows[1]["tokens_beside_the_first"]) == (None, 0)
    out = tmp_path / "new.tokcore"
    result = run("train", digits, "--vocab-size", "257", "--pattern", "[a-z]+", "-o", out, "--held-out", digits)
    assert result.exit_code == 0, result.stderr


@pytest.mark.skipif(not Path("/dev/full").is_char_device(), reason="has no device that is always full")
def test_what_the_system_refuses_is_said_in_words(text_file: Path) -> None:
    command = [sys.executable, "-m", "tokcore.cli"]
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run([*command, "count", text_file, "-e", "gpt2"], stdout=full, stderr=-1, check=False)
    assert (done.returncode, done.stderr) == (1, b"tokcore: No space left on device\n")
    ascii_only = os.environ | {"PYTHONIOENCODING": "ascii"}
    done = subprocess.run(
        [*command, "inspect", "\u4e2d", "-e", "gpt2"], env=ascii_only, capture_output=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr.startswith(b"tokcore: the output's encoding ascii has no '\\u4e2d'")
    closed = ["sh", "-c", '"$@" <&-', "sh", *command, "count", "-", "-e", "gpt2"]
    done = subprocess.run(closed, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (1, b"tokcore: standard input is closed\n")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="has no named pipes")
def test_only_files_are_replaced_and_links_are_followed(run: Run, tmp_path: Path) -> None:
    pipe, link, ids = tmp_path / "pipe", tmp_path / "link", tmp_path / "ids.txt"
    os.mkfifo(pipe)
    link.symlink_to("text.txt")
    ids.write_text("64 201", encoding="utf-8")
    fails(run("decode", ids, "-e", "gpt2", "-o", pipe), "pipe", "not a regular file")
    assert pipe.is_fifo()
    assert run("decode", ids, "-e", "gpt2", "-o", link).exit_code == 0
    assert link.is_symlink()
    assert (tmp_path / "text.txt").read_bytes() == tokcore.get_encoding("gpt2").decode_bytes([64, 201])


def test_what_a_training_cannot_use_is_refused_before_it(run: Run, text_file: Path, tmp_path: Path) -> None:
    out, ranks = tmp_path / "new.tiktoken", tmp_path / "gpt2.tiktoken"
    train = ("train", text_file, "--vocab-size", "300", "-o")
    fails(run(*train, out, "--special", "<s>"), "new.tiktoken", "special tokens")
    fails(run(*train, out, "--held-out", text_file.with_suffix(".gz")), "No such file")
    packed = tmp_path / "held.jsonl"
    packed.touch()
    fails(run(*train, out, "--held-out", packed), "held.jsonl", "plain text")
    fails(run(*train, out, "--pattern", "gpt-2"), "gpt-2", "cl100k_base")
    json_file = tmp_path / "new.json"
    fails(run(*train, json_file, "--pattern", r"\p{L}+|\s+"), f"{json_file}: ", "leaves out text")
    fails(run(*train, json_file, "--pattern", r"\w+|\W"), f"{json_file}: ", "may read differently")
    fails(run(*train, json_file, "--special", "\u00e9"), f"{json_file}: ", "\u00e9")
    assert not out.exists()
    assert not json_file.exists()
    assert run("convert", "gpt2", ranks).exit_code == 0
    extended = ("--extend", ranks, "--pattern", "gpt2")
    assert run("train", text_file, "--vocab-size", "50260", "-o", out, *extended).exit_code == 0


def test_what_excludes_each_other_is_refused_before_any_work(run: Run, text_file: Path, tmp_path: Path) -> None:
    fails(run("count", text_file, "-e", "gpt2", "--json", "--csv"), "--json", "--csv")
    fails(run("compare", text_file, "-e", "gpt2", "--json", "--csv"), "--json", "--csv")
    out = tmp_path / "mine.json"
    fails(run("train", text_file, "--vocab-size", 300, "-o", out, "--checkpoint", out), "--checkpoint")
    fails(run("train", "-", "--vocab-size", 300, "-o", out, "--held-out", "-", stdin="text"), "--held-out")
    assert not out.exists()


def test_a_tier_that_there_is_not() -> None:
    command = [sys.executable, "-c", "import tokcore"]
    environment = os.environ | {"TOKCORE_TIER": "avx"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 1
    assert 'TOKCORE_TIER is "avx"' in done.stderr
