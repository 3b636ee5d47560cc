"""Batches: what they take, what they give."""

import array
import itertools
import pickle
import signal
import subprocess
import sys
import threading

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tokcore
from oracle import samples
from oracle.reference import reference

_many = st.lists(samples.texts, max_size=12)
_threads = st.sampled_from([None, 1, 2, 5])


@given(batch=_many, threads=_threads)
def test_every_batch_call_gives_each_texts_ids(enc, ref, batch, threads):
    ids = [ref.encode_ordinary(text) for text in batch]
    assert enc.encode_batch(batch, num_threads=threads) == ids
    assert enc.encode_ordinary_batch(batch, num_threads=threads) == ids
    assert enc.encode_arrays(batch, num_threads=threads).to_lists() == ids
    assert enc.count_batch(batch, num_threads=threads).tolist() == [len(one) for one in ids]


def test_enough_text_for_many_threads(enc, ref):
    batch = ["".join(samples.TEXTS[at % 50 :]) for at in range(300)]
    ids = ref.encode_ordinary_batch(batch)
    for threads in None, 1, 4:
        assert enc.encode_ordinary_batch(batch, num_threads=threads) == ids
        assert enc.count_batch(batch, num_threads=threads).tolist() == [len(one) for one in ids]
        assert enc.decode_batch(ids, num_threads=threads) == batch


WIDTHS = [
    "ASCII only ",
    "Crème brûlée à volonté ",
    "中文文本，Кириллица ",
    "emoji 😀🤖 and 中文 ",
    "lone \ud800 half \udc00\ud83d\ude00 ",
]


@pytest.mark.parametrize("text", WIDTHS)
@pytest.mark.parametrize("length", [1, 15, 16, 17, 40_000])
def test_str_of_every_width_in_memory_and_nothing_is_kept_in_it(enc, ref, text, length):
    batch = [(text * (length // len(text) + 1))[start:][:length] for start in range(20)]
    sizes = [sys.getsizeof(one) for one in batch]
    found = [
        (enc.encode_arrays(batch, num_threads=n).to_lists(), enc.count_batch(batch, num_threads=n)) for n in (1, 2)
    ]
    assert [sys.getsizeof(one) for one in batch] == sizes
    ids = ref.encode_ordinary_batch(batch)
    for lists, counts in found:
        assert lists == ids
        assert counts.tolist() == [len(one) for one in ids]


STRINGS = ["hello world", "", "中文 text", "😀", "trailing "]


def _generator():
    yield from STRINGS


@pytest.mark.parametrize(
    "texts",
    [
        STRINGS,
        tuple(STRINGS),
        dict.fromkeys(STRINGS),
        _generator,
        [text.encode() for text in STRINGS],
        [bytearray(text.encode()) for text in STRINGS],
        np.array(STRINGS),
        np.array(STRINGS, dtype=object),
        np.array(STRINGS, dtype=np.dtypes.StringDType()) if hasattr(np.dtypes, "StringDType") else STRINGS,
        pa.array(STRINGS),
        pa.array(STRINGS, pa.large_string()),
        pa.array(STRINGS, pa.string_view()),
        pa.array([text.encode() for text in STRINGS], pa.binary()),
        pa.chunked_array([STRINGS[:2], STRINGS[2:]]),
        pa.array(["x", *STRINGS, "y"])[1:-1],
    ],
    ids=lambda texts: f"{type(texts).__name__}-{getattr(texts, 'dtype', getattr(texts, 'type', ''))}",
)
def test_texts_may_be_kept_in_anything(texts):
    enc = tokcore.get_encoding("cl100k_base")
    expected = reference("cl100k_base").encode_batch(STRINGS)
    make = texts if callable(texts) else lambda: texts
    assert enc.encode_arrays(make()).to_lists() == expected
    assert enc.encode_batch(make()) == expected
    assert enc.count_batch(make()).tolist() == [len(ids) for ids in expected]


def test_no_texts():
    enc = tokcore.get_encoding("gpt2")
    for none in [], (), iter(()), np.array([], dtype=str), pa.array([], pa.string()):
        batch = enc.encode_arrays(none)
        assert (len(batch), batch.to_lists(), batch.offsets.tolist()) == (0, [], [0])
    assert enc.encode_batch([]) == enc.decode_batch([]) == enc.count_batch([]).tolist() == []


@pytest.mark.parametrize(
    "wrong", ["one text", b"one text", 5, None, [1], ["a", None], [["a"]], pa.array(["a", None]), pa.array([1])]
)
def test_what_is_no_texts_is_a_type_error(wrong):
    enc = tokcore.get_encoding("gpt2")
    for call in enc.encode_arrays, enc.encode_batch, enc.encode_ordinary_batch, enc.count_batch:
        with pytest.raises(TypeError):
            call(wrong)


def test_errors_name_the_item():
    enc = tokcore.get_encoding("gpt2")
    with pytest.raises(TypeError, match="item 1 "):
        enc.encode_batch(["a", None])
    with pytest.raises(ValueError, match="endoftext"):
        enc.encode_batch(["a", "<|endoftext|>"])


@pytest.mark.parametrize("threads", [0, -1])
def test_there_is_at_least_one_thread(threads):
    enc = tokcore.get_encoding("gpt2")
    calls = [
        enc.encode_batch,
        enc.encode_ordinary_batch,
        enc.encode_arrays,
        enc.count_batch,
        enc.decode_batch,
        enc.decode_bytes_batch,
    ]
    for call in calls:
        with pytest.raises(ValueError, match="num_threads"):
            call([], num_threads=threads)


def test_a_batch_is_a_sequence_of_views():
    enc = tokcore.get_encoding("gpt2")
    batch = enc.encode_arrays(STRINGS)
    ids = enc.encode_batch(STRINGS)
    assert (batch.ids.dtype, batch.offsets.dtype) == (np.uint32, np.int64)
    assert len(batch) == len(STRINGS)
    assert [one.tolist() for one in batch] == ids
    assert batch[0].tolist() == ids[0]
    assert batch[-1].tolist() == ids[-1]
    assert np.shares_memory(batch[0], batch.ids)
    for index in len(STRINGS), -len(STRINGS) - 1:
        with pytest.raises(IndexError):
            batch[index]
    for bounds in slice(1, 3), slice(None, -1), slice(4, 2), slice(9, 12), slice(None):
        assert batch[bounds].to_lists() == ids[bounds]
    with pytest.raises(ValueError, match="step"):
        batch[::2]
    with pytest.raises(TypeError):
        batch["a"]
    assert repr(batch) == f"<TokenBatch of 5 texts, {len(batch.ids)} tokens>"
    assert enc.decode_batch(batch) == STRINGS
    assert enc.decode_bytes_batch(batch) == [text.encode() for text in STRINGS]


def test_a_batch_can_be_made_and_pickled():
    batch = tokcore.TokenBatch(np.array([1, 2, 3], np.uint32), np.array([0, 1, 1, 3]))
    assert batch.to_lists() == [[1], [], [2, 3]]
    assert pickle.loads(pickle.dumps(batch)).to_lists() == batch.to_lists()
    for offsets in [], [0], [1, 3], [0, 2, 1, 3], [0, 4], [-1, 3]:
        with pytest.raises(ValueError, match="offsets"):
            tokcore.TokenBatch(batch.ids, np.array(offsets, dtype=np.int64))
    with pytest.raises(TypeError):
        tokcore.TokenBatch(array.array("I", [1]), [0, 1])


def test_offsets_changed_from_outside_do_no_harm():
    batch = tokcore.get_encoding("gpt2").encode_arrays(["a", "b"])
    batch.offsets[1] = 99
    with pytest.raises(IndexError):
        batch.to_lists()


def test_arrow_reads_a_batch_without_a_copy():
    batch = tokcore.get_encoding("gpt2").encode_arrays(STRINGS)
    column = pa.array(batch)
    assert column.type == pa.large_list(pa.field("item", pa.uint32(), nullable=False))
    assert column.to_pylist() == batch.to_lists()
    assert column.values.buffers()[1].address == batch.ids.ctypes.data
    del batch
    assert column.to_pylist()[0] == [31373, 995]


def test_ctrl_c_stops_a_long_call():
    enc = tokcore.get_encoding("o200k_base")
    batch = ["".join(samples.TEXTS)] * 500_000
    for call in enc.count_batch, enc.encode_arrays:
        threading.Timer(0.3, signal.raise_signal, [signal.SIGINT]).start()
        with pytest.raises(KeyboardInterrupt):
            call(batch)


def test_batches_of_arrays_of_any_layout():
    ids, offsets = np.arange(10, dtype=np.uint32), np.array([0, 3, 10])
    unaligned = np.frombuffer(b"." + ids.tobytes(), np.uint8)[1:].view(np.uint32)
    for layout in (np.repeat(ids, 2)[::2], ids[::-1].copy()[::-1], unaligned):
        batch = tokcore.TokenBatch(layout, np.repeat(offsets, 2)[::2])
        assert batch.to_lists() == [[0, 1, 2], [3, 4, 5, 6, 7, 8, 9]]
        assert batch[1:].to_lists() == [[3, 4, 5, 6, 7, 8, 9]]
        assert pa.array(batch).to_pylist() == batch.to_lists()
    assert np.shares_memory(tokcore.TokenBatch(ids, offsets).ids, ids)


@pytest.mark.parametrize(
    ("ids", "offsets", "says"),
    [
        (np.arange(3), np.array([0, 3]), "ids must be a NumPy array of uint32 with one dimension, not int64"),
        (np.zeros((1, 3), np.uint32), np.array([0, 3]), "ids must be"),
        ([1, 2, 3], np.array([0, 3]), "ids must be .* not <class 'list'>"),
        (np.arange(3, dtype=np.uint32), np.array([0, 3], np.uint32), "offsets must be .* int64 .* not uint32"),
    ],
)
def test_batches_of_other_arrays(ids, offsets, says):
    with pytest.raises(TypeError, match=says):
        tokcore.TokenBatch(ids, offsets)


WITHOUT_NUMPY = """
import sys
from array import array

sys.modules["numpy"] = None
import tokcore

enc = tokcore.get_encoding("cl100k_base")
assert enc.decode_batch([enc.encode("a b"), tuple(enc.encode("c")), array("I", enc.encode("d"))]) == ["a b", "c", "d"]
for call in (enc.encode_arrays, enc.count_batch, enc.encode_to_numpy):
    try:
        call("a" if call == enc.encode_to_numpy else ["a"])
    except ImportError as error:
        assert "numpy" in str(error)
    else:
        raise AssertionError(call)
try:
    tokcore.TokenBatch([], [])
except ImportError:
    sys.exit(7)
"""


def test_without_numpy_arrays_are_an_import_error_and_the_rest_works():
    assert subprocess.run([sys.executable, "-c", WITHOUT_NUMPY], check=False).returncode == 7


class Boasting(list):
    """Says of itself that it is longer than any memory."""

    def __init__(self, items, length):
        super().__init__(items)
        self.length = length

    def __len__(self):
        return self.length


class Sequence:
    """A sequence that is no list."""

    def __init__(self, items, length):
        self.items, self.length = items, length

    def __len__(self):
        return self.length

    def __getitem__(self, index):
        return self.items[index]


@pytest.mark.parametrize("length", [0, 2**44, sys.maxsize])
@pytest.mark.parametrize("kind", [Boasting, Sequence])
def test_what_an_object_says_of_its_length_is_not_believed(kind, length):
    enc = tokcore.get_encoding("gpt2")
    assert enc.encode_batch(kind(["a", "b"], length)) == [[64], [65]]
    assert enc.count_batch(kind(["a", "b"], length)).tolist() == [1, 1]
    assert enc.decode(kind([64, 65], length)) == "ab"
    assert enc.decode_batch(kind([kind([64], length), [65]], 2)) == ["a", "b"]


def test_a_capsule_that_was_read_is_refused():
    capsules = pa.array(["a"]).__arrow_c_array__()

    class Column:
        def __arrow_c_array__(self, _schema=None):
            return capsules

    enc = tokcore.get_encoding("gpt2")
    assert enc.encode_batch(Column()) == [[64]]
    with pytest.raises(ValueError, match="read before"):
        enc.encode_batch(Column())


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="has no timers")
@pytest.mark.parametrize("call", ["encode_batch", "count_batch", "decode_tokens_bytes", "decode_with_offsets"])
def test_input_without_an_end_is_ended_by_a_signal(call):
    # No Python code runs between two items, which would look for signals.
    endless = itertools.repeat("a" if "batch" in call else 64)

    def stop(_signal, _frame):
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, 0.05)
    try:
        with pytest.raises(KeyboardInterrupt):
            getattr(tokcore.get_encoding("gpt2"), call)(endless)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
