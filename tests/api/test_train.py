"""Training and word counts, against Hugging Face's trainer."""

import gzip
import json
import signal
import threading
from collections import Counter

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Regex, Tokenizer, models, pre_tokenizers, trainers

import tokcore
from oracle import samples

GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
CORPUS = [
    *samples.TEXTS[:60],
    "the cat sat on the mat, the bat on the cat " * 30,
    "中文文字文字 " * 20,
    "aaaa bbbb aaaabbbb\n" * 9,
]


def _hugging_face(texts, vocab_size, **options):
    """Train Hugging Face's trainer; return its tokens as bytes in order of id."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(GPT2), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size, initial_alphabet=alphabet, show_progress=False, special_tokens=[], **options
    )
    tokenizer.train_from_iterator(texts, trainer)
    vocab = sorted(tokenizer.get_vocab().items(), key=lambda item: item[1])
    return [spelling for spelling, _ in vocab]


def _spelled(enc, tmp_path):
    """Spell the tokens as Hugging Face does, in order of id."""
    path = tmp_path / "spelled.json"
    enc.save(path)
    vocab = json.loads(path.read_text())["model"]["vocab"]
    return [spelling for spelling, _ in sorted(vocab.items(), key=lambda item: item[1])]


@pytest.mark.parametrize(
    "options",
    [
        {},
        *({"min_frequency": frequency} for frequency in (1, 2, 3, 10)),
        *({"max_token_length": length} for length in (2, 3, 4, 7, 16)),
        {"min_frequency": 2, "max_token_length": 6},
    ],
)
def test_tokens_are_those_of_hugging_face(options, tmp_path):
    expected = _hugging_face(CORPUS, 500, **options)
    enc = tokcore.train(CORPUS, len(expected), pattern=GPT2, **options)
    assert _spelled(enc, tmp_path) == expected


@pytest.mark.parametrize("limit", [256, 10_000])
def test_a_limit_of_the_alphabet_leaves_all_bytes(limit, tmp_path):
    expected = _hugging_face(CORPUS, 500, limit_alphabet=limit)
    assert _spelled(tokcore.train(CORPUS, 500, pattern=GPT2), tmp_path) == expected


@given(texts=st.lists(st.text("ab c\n中'1", max_size=30), min_size=1, max_size=8), size=st.integers(256, 300))
def test_tokens_of_generated_text_are_those_of_hugging_face(texts, size, tmp_path_factory):
    if not any(texts):
        return
    expected = _hugging_face(texts, size)
    enc = tokcore.train(texts, len(expected), pattern=GPT2)
    assert _spelled(enc, tmp_path_factory.mktemp("train")) == expected


def test_neither_threads_nor_order_nor_source_change_the_result(tmp_path):
    expected = tokcore.train(CORPUS, 400, pattern="gpt2").fingerprint
    path = tmp_path / "corpus.txt"
    path.write_text("<|endoftext|>".join(CORPUS), newline="")
    packed = tmp_path / "corpus.txt.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    lines = tmp_path / "corpus.jsonl"
    lines.write_text("".join(json.dumps({"body": text}) + "\n" for text in CORPUS))
    halves = [tokcore.count_words(part, pattern="gpt2") for part in (CORPUS[::2], CORPUS[1::2])]
    for source, options in [
        (CORPUS, {"num_threads": 1}),
        (CORPUS, {"num_threads": 4}),
        (CORPUS[::-1], {}),
        (tuple(text.encode() for text in CORPUS), {}),
        (iter(CORPUS), {}),
        (path, {}),
        (str(path), {"num_threads": 3}),
        ([path], {}),
        (packed, {}),
        (lines, {"field": "body"}),
        (halves, {}),
        (halves[0].merge(halves[1]), {"pattern": "gpt2"}),
    ]:
        pattern = {} if source is halves or isinstance(source, tokcore.WordCounts) else {"pattern": "gpt2"}
        assert tokcore.train(source, 400, **pattern | options).fingerprint == expected


@pytest.mark.filterwarnings("ignore:the vocabulary has")
def test_special_tokens_get_the_last_ids_and_stay_out_of_the_statistics():
    texts = ["<|x|>".join(["abab"] * 50)]
    enc = tokcore.train(texts, 262, pattern="gpt2", special_tokens=["<|x|>", "<|y|>"], name="mine")
    assert enc.name == "mine"
    assert enc.n_vocab == 260
    assert enc._special_tokens == {"<|x|>": 258, "<|y|>": 259}
    assert not any(b"|" in token for token in enc.token_byte_values() if len(token) > 1)


def test_a_vocabulary_that_cannot_be_filled_warns():
    with pytest.warns(UserWarning, match="has 258 tokens, not 1000"):
        enc = tokcore.train(["abab"], 1000, pattern="gpt2")
    assert enc.n_vocab == 258
    assert enc.training.ended_early


def test_what_training_saw():
    enc = tokcore.train(CORPUS, 300, pattern="gpt2")
    stats = enc.training
    assert stats.documents == sum(1 for text in CORPUS if text)
    assert stats.bytes == sum(len(text.encode()) for text in CORPUS)
    assert stats.tokens == enc.count_batch(CORPUS).sum()
    assert stats.last_frequency > 0
    assert not stats.ended_early
    assert len(stats.seconds) == 3
    assert enc.unreachable == []
    assert tokcore.get_encoding("gpt2").training is None


def test_word_counts_are_those_of_regex():
    expected = Counter(word.encode() for text in CORPUS for word in regex.findall(GPT2, text))
    counts = tokcore.count_words(CORPUS, pattern="gpt2")
    assert counts.to_dict() == dict(sorted(expected.items()))
    assert counts.words == expected.total()
    again = tokcore.WordCounts.from_counts(counts.to_dict(), pattern="gpt2")
    assert again.to_dict() == counts.to_dict()
    assert again.merge(counts).words == 2 * counts.words


def test_counts_beyond_32_bits():
    counts = tokcore.WordCounts.from_counts({b"ab": 2**33, b"cd": 2**33 + 1}, pattern="gpt2")
    assert tokcore.train(counts, 257)._mergeable_ranks[b"cd"] == 256


def test_progress_is_reported():
    seen = []
    tokcore.train(CORPUS, 300, progress=lambda *event: seen.append(event))
    assert [phase for phase, done, _, _ in seen if done == 0] == ["counting", "indexing", "merging"]
    assert seen[-1][:3] == ("merging", 44, 44)
    tokcore.train(CORPUS, 300, progress=True)
    assert tokcore.count_words(CORPUS, progress=True).documents


def test_what_progress_raises_comes_out():
    def stop(*_):
        raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        tokcore.train(CORPUS, 300, progress=stop)


def test_what_a_generator_raises_comes_out():
    def broken():
        yield "some text"
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        tokcore.train(broken(), 300)


def test_ctrl_c_stops_training():
    def much():
        # It ends, so that a failure is no hang.
        for _ in range(1_000_000):
            yield "some words to count " * 1000

    threading.Timer(0.3, signal.raise_signal, [signal.SIGINT]).start()
    with pytest.raises(KeyboardInterrupt):
        tokcore.train(much(), 300)


@pytest.mark.parametrize(
    ("source", "options", "exception", "message"),
    [
        ("/no/such/file", {}, FileNotFoundError, "/no/such/file"),
        ("/", {}, OSError, "directory"),
        ([], {}, ValueError, "no text"),
        ([""], {}, ValueError, "no text"),
        (["a"], {"vocab_size": 255}, ValueError, "too small"),
        (["a"], {"vocab_size": 257, "special_tokens": ["<a>", "<b>"]}, ValueError, "too small"),
        (["a"], {"vocab_size": 1 << 40}, ValueError, "too large"),
        (["a"], {"vocab_size": -1}, ValueError, "vocab_size -1"),
        (["a"], {"vocab_size": "many"}, TypeError, None),
        (["a"], {"pattern": "("}, ValueError, None),
        (["a"], {"special_tokens": ["<a>", "<a>"]}, ValueError, "twice"),
        (["a"], {"special_tokens": [""]}, ValueError, "empty"),
        (["a"], {"special_tokens": "<a>"}, TypeError, "list"),
        (["a"], {"num_threads": 0}, ValueError, "num_threads"),
        (["a", 5], {}, TypeError, "item 1"),
        (iter(["a", None]), {}, TypeError, "item 1"),
        (5, {}, TypeError, None),
    ],
)
def test_bad_input_is_refused(source, options, exception, message):
    with pytest.raises(exception, match=message):
        tokcore.train(source, **{"vocab_size": 300} | options)


def test_counts_of_another_pattern_are_refused():
    counts = tokcore.count_words(CORPUS, pattern="gpt2")
    with pytest.raises(ValueError, match="pattern"):
        tokcore.train(counts, 300, pattern="cl100k_base")
    with pytest.raises(ValueError, match="different split patterns"):
        counts.merge(tokcore.count_words(CORPUS, pattern="cl100k_base"))
    with pytest.raises(ValueError, match="different split patterns"):
        tokcore.count_words(counts, pattern="cl100k_base")


def test_word_counts_can_be_kept_in_a_file(tmp_path):
    counts = tokcore.count_words(CORPUS, pattern="gpt2")
    counts.save(tmp_path / "words")
    again = tokcore.WordCounts.from_file(tmp_path / "words")
    assert again.to_dict() == counts.to_dict()
    assert (again.documents, again.bytes, again.words) == (counts.documents, counts.bytes, counts.words)
    assert tokcore.train(again, 400).fingerprint == tokcore.train(counts, 400).fingerprint
    with pytest.raises(FileNotFoundError):
        tokcore.WordCounts.from_file(tmp_path / "none")
    (tmp_path / "words").write_bytes(b"something else")
    with pytest.raises(ValueError, match="words"):
        tokcore.WordCounts.from_file(tmp_path / "words")


def test_a_memory_budget_and_a_checkpoint_do_not_change_the_result(tmp_path):
    expected = tokcore.train(CORPUS, 400, pattern="gpt2").fingerprint
    small = tokcore.train(CORPUS, 400, pattern="gpt2", num_threads=1, max_memory=16 << 20, temp_dir=tmp_path)
    assert small.fingerprint == expected
    for _ in range(2):
        enc = tokcore.train(CORPUS, 400, pattern="gpt2", checkpoint=tmp_path / "checkpoint")
        assert enc.fingerprint == expected


def test_a_vocabulary_can_be_extended():
    base = tokcore.train(CORPUS, 300, pattern="gpt2", special_tokens=["<|x|>"])
    more = tokcore.train(["new words, new words and more new words"] * 9, 310, initial=base)
    assert more._pat_str == base._pat_str
    assert base._mergeable_ranks.items() <= more._mergeable_ranks.items()
    assert base._special_tokens == more._special_tokens
    assert more.n_vocab == 310


def test_a_checkpoint_is_of_words_wherever_they_stand(tmp_path):
    files, checkpoint = [tmp_path / "one", tmp_path / "two"], tmp_path / "checkpoint"
    for file in files:
        tokcore.count_words(CORPUS, pattern="gpt2").save(file)
    both = tokcore.count_words(CORPUS + CORPUS, pattern="gpt2")
    first = tokcore.train(files, 300, checkpoint=checkpoint)
    assert tokcore.train(both, 300, checkpoint=checkpoint).fingerprint == first.fingerprint
    with pytest.raises(ValueError, match="checkpoint"):
        tokcore.train(files[0], 300, checkpoint=checkpoint)


def test_sums_at_the_end_of_64_bits_stay_there():
    counts = {b"ab": 2**64 - 1, b"abc": 2**64 - 1, b"d": 2**64 - 1}
    assert tokcore.train(tokcore.WordCounts.from_counts(counts, pattern="gpt2"), 257).training.tokens == 2**64 - 1


def test_a_checkpoint_is_of_files_of_this_content(tmp_path):
    text, checkpoint = tmp_path / "text.txt", tmp_path / "checkpoint"
    text.write_text("ab cd " * 10_000)
    first = tokcore.train(text, 258, checkpoint=checkpoint)
    assert tokcore.train(text, 258, checkpoint=checkpoint).fingerprint == first.fingerprint
    text.write_text("ab ef " * 10_000)
    with pytest.raises(ValueError, match="checkpoint"):
        tokcore.train(text, 258, checkpoint=checkpoint)


def test_a_checkpoint_is_of_files_of_these_sizes(tmp_path):
    first, second, checkpoint = tmp_path / "first.txt", tmp_path / "second.txt", tmp_path / "checkpoint"
    first.write_text("ab " * 10)
    second.write_text("cd " * 5)
    tokcore.train([first, second], 257, checkpoint=checkpoint)
    first.write_text("xy " * 2)
    second.write_text("xy " * 13)
    with pytest.raises(ValueError, match="checkpoint"):
        tokcore.train([first, second], 257, checkpoint=checkpoint)
