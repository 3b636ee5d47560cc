"""The cases that Rust runs too: texts, their pre-tokens and their ids."""

import json
from pathlib import Path

import pytest

import tokcore

DATA = json.loads(Path(__file__).parent.parent.joinpath("data", "cases.json").read_text())
NAMES = ["gpt2", "cl100k_base", "o200k_base"]


def text_of(case: dict) -> bytes:
    return bytes.fromhex(case["hex"]) if "hex" in case else case["text"].encode()


@pytest.mark.parametrize("name", NAMES)
def test_ids_are_tiktokens(name: str) -> None:
    enc = tokcore.get_encoding(name)
    cases = [case for case in DATA["cases"] if "text" in case]
    assert len(cases) > 100
    for case in cases:
        assert enc.encode_ordinary(case["text"]) == case["ids"][name], case["text"]


@pytest.mark.parametrize("name", NAMES)
def test_ids_are_those_of_the_pre_tokens(name: str) -> None:
    enc = tokcore.get_encoding(name)
    for case in DATA["cases"]:
        text, ends = text_of(case), case["ends"][name]
        pieces = [text[start:end] for start, end in zip([0, *ends], ends, strict=False)]
        expected = [token for piece in pieces for token in enc._encode_single_piece(piece)]
        assert enc.encode_arrays([text])[0].tolist() == expected, case
        assert enc.decode_bytes(expected) == text
