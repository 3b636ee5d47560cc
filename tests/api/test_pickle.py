"""Pickling, copying, equality, subclasses, threads and processes."""

import copy
import multiprocessing
import pickle
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import pytest

import tokcore
from oracle import samples
from oracle.reference import tiny


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_named_encodings_go_by_name(enc, protocol):
    content = pickle.dumps(enc, protocol)
    assert pickle.loads(content) is enc
    assert len(content) < 200


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_others_go_by_content(protocol):
    enc = tiny(**{"<x>": 301})
    again = pickle.loads(pickle.dumps(enc, protocol))
    assert again is not enc
    assert again == enc
    assert hash(again) == hash(enc)
    assert (again.name, again.fingerprint) == (enc.name, enc.fingerprint)
    assert again.encode("abc <x>", allowed_special="all") == enc.encode("abc <x>", allowed_special="all")


def test_an_encoding_that_only_shares_a_name_goes_by_content():
    enc = tiny("gpt2")
    assert (
        pickle.loads(pickle.dumps(enc)).encode("abc") == enc.encode("abc") != tokcore.get_encoding("gpt2").encode("abc")
    )


def test_copies_are_the_same():
    enc = tiny()
    assert copy.copy(enc) is enc
    assert copy.deepcopy({"tokenizer": enc})["tokenizer"] is enc


def test_equality_is_of_name_and_content():
    assert tiny() == tiny()
    assert tiny() != tiny("other")
    assert tiny() != tiny(**{"<x>": 301})
    assert tiny() != "tiny"
    assert len({tiny(), tiny(), tiny("other")}) == 2


class Shouting(tokcore.Tokenizer):
    """A subclass with a method and a state of its own."""

    def shout(self, text: str) -> list[int]:
        return self.encode(text.upper())


def test_subclasses_keep_their_class_and_state(tmp_path):
    base = tiny()
    enc = Shouting("s", pat_str=base._pat_str, mergeable_ranks=base._mergeable_ranks, special_tokens={})
    enc.volume = 11
    again = pickle.loads(pickle.dumps(enc))
    assert type(again) is Shouting
    assert again.volume == 11
    assert again.shout("ab") == [65, 66]
    enc.save(tmp_path / "s.tokcore")
    assert type(Shouting.from_file(tmp_path / "s.tokcore")) is Shouting


def test_threads_share_one_tokenizer(enc, ref):
    batch = samples.TEXTS * 3
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(enc.encode_ordinary, batch)) == [ref.encode_ordinary(text) for text in batch]


def _count(enc, text):
    return enc.count(text)


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_processes_get_their_own(method):
    context = multiprocessing.get_context(method)
    enc = tiny()
    with ProcessPoolExecutor(2, mp_context=context) as pool:
        assert list(pool.map(_count, [enc] * 4, ["abc", "", "a b", "ab ab"])) == [
            enc.count(t) for t in ["abc", "", "a b", "ab ab"]
        ]


def test_a_forked_child_works():
    enc = tokcore.get_encoding("cl100k_base")
    batch = ["some text to encode " * 20_000] * 4
    expected = enc.count_batch(batch).tolist()
    context = multiprocessing.get_context("fork")
    with context.Pool(2) as pool:
        assert pool.starmap(_count, [(enc, text) for text in batch]) == expected
