"""Ids against tiktoken's."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import tokcore
from oracle import samples
from oracle.reference import NAMES, reference, reference_of, tiny


@pytest.mark.parametrize("text", samples.TEXTS + samples.SURROGATES)
def test_ids_are_tiktokens(enc, ref, text):
    ids = ref.encode_ordinary(text)
    assert enc.encode_ordinary(text) == ids
    assert enc.encode(text) == ids
    assert enc.count(text) == len(ids)


@given(text=samples.texts)
def test_ids_of_generated_text_are_tiktokens(enc, ref, text):
    ids = ref.encode_ordinary(text)
    assert enc.encode_ordinary(text) == ids
    assert enc.count(text) == len(ids)
    assert enc.encode_to_numpy(text).tolist() == ids
    assert enc.decode(ids) == text


@given(data=st.data())
def test_vocabulary_fragments_spliced_together(enc, ref, data):
    tokens = st.integers(0, enc.max_token_value).filter(lambda token: token in _ids(enc))
    ids = data.draw(st.lists(tokens, max_size=20))
    text = enc.decode(ids)
    assert enc.encode_ordinary(text) == ref.encode_ordinary(text)


def _ids(enc, cache={}):  # noqa: B006 (a cache is meant to be shared)
    if enc.name not in cache:
        cache[enc.name] = set(enc._mergeable_ranks.values())
    return cache[enc.name]


@given(text=st.text(st.characters(), max_size=40))
def test_surrogates_are_repaired_as_tiktoken_does(text):
    assert tokcore.get_encoding("gpt2").encode_ordinary(text) == reference("gpt2").encode_ordinary(text)


@given(data=st.binary(max_size=60))
def test_any_bytes_round_trip(enc, data):
    ids = enc.encode(data, disallowed_special=())
    assert enc.decode_bytes(ids) == data
    assert enc.count(data) == len(ids)
    assert enc.encode(bytearray(data), disallowed_special=()) == ids


@given(text=samples.texts)
def test_bytes_of_a_text_give_its_ids(enc, text):
    assert enc.encode_ordinary(text.encode()) == enc.encode_ordinary(text)


def test_long_texts(enc, ref):
    for text in [
        "".join(samples.TEXTS) * 3,
        "lorem ipsum " * 5000,
        "中文" * 3000,
        "a" * 5000,
        " " * 3000,
        "ab\n" * 9000,
    ]:
        ids = ref.encode_ordinary(text)
        assert enc.encode_ordinary(text) == ids
        assert enc.count(text) == len(ids)


def test_arrays_have_tiktokens_type(enc, ref):
    array = enc.encode_to_numpy("hello world")
    assert array.dtype == np.uint32
    assert array.tolist() == ref.encode_to_numpy("hello world").tolist()


@given(text=st.text("ab c<|endoft x>", max_size=30))
def test_a_small_vocabulary_gives_tiktokens_ids(text):
    enc = tiny()
    assert enc.encode(text, allowed_special="all") == reference_of(enc).encode(text, allowed_special="all")


def test_single_tokens(enc, ref):
    for token in ["a", " the", b"\xe4", "<|endoftext|>", b"<|endoftext|>", "ing"]:
        assert enc.encode_single_token(token) == ref.encode_single_token(token)
    for missing in ["zzzzzzzzq", b"\xff\xfezz", ""]:
        with pytest.raises(KeyError) as ours:
            enc.encode_single_token(missing)
        with pytest.raises(KeyError) as theirs:
            ref.encode_single_token(missing)
        assert ours.value.args == theirs.value.args


@given(piece=st.one_of(samples.texts.map(str.encode), st.binary(max_size=40)))
def test_single_pieces(enc, ref, piece):
    if piece:
        assert enc._encode_single_piece(piece) == ref._encode_single_piece(piece)


@pytest.mark.parametrize(
    "text",
    [
        *("hello fanta", "", " ", "abc\n", "a b  ", "日本", "don'", "1234", "<|endof", "x \n\n "),
        *("^" * 6_000, "中" * 2_000, "b" + "Ζ" * 2_500, "." + "é" * 2_500 + "\n" * 5_000, "=" * 5_001 + "'"),
    ],
    ids=lambda text: f"{text[:9]!a}-{len(text)}",
)
def test_unstable_encoding(text):
    for name in NAMES[1], NAMES[4]:
        stable, completions = tokcore.get_encoding(name).encode_with_unstable(text)
        expected_stable, expected = reference(name).encode_with_unstable(text)
        assert stable == expected_stable
        assert sorted(completions) == sorted(expected)


@given(text=samples.texts)
# Longer than the stretches that texts are encoded in.
@example(text="x Привет, мир! 你好世界，今天天气很好。\n" * 5_000)
@example(text="中" * 30_000)
def test_offsets_cover_each_tokens_characters(enc, text):
    ids, spans = enc.encode_with_offsets(text)
    assert ids == enc.encode_ordinary(text)
    characters = [at for at, character in enumerate(text) for _ in character.encode()]
    assert [start for start, _ in spans] == [characters[at] for at in _byte_starts(enc, ids)]
    ends = [text_end for _, text_end in spans]
    assert ends == sorted(ends)
    assert all(start < end <= len(text) for start, end in spans)
    assert not ids or ends[-1] == len(text)


def _byte_starts(enc, ids):
    position = 0
    for token in ids:
        yield position
        position += len(enc.decode_single_token_bytes(token))
