"""The named encodings."""

import hashlib

import pytest
import tiktoken.model

import tokcore
from oracle.reference import NAMES, rank_file

#: SHA-256 of the published rank files, from tiktoken's openai_public.py; gpt2 has r50k_base's ranks.
PUBLISHED = {
    "gpt2": "306cd27f03c1a714eca7108e03d66b7dc042abe8c258b44c199a7ed9838dd930",
    "r50k_base": "306cd27f03c1a714eca7108e03d66b7dc042abe8c258b44c199a7ed9838dd930",
    "p50k_base": "94b5ca7dff4d00767bc256fdd1b27e5b17361d7b8a5f968547f9f23eb70d2069",
    "p50k_edit": "94b5ca7dff4d00767bc256fdd1b27e5b17361d7b8a5f968547f9f23eb70d2069",
    "cl100k_base": "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7",
    "o200k_base": "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d",
    "o200k_harmony": "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d",
}


def test_names():
    assert tokcore.list_encoding_names() == NAMES == list(PUBLISHED)


def test_ranks_are_those_published(enc, name):
    assert hashlib.sha256(rank_file(enc)).hexdigest() == PUBLISHED[name]


def test_merging_reaches_every_token(enc):
    assert enc.unreachable == []


def test_definitions_are_tiktokens(enc, name, monkeypatch):
    ranks = enc._mergeable_ranks
    public = pytest.importorskip("tiktoken_ext.openai_public")
    monkeypatch.setattr(public, "load_tiktoken_bpe", lambda *_, **__: ranks)
    monkeypatch.setattr(public, "data_gym_to_mergeable_bpe_ranks", lambda *_, **__: ranks)
    definition = public.ENCODING_CONSTRUCTORS[name]()
    assert enc.name == definition["name"]
    assert enc._pat_str == definition["pat_str"]
    assert enc._special_tokens == definition["special_tokens"]
    assert enc.n_vocab == definition.get("explicit_n_vocab", enc.max_token_value + 1)
    highest = max(*definition["mergeable_ranks"].values(), *definition["special_tokens"].values())
    assert enc.max_token_value == highest


def test_one_object_a_process(name):
    assert tokcore.get_encoding(name) is tokcore.get_encoding(name)


def test_models_have_tiktokens_encodings():
    models = tiktoken.model.MODEL_TO_ENCODING
    prefixes = tiktoken.model.MODEL_PREFIX_TO_ENCODING
    for model in [
        *models,
        *prefixes,
        *(prefix + "2030-01-01" for prefix in prefixes),
        *(f"{model}-x" for model in models),
    ]:
        try:
            expected = tiktoken.model.encoding_name_for_model(model)
        except KeyError:
            with pytest.raises(KeyError):
                tokcore.encoding_name_for_model(model)
        else:
            assert tokcore.encoding_name_for_model(model) == expected
            assert tokcore.encoding_for_model(model) is tokcore.get_encoding(expected)


def test_an_unknown_name_is_never_guessed():
    for name in "cl100k", "", "o200k_base ", "\ud800":
        with pytest.raises(ValueError, match="cl100k_base"):
            tokcore.get_encoding(name)
    with pytest.raises(ValueError, match="int"):
        tokcore.get_encoding(5)
    for model in "gpt-6", "", "GPT-4", "llama-3":
        with pytest.raises(KeyError, match="no encoding is known"):
            tokcore.encoding_for_model(model)


def test_fingerprints_tell_encodings_apart(enc, name):
    assert len(bytes.fromhex(enc.fingerprint)) == 32
    same = [other for other in NAMES if tokcore.get_encoding(other).fingerprint == enc.fingerprint]
    assert same == (["gpt2", "r50k_base"] if name in ("gpt2", "r50k_base") else [name])


def test_a_fingerprint_covers_each_part():
    ranks = {bytes([byte]): byte for byte in range(256)}
    parts = {"pat_str": ".", "mergeable_ranks": ranks, "special_tokens": {"<a>": 300}}
    base = tokcore.Tokenizer("x", **parts).fingerprint
    assert tokcore.Tokenizer("y", **parts).fingerprint == base
    changes = [
        {"pat_str": ".."},
        {"mergeable_ranks": ranks | {b"ab": 256}},
        {"special_tokens": {"<a>": 301}},
        {"special_tokens": {}},
    ]
    others = {tokcore.Tokenizer("x", **parts | change).fingerprint for change in changes}
    assert len(others | {base}) == 5
