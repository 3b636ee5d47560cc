"""Trained vocabularies in the files of other libraries, re-read by those libraries."""

import json

import pytest
import tiktoken
from hypothesis import given
from tiktoken.load import load_tiktoken_bpe
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers

import tokcore
from oracle import samples

CORPUS = [*samples.TEXTS, "the cat sat on the mat, the bat on the cat " * 30, "中文文字文字 " * 20]
SPLIT = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"


@pytest.fixture(scope="module")
def trained():
    return tokcore.train(CORPUS, 900, pattern=SPLIT, special_tokens=["<|endoftext|>", "<|a b|>"])


@pytest.fixture(scope="module")
def gpt2_files(trained, tmp_path_factory):
    folder = tmp_path_factory.mktemp("gpt2")
    trained.save(folder / "mine-vocab.json", format="gpt2")
    return folder / "mine-vocab.json", folder / "mine-merges.txt"


@pytest.fixture(scope="module")
def from_gpt2_files(gpt2_files):
    tokenizer = Tokenizer(models.BPE.from_file(*map(str, gpt2_files)))
    split = pre_tokenizers.Split(Regex(SPLIT), "isolated")
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([split, pre_tokenizers.ByteLevel(False, use_regex=False)])
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


@pytest.fixture(scope="module")
def from_tokenizer_json(trained, tmp_path_factory):
    path = tmp_path_factory.mktemp("json") / "tokenizer.json"
    trained.save(path)
    return Tokenizer.from_file(str(path))


@pytest.fixture(scope="module")
def from_ranks(trained, tmp_path_factory):
    path = tmp_path_factory.mktemp("ranks") / "mine.tiktoken"
    trained.save(path)
    ranks = load_tiktoken_bpe(str(path))
    return tiktoken.Encoding("mine", pat_str=SPLIT, mergeable_ranks=ranks, special_tokens=trained._special_tokens)


@pytest.mark.parametrize("text", samples.TEXTS)
def test_the_libraries_give_the_same_ids(trained, from_gpt2_files, from_tokenizer_json, from_ranks, text):
    ids = trained.encode_ordinary(text)
    for other in (from_gpt2_files, from_tokenizer_json):
        assert other.encode(text, add_special_tokens=False).ids == ids
        assert other.decode(ids) == text
    assert from_ranks.encode_ordinary(text) == ids
    assert from_ranks.decode(ids) == text


@given(text=samples.spliced)
def test_the_libraries_give_the_same_ids_of_generated_text(
    trained, from_gpt2_files, from_tokenizer_json, from_ranks, text
):
    ids = trained.encode_ordinary(text)
    assert from_gpt2_files.encode(text, add_special_tokens=False).ids == ids
    assert from_tokenizer_json.encode(text, add_special_tokens=False).ids == ids
    assert from_ranks.encode_ordinary(text) == ids


def test_special_tokens_keep_their_ids(trained, from_gpt2_files, from_tokenizer_json):
    for text, token in trained._special_tokens.items():
        assert from_gpt2_files.token_to_id(text) == token
        assert from_tokenizer_json.token_to_id(text) == token


def test_gpt2_files_are_read_back(trained, gpt2_files):
    vocab, _ = gpt2_files
    again = tokcore.Tokenizer.from_file(vocab, pattern=SPLIT)
    assert again.fingerprint == trained.fingerprint
    assert again._special_tokens == trained._special_tokens
    other = tokcore.Tokenizer.from_file(vocab, pattern="gpt2", special_tokens={"<|x|>": 2000})
    assert other._special_tokens == {"<|x|>": 2000}
    with pytest.raises(ValueError, match="pass pattern="):
        tokcore.Tokenizer.from_file(vocab)


def test_what_tokenizers_saves_is_read(trained, from_gpt2_files, tmp_path):
    from_gpt2_files.model.save(str(tmp_path))
    again = tokcore.Tokenizer.from_file(tmp_path / "vocab.json", pattern=SPLIT)
    assert again.fingerprint == trained.fingerprint


def test_published_encodings_make_gpt2_files(tmp_path):
    enc = tokcore.get_encoding("gpt2")
    enc.save(tmp_path / "vocab.json", format="gpt2")
    merges = (tmp_path / "merges.txt").read_text(encoding="utf-8").splitlines()
    assert merges[:3] == ["#version: 0.2", "Ġ t", "Ġ a"]
    assert len(merges) == 50_001
    assert json.loads((tmp_path / "vocab.json").read_text(encoding="utf-8"))["<|endoftext|>"] == 50_256


def test_gpt2_files_that_do_not_fit_are_refused(trained, gpt2_files, tmp_path):
    with pytest.raises(ValueError, match=r"vocab\.json"):
        trained.save(tmp_path / "mine.json", format="gpt2")
    vocab, merges = gpt2_files
    (tmp_path / "vocab.json").write_bytes(vocab.read_bytes())
    with pytest.raises(FileNotFoundError, match=r"merges\.txt"):
        tokcore.Tokenizer.from_file(tmp_path / "vocab.json", pattern=SPLIT)
    lines = merges.read_text(encoding="utf-8").splitlines()
    (tmp_path / "merges.txt").write_text("\n".join([lines[0], *lines[:0:-1]]), encoding="utf-8")
    with pytest.raises(ValueError, match="order"):
        tokcore.Tokenizer.from_file(tmp_path / "vocab.json", pattern=SPLIT)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["merges.txt", "vocab.json"]
