"""The word cache."""

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
