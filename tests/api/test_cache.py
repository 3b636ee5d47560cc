"""The word cache: its bound, and processes and threads that have one each."""

import multiprocessing
from concurrent.futures import ThreadPoolExecutor

import tokcore
from oracle import samples
from oracle.reference import reference, tiny


def test_a_cleared_or_small_cache_changes_no_ids():
    enc, ref = tokcore.get_encoding("cl100k_base"), reference("cl100k_base")
    expected = [ref.encode_ordinary(text) for text in samples.TEXTS]
    limit = enc.cache_limit
    for change in (
        enc.clear_cache,
        lambda: setattr(enc, "cache_limit", 1 << 16),
        lambda: setattr(enc, "cache_limit", limit),
    ):
        change()
        assert enc.encode_ordinary_batch(samples.TEXTS) == expected
        assert enc.encode_ordinary_batch(samples.TEXTS) == expected
    assert enc.cache_limit == limit > 0


def test_statistics_tell_how_the_cache_stands():
    enc = tiny()
    enc.count("some words and some words again " * 50)
    enc.count("some words and some words again " * 50)
    full = enc.cache_statistics()
    assert full.keys() == {"entries", "bytes", "hits", "misses"}
    assert full["hits"] > 0
    enc.clear_cache()
    assert enc.cache_statistics()["entries"] == 0


def _unique_words(part, count=30_000):
    return "".join(f" w{number:x}{'x' * (number % 20)}" for number in range(part * count, (part + 1) * count))


def test_words_without_end_stay_within_the_limit():
    enc = tokcore.Tokenizer("words", **_parts("r50k_base"))
    enc.cache_limit = limit = 1 << 20
    for part in range(40):
        text = _unique_words(part)
        assert enc.count_batch([text], num_threads=1) == len(enc.encode_ordinary(text))
        stands = enc.cache_statistics()
        assert stands["bytes"] <= limit
        assert 0 < stands["entries"] < stands["misses"]
    enc.clear_cache()
    assert set(enc.cache_statistics().values()) == {0}


def test_nothing_of_a_giant_word_is_kept():
    enc = tokcore.Tokenizer("giant", **_parts("r50k_base"))
    enc.count("abc")
    before = enc.cache_statistics()
    assert enc.count("xyzzy" * 100_000) > 0
    assert enc.cache_statistics()["bytes"] == before["bytes"]
    assert enc.cache_statistics()["entries"] == before["entries"]


def test_threads_have_a_cache_each():
    enc = tokcore.Tokenizer("threads", **_parts("r50k_base"))
    enc.cache_limit = limit = 1 << 18
    texts = [_unique_words(part, 3_000) for part in range(16)]
    expected = [reference("r50k_base").encode_ordinary(text) for text in texts]
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(enc.encode_ordinary, texts)) == expected
        assert list(threads.map(enc.encode_ordinary, texts)) == expected
    assert enc.cache_statistics()["bytes"] <= 4 * limit


def _in_child(texts):
    enc = tokcore.get_encoding("r50k_base")
    ids = enc.encode_ordinary_batch(texts)
    enc.clear_cache()
    return ids, enc.cache_statistics()["entries"]


def test_forked_children_have_their_own():
    enc = tokcore.get_encoding("r50k_base")
    texts = [_unique_words(part, 2_000) for part in range(8)]
    expected = enc.encode_ordinary_batch(texts)
    entries = enc.cache_statistics()["entries"]
    with multiprocessing.get_context("fork").Pool(2) as children:
        for ids, left in children.map(_in_child, [texts] * 4):
            assert (ids, left) == (expected, 0)
    assert enc.cache_statistics()["entries"] == entries > 0


def _parts(name):
    enc = tokcore.get_encoding(name)
    return {
        "pat_str": enc._pat_str,
        "mergeable_ranks": enc._mergeable_ranks,
        "special_tokens": enc._special_tokens,
    }
