"""`tokcore encode` and `tokcore decode`: files of ids, and text that comes back byte for byte."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

import numpy as np
import pytest

import tokcore

if TYPE_CHECKING:
    from pathlib import Path

    from support.command import Run

SEPARATOR = "<|endoftext|>"


@pytest.mark.parametrize(("encoding", "dtype"), [("gpt2", "<u2"), ("o200k_base", "<u4")])
@pytest.mark.parametrize("suffix", [".npy", ".bin"])
def test_files_of_ids_round_trip(
    run: Run, text_file: Path, tmp_path: Path, encoding: str, dtype: str, suffix: str
) -> None:
    out, back = tmp_path / f"ids{suffix}", tmp_path / "back.txt"
    assert run("encode", text_file, "-e", encoding, "-o", out).exit_code == 0
    ids = np.load(out) if suffix == ".npy" else np.fromfile(out, dtype)
    assert ids.dtype == np.dtype(dtype)
    assert ids.tolist() == tokcore.get_encoding(encoding).encode_ordinary(text_file.read_bytes().decode())
    assert run("decode", out, "-e", encoding, "-o", back).exit_code == 0
    assert back.read_bytes() == text_file.read_bytes()


def test_documents_end_with_the_token_asked_for(run: Run, tmp_path: Path) -> None:
    path, out = tmp_path / "documents.txt", tmp_path / "ids.bin"
    path.write_text(SEPARATOR.join(["one", "two three"]), encoding="utf-8")
    result = run("encode", path, "-e", "gpt2", "-o", out, "--separator", SEPARATOR, "--append", SEPARATOR)
    assert result.exit_code == 0
    gpt2 = tokcore.get_encoding("gpt2")
    expected = [*gpt2.encode("one"), gpt2.eot_token, *gpt2.encode("two three"), gpt2.eot_token]
    assert np.fromfile(out, "<u2").tolist() == expected


def test_ids_as_text_through_standard_streams(run: Run) -> None:
    encoded = run("encode", "-", "-e", "gpt2", stdin="hello world")
    assert encoded.stdout == "31373 995\n"
    assert run("decode", "-", "-e", "gpt2", stdin=encoded.stdout).stdout == "hello world"


def test_invalid_utf8_round_trips(run: Run, tmp_path: Path) -> None:
    path, out = tmp_path / "bytes.txt", tmp_path / "ids.npy"
    path.write_bytes(bytes(range(256)) * 3 + b"\xf0\x9f\x8d")
    assert run("encode", path, "-e", "cl100k_base", "-o", out).exit_code == 0
    result = run("decode", out, "-e", "cl100k_base")
    assert result.stdout_bytes == path.read_bytes()


def test_an_empty_file_gives_an_empty_array(run: Run, tmp_path: Path) -> None:
    path, out = tmp_path / "empty.txt", tmp_path / "ids.npy"
    path.touch()
    assert run("encode", path, "-e", "gpt2", "-o", out).exit_code == 0
    assert np.load(out).shape == (0,)


def test_a_document_longer_than_a_block_is_whole(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tokcore.cli.sources.BLOCK", 7)
    path, out = tmp_path / "documents.txt", tmp_path / "ids.bin"
    documents = ["the first document is longer than a block", "b", "third one"]
    path.write_text(SEPARATOR.join(documents), encoding="utf-8")
    assert run("encode", path, "-e", "gpt2", "-o", out, "--separator", SEPARATOR).exit_code == 0
    gpt2 = tokcore.get_encoding("gpt2")
    assert np.fromfile(out, "<u2").tolist() == list(chain.from_iterable(map(gpt2.encode, documents)))
