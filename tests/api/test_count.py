"""Counting, limits and truncation."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tokcore
from oracle import samples

_limits = st.integers(0, 40)


@given(text=samples.texts, limit=_limits)
def test_fits_is_counting(enc, text, limit):
    assert enc.fits(text, limit) == (len(enc.encode_ordinary(text)) <= limit)
    assert enc.fits(text.encode(), limit) == enc.fits(text, limit)


@given(text=samples.texts, limit=_limits)
def test_truncation_keeps_the_longest_beginning_that_fits(enc, text, limit):
    kept = enc.truncate(text, limit)
    assert isinstance(kept, str)
    assert text.startswith(kept)
    fitting = [end for end in range(len(text) + 1) if enc.count(text[:end]) <= limit]
    assert len(kept) == max(fitting)
    assert enc.truncate(text.encode(), limit) == kept.encode()


def test_long_text_against_a_low_limit():
    enc = tokcore.get_encoding("o200k_base")
    text = "word " * 200_000
    assert not enc.fits(text, 1000)
    assert enc.count(enc.truncate(text, 1000)) == 1000
    assert enc.fits(text, 10**12)
    assert enc.truncate(text, 10**12) == text


@pytest.mark.parametrize("call", ["fits", "truncate"])
def test_limits_are_not_negative(call):
    enc = tokcore.get_encoding("gpt2")
    with pytest.raises(ValueError, match="limit"):
        getattr(enc, call)("a", -1)
    with pytest.raises(TypeError):
        getattr(enc, call)("a", "b")
    with pytest.raises(TypeError):
        getattr(enc, call)(5, 1)


def test_truncating_bytes_that_are_no_text():
    enc = tokcore.get_encoding("gpt2")
    data = bytes(range(256))
    for limit in 0, 1, 10, 1000:
        kept = enc.truncate(data, limit)
        assert data.startswith(kept)
        assert enc.count(kept) <= limit
