"""Counting, limits and truncation."""

import pytest
import regex
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


_long = st.lists(st.tuples(samples.spliced, st.integers(1, 30)), min_size=1, max_size=8).map(
    lambda parts: "".join(part * times for part, times in parts)
)


@given(before=_long, at=_long, part=st.floats(0, 1))
def test_truncation_does_so_far_into_a_text(enc, before, at, part):
    text = (before or "a b ") * (6_000 // len(before or "a b ") + 1) + at
    limit = round(enc.count(text) * (0.8 + part / 5))
    kept = len(enc.truncate(text, limit))
    assert enc.count(text[:kept]) <= limit
    pieces = regex.finditer(enc._pat_str, text, pos=max(0, kept - 2_000))
    if all(len(piece[0].encode()) <= 512 for piece in pieces):
        assert all(enc.count(text[:end]) > limit for end in range(kept + 1, min(len(text), kept + 100) + 1))


@given(letters=st.text("abcdeABC中é", min_size=1, max_size=200), part=st.floats(0, 1))
def test_truncation_inside_a_long_pre_token_fits(enc, letters, part):
    text = "a few words before " * 300 + letters * (12_000 // len(letters) + 1)
    ids = enc.count(text)
    limit = round(ids * (0.5 + part / 2))
    kept = enc.truncate(text, limit)
    assert text.startswith(kept)
    assert min(limit, ids) - 8 <= enc.count(kept) <= limit


@given(text=samples.texts.filter(bool), limit=_limits)
def test_texts_far_too_long_are_known_by_their_beginning(enc, text, limit):
    text = text * (20_000 // len(text) + 1)
    assert not enc.fits(text, limit)
    assert enc.truncate(text, limit).encode() == enc.truncate(text.encode(), limit)


@pytest.mark.parametrize("part", ["word żółw, ", "é à la carte; ", "你好，世界。", "a 😀 b\n", "lone \ud800 half, "])
def test_wide_texts_against_any_limit(part):
    enc = tokcore.get_encoding("o200k_base")
    text = part * 10_000
    data = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()
    ids = enc.count(text)
    for limit in 0, 1, 50, 3000, ids - 1, ids:
        assert enc.fits(text, limit) == (ids <= limit)
        assert enc.truncate(text, limit).encode("utf-8", "replace") == enc.truncate(data, limit)


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


@pytest.mark.parametrize("limit", [1, 2, 5])
@pytest.mark.parametrize("run", [".", "_", " ", "\u3000", "=-"])
def test_truncation_of_a_run_is_the_longest_that_fits(run, limit):
    for name in "r50k_base", "o200k_base":
        enc = tokcore.get_encoding(name)
        for text in run * 300, run * 700:
            longest = max(end for end in range(len(text) + 1) if enc.count(text[:end]) <= limit)
            assert len(enc.truncate(text, limit)) == longest
