"""Word counts in files, sums of them, and what depends on which they are."""

import gzip
import multiprocessing
import os
import pickle
from concurrent.futures import ProcessPoolExecutor

import pytest

import tokcore

COUNTS = {b"ab": 3, b"abc": 7, b"abd": 1, b"xyz" * 9: 2}


@pytest.fixture
def path(tmp_path):
    """Return a file of word counts."""
    path = tmp_path / "words.counts"
    tokcore.WordCounts.from_counts(COUNTS, pattern="gpt2").save(path)
    return path


def _use(path):
    tokcore.train(tokcore.WordCounts.from_file(path), 258)


def test_a_file_that_is_damaged_or_cut_anywhere_is_refused(path):
    whole = path.read_bytes()
    _use(path)
    for at in range(len(whole)):
        for content in (whole[:at], whole[:at] + bytes([whole[at] ^ 0x80]) + whole[at + 1 :]):
            path.write_bytes(content)
            with pytest.raises(ValueError, match=r"words\.counts"):
                _use(path)
    for more in (b"\xff", whole):
        path.write_bytes(whole + more)
        with pytest.raises(ValueError, match=r"words\.counts"):
            _use(path)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_pickles_hold_all_there_is(path, protocol):
    both = tokcore.WordCounts.from_file(path).merge(tokcore.count_words(["abc abc", "ſ"], pattern="gpt2"))
    again = pickle.loads(pickle.dumps(both, protocol))
    path.unlink()
    assert again.to_dict() == {**COUNTS, b"abc": 8, b" abc": 1, "ſ".encode(): 1}
    assert (again.pattern, again.documents, again.bytes, again.words) == (
        both.pattern,
        both.documents,
        both.bytes,
        both.words,
    )


def test_a_pickle_that_is_damaged_or_cut_anywhere_is_refused(path):
    restore, (whole,) = tokcore.WordCounts.from_file(path).__reduce__()
    assert whole == path.read_bytes()
    damaged = [whole[:at] + bytes([whole[at] ^ 0x80]) + whole[at + 1 :] for at in range(len(whole))]
    for content in (*(whole[:at] for at in range(len(whole))), *damaged, whole + b"x"):
        with pytest.raises(ValueError, match=r"word counts|pattern"):
            restore(content)


def _count(text):
    return tokcore.count_words([text], pattern="gpt2", num_threads=1)


def test_processes_count_side_by_side():
    texts = ["one two", "two three", "three three"]
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as processes:
        first, *others = processes.map(_count, texts)
    for other in others:
        first = first.merge(other)
    assert first.to_dict() == tokcore.count_words(texts, pattern="gpt2").to_dict()


def test_paths_of_word_counts_are_word_counts(tmp_path, path):
    other = tmp_path / "other.counts"
    tokcore.count_words(["ab abc abc"], pattern="gpt2").save(other)
    expected = {**COUNTS, b"ab": 4, b" abc": 2}
    assert tokcore.count_words([path, other]).to_dict() == expected
    assert tokcore.count_words(str(path)).to_dict() == COUNTS
    both = tokcore.WordCounts.from_counts(expected, pattern="gpt2")
    assert tokcore.train([path, other], 260).fingerprint == tokcore.train(both, 260).fingerprint
    with pytest.raises(ValueError, match="pattern"):
        tokcore.train(path, 260, pattern="cl100k_base")


def test_word_counts_keep_their_pattern_and_their_words(path):
    counts, initial = tokcore.WordCounts.from_file(path), tokcore.train(["abc"], 257, pattern="cl100k_base")
    with pytest.raises(ValueError, match="another pattern than that of initial"):
        tokcore.train(counts, 258, initial=initial)
    assert tokcore.train(counts, 258, initial=initial, pattern="gpt2")._pat_str == counts.pattern
    with pytest.raises(ValueError, match="special_tokens cannot be kept out"):
        tokcore.count_words(counts, special_tokens=["ab"])


def test_word_counts_are_never_read_as_text(tmp_path, path):
    text, packed = tmp_path / "text", tmp_path / "words.gz"
    text.write_text("ab abc")
    packed.write_bytes(gzip.compress(path.read_bytes()))
    for paths in ([text, path], [path, text]):
        with pytest.raises(ValueError, match=r"words\.counts holds word counts, and \S*text text"):
            tokcore.train(paths, 260)
    with pytest.raises(ValueError, match=r"words\.gz: holds word counts, no text"):
        tokcore.train(packed, 260)
    text.write_text("tokcore word counts")
    assert tokcore.count_words(text, pattern="gpt2").words == 3


def _read_often(counts):
    return all(counts.to_dict() == COUNTS for _ in range(200))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="has no fork")
def test_forked_children_do_not_move_each_others_place(path):
    counts = tokcore.WordCounts.from_file(path)
    context = multiprocessing.get_context("fork")
    with context.Pool(4, initializer=_keep, initargs=(counts,)) as children:
        assert children.map(_read_kept, range(4)) == [True] * 4


def _keep(counts):
    _read_kept.counts = counts


def _read_kept(_child):
    return _read_often(_read_kept.counts)


def test_sums_stay_at_the_end_of_64_bits():
    half = tokcore.WordCounts.from_counts({b"ab": 2**63}, pattern="gpt2")
    other = tokcore.WordCounts.from_counts({b"ab": 2**63, b"cd": 5}, pattern="gpt2")
    both = half.merge(other)
    assert both.to_dict() == {b"ab": 2**64 - 1, b"cd": 5}
    assert both.words == 2**64 - 1
    assert tokcore.train(both, 257)._mergeable_ranks[b"ab"] == 256


def test_a_checkpoint_of_other_counts_is_refused(tmp_path):
    checkpoint = tmp_path / "checkpoint"
    first, other = ({b"ab": 10, b"cd": 1}, {b"ab": 1, b"cd": 10})
    tokcore.train(tokcore.WordCounts.from_counts(first, pattern="gpt2"), 257, checkpoint=checkpoint)
    with pytest.raises(ValueError, match="another file"):
        tokcore.train(tokcore.WordCounts.from_counts(other, pattern="gpt2"), 257, checkpoint=checkpoint)
    for source in (["ab ab"], iter(["ab ab"]), ["ab ab", "cd"]):
        with pytest.raises(ValueError, match="another file"):
            tokcore.train(source, 257, checkpoint=checkpoint)


def test_more_threads_than_the_system_has():
    texts = ["some words of text"] * 3
    assert tokcore.train(texts, 260, num_threads=100_000).fingerprint == tokcore.train(texts, 260).fingerprint


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="has no named pipes")
def test_only_files_are_replaced(tmp_path, path):
    counts, link, pipe = tokcore.WordCounts.from_file(path), tmp_path / "link", tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(OSError, match="not a regular file"):
        counts.save(pipe)
    assert pipe.is_fifo()
    link.symlink_to("other.counts")
    counts.save(link)
    assert link.is_symlink()
    assert tokcore.WordCounts.from_file(tmp_path / "other.counts").to_dict() == COUNTS
