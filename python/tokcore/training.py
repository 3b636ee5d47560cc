"""Training vocabularies and counting words."""

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from os import PathLike
from typing import Any, TypeAlias

from tokcore._tokcore import Tokenizer, WordCounts, _count_words, _train
from tokcore.progress import Report, bar

_Path: TypeAlias = str | PathLike[str]
_Texts: TypeAlias = Iterable[str] | Iterable[bytes] | Iterable[Any]
_Source: TypeAlias = _Path | Sequence[PathLike[str]] | _Texts


def train(
    source: _Source | WordCounts | Sequence[WordCounts],
    vocab_size: int,
    *,
    name: str = "trained",
    pattern: str | None = None,
    special_tokens: Sequence[str] = (),
    min_frequency: int = 0,
    max_token_length: int | None = None,
    initial: Tokenizer | None = None,
    checkpoint: _Path | None = None,
    checkpoint_interval: float = 30.0,
    num_threads: int | None = None,
    max_memory: int | None = None,
    temp_dir: _Path | None = None,
    separator: str | None = "<|endoftext|>",
    field: str = "text",
    progress: bool | Report = False,
) -> Tokenizer:
    """Train a byte-level BPE vocabulary.

    The merges are those of Hugging Face's `BpeTrainer` on the same text and split, whatever the number of threads and
    the order of documents. Byte ids are in its alphabet's order, merges follow, special tokens get the last ids. Ctrl-C
    stops it.

    Parameters
    ----------
    source : path, paths, texts or word counts
        A str or PathLike is the path of a file, a list of PathLike is several: plain text, JSON Lines (.jsonl), either
        also compressed (gzip or Zstandard). Any other iterable gives documents as str or bytes. Word counts are those
        of `count_words`, one or a list, or the paths of files that they were saved to.
    vocab_size : int
        How many tokens there are to be: 256 single bytes, merges and special tokens. If the text cannot give as many,
        training ends early with a UserWarning that says how many there are.
    name : str
        The name of the encoding.
    pattern : str, optional
        What splits text into the pre-tokens that no token crosses: the name of an embedded encoding, or a regular
        expression. By default the pattern of the word counts or of `initial`, which must not differ then, or else
        "cl100k_base".
        A document in a file is read in parts under an embedded encoding's pattern, and held whole under any other.
        Text that the pattern does not match is trained on too, as by `BpeTrainer`, but left out when encoding, as by
        tiktoken: give one that matches any text.
    special_tokens : sequence of str
        They get the ids after the last merge, and are kept out of the text's statistics; out of word counts only if
        `count_words` was given them too.
    min_frequency : int
        Pairs of tokens that occur less often are not merged. A pair that does not occur never is.
    max_token_length : int, optional
        Merged tokens of three bytes or more stay shorter than this, as in `BpeTrainer`.
    initial : Tokenizer, optional
        A tokenizer to extend: its tokens and special tokens keep their ids, new tokens follow.
    checkpoint : path, optional
        A file that training leaves its state in, and goes on from if it is there.
    checkpoint_interval : float
        The least time between two of its states, in seconds; saving takes a tenth of the time at most.
    num_threads : int, optional
        How many threads to use at most; by default all that this process may run at once.
    max_memory : int, optional
        How many bytes of memory to take: counts that are more go to disk. It does not change the result. At least 8 MiB
        a thread, and for merging six to ten times the bytes of the distinct words and some 150 bytes a token for each
        thread; if it is too small, a ValueError says what is needed.
    temp_dir : path, optional
        Where such counts go; by default the system's directory for temporary files.
    separator : str, optional
        What stands between two documents of a text file; None if a file is one document.
    field : str
        The field of a JSON Lines object that holds the document.
    progress : bool or callable
        True shows a progress bar on stderr. A callable is called with (phase, done, total, seconds): the phase is
        "counting" (bytes), "indexing" (words) or "merging" (tokens), the total None if not known.

    Returns
    -------
    Tokenizer
        Its attribute `training` tells what the training saw.

    Raises
    ------
    OSError
        If a file cannot be read.
    TypeError
        If `special_tokens` is a str, or the source is none of what it may be.
    ValueError
        If there is no text, `vocab_size` is below 256 and the special tokens, or the pattern does not compile.

    """
    options = {
        "name": name,
        "min_frequency": min_frequency,
        "max_token_length": max_token_length,
        "initial": initial,
        "checkpoint": checkpoint,
        "checkpoint_interval": checkpoint_interval,
    }
    counting = {
        "pattern": pattern,
        "special_tokens": _several(special_tokens),
        "num_threads": num_threads,
        "max_memory": max_memory,
        "temp_dir": temp_dir,
        "separator": separator,
        "field": field,
    }
    with _reporting(progress) as report:
        return _train(source, vocab_size, options | {"counting": counting | {"progress": report}})


def _several(special_tokens: Sequence[str]) -> list[str]:
    if isinstance(special_tokens, str):
        raise TypeError(f"special_tokens is the str {special_tokens!r}: give a list of them")
    return list(special_tokens)


def count_words(
    source: _Source | WordCounts | Sequence[WordCounts],
    *,
    pattern: str | None = None,
    special_tokens: Sequence[str] = (),
    num_threads: int | None = None,
    max_memory: int | None = None,
    temp_dir: _Path | None = None,
    separator: str | None = "<|endoftext|>",
    field: str = "text",
    progress: bool | Report = False,
) -> WordCounts:
    """Count the pre-tokens of a text: what `train` needs of it, and far smaller.

    Parameters are those of `train`. Word counts given as the source are brought together.

    Returns
    -------
    WordCounts

    Raises
    ------
    OSError
        If a file cannot be read.
    TypeError
        If `special_tokens` is a str, or the source is none of what it may be.
    ValueError
        If the pattern does not compile, or is not that of the word counts.

    """
    options = {
        "pattern": pattern,
        "special_tokens": _several(special_tokens),
        "num_threads": num_threads,
        "max_memory": max_memory,
        "temp_dir": temp_dir,
        "separator": separator,
        "field": field,
    }
    with _reporting(progress) as report:
        return _count_words(source, options | {"progress": report})


def _reporting(progress: bool | Report) -> AbstractContextManager[Report | None]:
    if progress is True:
        return bar()
    return nullcontext(progress or None)
