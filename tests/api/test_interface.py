"""`import tokcore as tiktoken`: names, signatures, results and exceptions."""

import inspect
import subprocess
import sys
import weakref

import numpy as np
import pytest
import tiktoken

import tokcore
from oracle.reference import reference, tiny

_METHODS = [
    name for name, member in inspect.getmembers(tiktoken.Encoding, inspect.isfunction) if not name.startswith("_")
]
_PROPERTIES = [
    "name",
    "n_vocab",
    "max_token_value",
    "eot_token",
    "special_tokens_set",
    "_pat_str",
    "_mergeable_ranks",
    "_special_tokens",
]


def test_the_functions_are_there():
    for name in "get_encoding", "encoding_for_model", "encoding_name_for_model", "list_encoding_names", "Encoding":
        assert hasattr(tokcore, name)
    assert tokcore.Encoding is tokcore.Tokenizer


def _parameters(function):
    return [(p.name, p.kind) for p in inspect.signature(function).parameters.values() if p.name != "self"]


@pytest.mark.parametrize("method", [*_METHODS, "__init__"])
def test_parameters_have_tiktokens_names_and_kinds(method):
    ours = tokcore.Tokenizer if method == "__init__" else getattr(tokcore.Tokenizer, method)
    assert _parameters(ours) == _parameters(getattr(tiktoken.Encoding, method))


def test_properties(enc, ref):
    for name in _PROPERTIES:
        assert getattr(enc, name) == getattr(ref, name)


def test_every_public_name_is_documented():
    for name in dir(tokcore.Tokenizer):
        if not name.startswith("_"):
            assert getattr(tokcore.Tokenizer, name).__doc__
    assert "allowed_special" in tokcore.Tokenizer.encode.__doc__


_BAD_CALLS = {
    "encode None": lambda e: e.encode(None),
    "encode int": lambda e: e.encode(5),
    "encode list": lambda e: e.encode(["a"]),
    "encode_ordinary int": lambda e: e.encode_ordinary(5),
    "encode without text": lambda e: e.encode(),
    "encode positional": lambda e: e.encode("a", "all"),
    "encode_to_numpy surrogate": lambda e: e.encode_to_numpy("\ud800"),
    "encode_with_unstable surrogate": lambda e: e.encode_with_unstable("a\udc00"),
    "encode_single_token surrogate": lambda e: e.encode_single_token("\ud800"),
    "encode_single_token int": lambda e: e.encode_single_token(5),
    "encode_single_token unknown": lambda e: e.encode_single_token("zzzzzzzzq"),
    "encode_batch None": lambda e: e.encode_batch(None),
    "encode_batch of int": lambda e: e.encode_batch(["a", 5]),
    "encode_batch special": lambda e: e.encode_batch(["a", "<|endoftext|>"]),
    "encode_batch no threads": lambda e: e.encode_batch(["a"], num_threads=0),
    "decode unknown": lambda e: e.decode([999_999]),
    "decode negative": lambda e: e.decode([-1]),
    "decode huge": lambda e: e.decode([2**40]),
    "decode beyond 64 bits": lambda e: e.decode([-(2**70)]),
    "decode str": lambda e: e.decode("abc"),
    "decode strs": lambda e: e.decode(["a"]),
    "decode floats": lambda e: e.decode([1.5]),
    "decode float array": lambda e: e.decode(np.array([1.5])),
    "decode int": lambda e: e.decode(5),
    "decode generator": lambda e: e.decode(one for one in [1]),
    "decode set": lambda e: e.decode({1, 2}),
    "decode None": lambda e: e.decode(None),
    "decode bogus errors": lambda e: e.decode([160], errors="bogus"),
    "decode strict": lambda e: e.decode([160], errors="strict"),
    "decode_single_token_bytes unknown": lambda e: e.decode_single_token_bytes(999_999),
    "decode_single_token_bytes negative": lambda e: e.decode_single_token_bytes(-1),
    "decode_single_token_bytes str": lambda e: e.decode_single_token_bytes("a"),
    "decode_tokens_bytes unknown": lambda e: e.decode_tokens_bytes([1, 999_999]),
    "decode_tokens_bytes int": lambda e: e.decode_tokens_bytes(5),
    "decode_with_offsets split": lambda e: e.decode_with_offsets([160]),
    "decode_with_offsets unknown": lambda e: e.decode_with_offsets([999_999]),
    "decode_batch int": lambda e: e.decode_batch(5),
    "decode_batch unknown": lambda e: e.decode_batch([[1], [999_999]]),
    "is_special_token str": lambda e: e.is_special_token("a"),
    "set name": lambda e: setattr(e, "n_vocab", 5),
}


@pytest.mark.parametrize("call", _BAD_CALLS.values(), ids=_BAD_CALLS.keys())
def test_bad_calls_raise_what_tiktoken_raises(call):
    with pytest.raises(Exception) as theirs:  # noqa: PT011 (which one is what is asked)
        call(reference("gpt2"))
    with pytest.raises(theirs.type):
        call(tokcore.get_encoding("gpt2"))


def _made(**changes):
    ranks = {bytes([byte]): byte for byte in range(256)}
    parts = {"pat_str": r"\w+|\W", "mergeable_ranks": ranks, "special_tokens": {"<a>": 256}} | changes
    return lambda module: module.Encoding("made", **parts)


_BAD_PARTS = {
    "pattern": (_made(pat_str="("), ValueError),
    "no tokens": (_made(mergeable_ranks={}), ValueError),
    "n_vocab": (_made(explicit_n_vocab=5), AssertionError),
    "str tokens": (_made(mergeable_ranks={"a": 1}), TypeError),
    "negative rank": (_made(mergeable_ranks={b"a": -1}), OverflowError),
    "str rank": (_made(mergeable_ranks={b"a": "b"}), TypeError),
    "special token of bytes": (_made(special_tokens={b"<a>": 256}), TypeError),
}


@pytest.mark.parametrize(("make", "exception"), _BAD_PARTS.values(), ids=_BAD_PARTS.keys())
def test_bad_parts_raise_what_tiktoken_raises(make, exception):
    for module in tiktoken, tokcore:
        with pytest.raises(exception):
            make(module)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"mergeable_ranks": {b"a": 1}}, "0x00"),
        ({"mergeable_ranks": {bytes([byte]): 0 for byte in range(256)}}, "id 0"),
        ({"mergeable_ranks": {bytes([byte]): byte for byte in range(256)} | {b"": 256}}, "empty"),
        ({"mergeable_ranks": {bytes([byte]): byte for byte in range(256)} | {b"ab": 1 << 30}}, "above"),
        ({"special_tokens": {"": 300}}, "empty"),
        ({"pat_str": ""}, "empty"),
    ],
)
def test_parts_that_tiktoken_panics_on_are_value_errors(changes, message):
    with pytest.raises(ValueError, match=message):
        _made(**changes)(tokcore)


@pytest.mark.parametrize("number", [-1, 2**32, 2**70])
def test_ids_and_counts_out_of_range_are_named(number):
    for parts in ({"mergeable_ranks": {b"a": number}}, {"special_tokens": {"<a>": number}}):
        with pytest.raises(OverflowError, match=f"{number} is out of range: ids are 0 to 4294967295"):
            _made(**parts)(tokcore)
    if not 0 <= number < 2**64:
        with pytest.raises(OverflowError, match=f"{number} is out of range: counts are 0 to {2**64 - 1}"):
            tokcore.WordCounts.from_counts({b"a": number}, pattern="gpt2")


def test_explicit_n_vocab_is_checked():
    assert _made(explicit_n_vocab=257)(tokcore).n_vocab == 257


def test_another_vocabulary_can_be_made_from_an_encodings_parts():
    base = tokcore.get_encoding("cl100k_base")
    enc = tokcore.Encoding(
        name="cl100k_im",
        pat_str=base._pat_str,
        mergeable_ranks=base._mergeable_ranks,
        special_tokens={**base._special_tokens, "<|im_start|>": 100264, "<|im_end|>": 100265},
    )
    assert enc.encode("<|im_start|>hi", allowed_special="all") == [100264, 6151]
    assert enc != base


def test_repr_names_the_encoding():
    assert "tiny" in repr(tiny())


def test_help_works():
    script = "import tokcore; help(tokcore.Tokenizer.encode); help(tokcore)"
    shown = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert "allowed_special" in shown


def test_tokens_that_merging_does_not_reach_are_named():
    ranks = {bytes([byte]): byte for byte in range(256)} | {b"abc": 256}
    made = tokcore.Encoding("made", pat_str=r"\w+|\W+", mergeable_ranks=ranks, special_tokens={})
    assert made.unreachable == [256]
    assert made.encode("abc") == [256]
    assert made.encode("xabc") == list(b"xabc")


def test_a_tokenizer_can_be_referred_to_weakly():
    assert weakref.ref(enc := tokcore.get_encoding("gpt2"))() is enc


def test_numbers_out_of_range_are_named():
    enc = tokcore.get_encoding("gpt2")
    with pytest.raises(ValueError, match="at least 0"):
        enc.cache_limit = -1
    with pytest.raises(ValueError, match=r"^min_frequency: "):
        tokcore.train(["a b"], 300, min_frequency=-1)
    with pytest.raises(TypeError, match=r"^num_threads: "):
        tokcore.train(["a b"], 300, num_threads="2")
    with pytest.raises(TypeError, match="found one"):
        enc.encode_batch(np.array("one text"))
    with pytest.raises(ValueError, match="cl100k_base"):
        tokcore.count_words(["a b"], pattern="cl100k")


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (r"(?:\B|a)*a", "aaa"),
        (r"(?:\b|.)++$", " cab"),
        (r"(?:\B|.)++$", "abaca"),
        (r"(?:a?|.)*\b", "  cb"),
        (r"(\w)\1|(?<=a)b|(?>c+)d|(?!x).", "aab ccd xbb"),
    ],
)
def test_patterns_of_ones_own_split_as_in_tiktoken(pattern, text):
    merges = [b"aa", b"aaa", b"ab", b"ca", b" c", b"cc", b"ccd", b"bb"]
    ranks = {bytes([byte]): byte for byte in range(256)} | {token: 256 + at for at, token in enumerate(merges)}
    parts = {"pat_str": pattern, "mergeable_ranks": ranks, "special_tokens": {}}
    assert tokcore.Encoding("own", **parts).encode(text) == tiktoken.Encoding("own", **parts).encode(text)
