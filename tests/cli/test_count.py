"""`tokcore count` and `tokcore compare` against tiktoken over the same ranks."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING

import tokcore

if TYPE_CHECKING:
    from pathlib import Path

    from support.command import Run

SEPARATOR = "<|endoftext|>"


def test_counts_what_encoding_gives(run: Run, text_file: Path) -> None:
    text = text_file.read_bytes().decode()
    result = run("count", text_file, "-e", "o200k_base", "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout) == [
        {
            "tokens": len(tokcore.get_encoding("o200k_base").encode_ordinary(text)),
            "bytes": len(text.encode()),
            "characters": len(text),
            "documents": 1,
            "path": "total",
        }
    ]


def test_per_file_rows_add_up(run: Run, text_file: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.txt"
    other.write_text("hello world", encoding="utf-8")
    result = run("count", text_file, other, "-e", "gpt2", "--per-file", "--csv")
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    assert [row["path"] for row in rows] == [str(text_file), str(other), "total"]
    for column in ("tokens", "bytes", "characters", "documents"):
        assert int(rows[0][column]) + int(rows[1][column]) == int(rows[2][column])
    assert rows[1]["tokens"] == "2"


def test_separators_are_not_counted(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "documents.txt"
    path.write_text(SEPARATOR.join(["one", "", "two three"]) + SEPARATOR, encoding="utf-8")
    (row,) = json.loads(run("count", path, "-e", "gpt2", "--separator", SEPARATOR, "--json").stdout)
    assert (row["tokens"], row["documents"], row["bytes"]) == (3, 2, 12)
    (row,) = json.loads(run("count", path, "-e", "gpt2", "--json").stdout)
    assert row["documents"] == 1
    assert row["bytes"] == path.stat().st_size


def test_standard_input_and_invalid_utf8(run: Run) -> None:
    data = b"caf\xe9 \xff\xfe text"
    (row,) = json.loads(run("count", "-", "-e", "cl100k_base", "--json", "--per-file", stdin=data).stdout)[:1]
    assert row["path"] == "<stdin>"
    assert row["tokens"] == tokcore.get_encoding("cl100k_base").count(data)


def test_a_table_for_people_has_no_colour_codes_on_a_pipe(run: Run, text_file: Path) -> None:
    result = run("count", text_file, "-e", "gpt2")
    assert result.stdout.splitlines()[0].split() == ["tokens", "bytes", "characters", "documents", "path"]
    assert "\x1b" not in result.output


def test_compare_is_relative_to_the_first(run: Run, text_file: Path) -> None:
    rows = json.loads(run("compare", text_file, "-e", "r50k_base", "-e", "o200k_base", "--json").stdout)
    counts = [
        len(tokcore.get_encoding(name).encode_ordinary(text_file.read_bytes().decode()))
        for name in ("r50k_base", "o200k_base")
    ]
    assert [row["tokens"] for row in rows] == counts
    assert rows[0]["tokens_beside_the_first"] == 1
    assert rows[1]["tokens_beside_the_first"] == round(counts[1] / counts[0], 4)
    assert rows[1]["bytes_per_token"] == round(text_file.stat().st_size / counts[1], 4)
