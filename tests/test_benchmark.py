"""`tokcore.benchmark`: what it measures, what it says of peers, and that differing ids are found."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pytest

import tokcore
from tokcore.benchmarking import session

if TYPE_CHECKING:
    from pathlib import Path

TEXTS = ["Hello world, it's 12345 o'clock.\n", "", "朋友买了西瓜手机！", b"caf\xe9", "lone \ud800 surrogate"]


@pytest.fixture(scope="module")
def report() -> session.Report:
    """Measure tiktoken and tokenizers once for all tests."""
    return tokcore.benchmark(TEXTS, "gpt2", against=["tiktoken", "tokenizers"], num_threads=1, rounds=1, later=1)


def test_every_library_is_measured_with_equal_ids(report: session.Report) -> None:
    found = [(m.peer, m.operation) for m in report.measurements]
    assert found == [(peer, does) for does in ("encode", "count") for peer in ("tokcore", "tiktoken", "tokenizers")]
    assert all(m.ids_equal and m.first_s > 0 and m.later_s for m in report.measurements)
    assert report.notes == []
    tokens = len(tokcore.get_encoding("gpt2").encode_ordinary("".join(session.valid(text) for text in TEXTS[:1])))
    assert tokens < report.measurements[0].tokens


def test_the_report_is_json_with_rates_and_versions(report: session.Report, tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    assert json.loads(report.to_json(path)) == json.loads(path.read_text(encoding="utf-8"))
    found = json.loads(report.to_json())
    first = found["measurements"][0]
    assert first["first_bytes_per_s"] == pytest.approx(found["text"]["bytes"] / first["first_s"])
    assert set(found["versions"]) == {"tokcore", "tiktoken", "tokenizers"}
    assert found["text"]["documents"] == len(TEXTS)
    assert "tiktoken" in str(report)


def test_a_tokenizer_without_a_name(tmp_path: Path) -> None:
    path = tmp_path / "ranks.tiktoken"
    tokcore.get_encoding("gpt2").save(path)
    tokenizer = tokcore.Tokenizer.from_file(path, pattern=r"\w+|\W")
    report = tokcore.benchmark(["one two\n\nthree"], tokenizer, rounds=1, later=0, num_threads=1)
    assert [m.ids_equal for m in report.measurements] == [True] * 4
    assert report.measurements[0].later_s is None


def test_a_vocabulary_that_only_some_libraries_can_read() -> None:
    ranks = tokcore.get_encoding("gpt2")._mergeable_ranks
    tokenizer = tokcore.Tokenizer("anchored", pat_str=r"\s+$|\S+|\s", mergeable_ranks=ranks, special_tokens={})
    found = tokcore.benchmark(["one two\n"], tokenizer, against=["tiktoken", "tokenizers"], rounds=1, later=0)
    assert {m.peer for m in found.measurements} == {"tokcore", "tiktoken"}
    assert [note for note in found.notes if "tokenizers (encode): not measured" in note and '"$"' in note]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"texts": TEXTS, "against": ["nobody"]}, "nobody"),
        ({"texts": []}, "no text"),
        ({"texts": ["", ""]}, "no text"),
        ({"texts": TEXTS, "rounds": 0}, "at least 1"),
        ({"texts": TEXTS, "num_threads": 0}, "at least 1"),
    ],
)
def test_wrong_arguments(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        tokcore.benchmark(encoding="gpt2", **arguments)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "arguments", [{"texts": "one text"}, {"texts": [3]}, {"texts": TEXTS, "against": "tiktoken"}], ids=str
)
def test_one_where_several_are_asked_for(arguments: dict[str, object]) -> None:
    with pytest.raises(TypeError, match=r"list|str or bytes"):
        tokcore.benchmark(encoding="gpt2", **arguments)  # type: ignore[arg-type]


def test_texts_of_arrays() -> None:
    arrays = [np.array(["ä", "b"]), pa.array(["ä", "b"]), np.array(["ä".encode(), b"b"])]
    assert [[session.valid(text) for text in array] for array in arrays] == [["ä", "b"]] * 3


def test_a_difference_is_named_with_its_place() -> None:
    ours = {"ids": np.array([1, 2, 3, 4, 5]), "offsets": np.array([0, 2, 2, 5])}
    theirs = {"ids": np.array([1, 2, 3, 9, 5]), "offsets": np.array([0, 2, 2, 5])}
    assert session.difference(ours, ours) is None
    found = session.difference(ours, theirs)
    assert found == "1 of 3 texts; text 2 from token 1: [9, 5] where tokcore has [4, 5]"
    assert session.difference(ours, {"ids": ours["ids"], "offsets": ours["offsets"][:-1]}) == "2 texts came back for 3"


def test_the_exception_is_found_in_a_traceback() -> None:
    text = (
        'warning\nTraceback (most recent call last):\n  File "x", line 1\n    f()\nValueError: bad\n\nLocation:\n  y\n'
    )
    assert session.exception_line(text) == "ValueError: bad"
    assert session.exception_line("killed\n") == "killed"
