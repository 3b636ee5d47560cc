"""Texts of ids against tiktoken's."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tokcore
from oracle import samples
from oracle.reference import reference

_ids = st.lists(st.integers(0, 50_000), max_size=30)


@given(ids=_ids)
def test_any_ids_decode_as_in_tiktoken(enc, ref, ids):
    assert enc.decode_bytes(ids) == ref.decode_bytes(ids)
    assert enc.decode(ids) == ref.decode(ids)
    assert enc.decode_tokens_bytes(ids) == ref.decode_tokens_bytes(ids)
    for errors in "ignore", "backslashreplace", "surrogateescape":
        assert enc.decode(ids, errors=errors) == ref.decode(ids, errors=errors)


@given(batch=st.lists(_ids, max_size=6), threads=st.sampled_from([None, 1, 3]))
def test_batches(enc, ref, batch, threads):
    assert enc.decode_batch(batch, num_threads=threads) == ref.decode_batch(batch)
    assert enc.decode_bytes_batch(tuple(batch), num_threads=threads) == ref.decode_bytes_batch(batch)


@given(text=samples.texts)
def test_offsets(enc, ref, text):
    ids = ref.encode_ordinary(text)
    assert enc.decode_with_offsets(ids) == ref.decode_with_offsets(ids)


@pytest.mark.parametrize("make", [list, tuple, np.array, lambda ids: np.array(ids, dtype=np.uint32)], ids=str)
def test_any_sequence_of_int_is_taken(make):
    ids = [31373, 995, 0]
    enc = tokcore.get_encoding("gpt2")
    assert enc.decode(make(ids)) == "hello world!"
    assert enc.decode_tokens_bytes(iter(ids)) == [b"hello", b" world", b"!"]


@pytest.mark.parametrize("dtype", ["u1", "i2", "u2", ">u2", "i4", "u4", "i8", "u8"])
def test_arrays_of_any_integers_are_taken(dtype):
    enc, ids = tokcore.get_encoding("gpt2"), np.array([1, 0, 127, 90], dtype=dtype)
    assert enc.decode(ids) == enc.decode(ids.tolist())
    assert enc.decode(ids[::-2]) == enc.decode([90, 0])
    if np.dtype(dtype).kind == "i":
        with pytest.raises(OverflowError, match="-1 is out of range"):
            enc.decode(-ids)
    if np.dtype(dtype).itemsize == 8:
        with pytest.raises(OverflowError, match=f"{2**32} is out of range"):
            enc.decode(ids + 2**32 - 1)


def test_numpy_scalars_and_columns():
    enc = tokcore.get_encoding("gpt2")
    assert enc.decode([np.int64(31373), np.uint8(0), True]) == 'hello!"'
    table = np.array([[31373, 1], [995, 2]])
    assert enc.decode(table[:, 0]) == "hello world"
    assert enc.decode_single_token_bytes(np.int32(995)) == b" world"


def test_every_token(enc, ref):
    values = enc.token_byte_values()
    assert values == ref.token_byte_values()
    for token in range(0, enc.n_vocab, 997):
        try:
            expected = ref.decode_single_token_bytes(token)
        except KeyError:
            with pytest.raises(KeyError):
                enc.decode_single_token_bytes(token)
        else:
            assert enc.decode_single_token_bytes(token) == expected
            assert enc.decode_bytes([token]) == expected


def test_special_tokens_decode(enc, ref):
    for text, token in ref._special_tokens.items():
        if token != 200018:  # has two names
            assert enc.decode([token]) == text


def test_unknown_ids_are_named():
    enc = tokcore.get_encoding("gpt2")
    with pytest.raises(KeyError, match="999999"):
        enc.decode([1, 2, 999999])
    with pytest.raises(KeyError, match=r"item 1 .*999999"):
        enc.decode_batch([[1], [2, 999999]])
    with pytest.raises(KeyError):
        reference("gpt2").decode([999999])
