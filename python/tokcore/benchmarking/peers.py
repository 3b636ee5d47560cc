"""One adapter a library: how it is made from tokcore's exported vocabulary, its fastest way to ids and to counts."""

from __future__ import annotations

import importlib
import json
from abc import ABC, abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    import tokcore

    Ids = tuple[npt.NDArray[np.uint32], npt.NDArray[np.int64]]


FAMILIES = ("gpt2", "cl100k_base", "o200k_base")
"""Encodings with the three published split patterns."""


class Export:
    """The files that a session writes once for all peers: the vocabulary in every form that it has."""

    def __init__(self, folder: Path) -> None:
        self.native = folder / "vocabulary.tokcore"
        self._ranks = folder / "vocabulary.tiktoken"
        self._huggingface = folder / "tokenizer.json"
        self._about = folder / "about.json"

    @property
    def ranks(self) -> Path:
        """The rank file; ValueError if the vocabulary has none."""
        return self._written(self._ranks)

    @property
    def huggingface(self) -> Path:
        """The tokenizer.json; ValueError if the vocabulary has none."""
        return self._written(self._huggingface)

    def _written(self, path: Path) -> Path:
        if not path.exists():
            raise ValueError(self.about["unwritten"][path.name])
        return path

    @property
    def about(self) -> dict[str, Any]:
        """What a rank file leaves out: name, pattern, the encoding that the pattern is known from, special tokens."""
        about: dict[str, Any] = json.loads(self._about.read_text(encoding="utf-8"))
        return about

    def write(self, tokenizer: tokcore.Tokenizer, name: str | None) -> None:
        """Export `tokenizer`; `name` is set where it is one of the named encodings."""
        tokenizer.save(self.native)
        unwritten = {}
        forms: list[tuple[Path, Literal["tiktoken", "huggingface"]]]
        forms = [(self._ranks, "tiktoken"), (self._huggingface, "huggingface")]
        for path, form in forms:
            try:
                tokenizer.save(path, format=form)
            except ValueError as error:
                unwritten[path.name] = str(error)
        about = {
            "name": name,
            "pattern": tokenizer._pat_str,
            "family": family(tokenizer._pat_str),
            "special_tokens": tokenizer._special_tokens,
            "unwritten": unwritten,
        }
        self._about.write_text(json.dumps(about), encoding="utf-8")


def family(pattern: str) -> str | None:
    """Return the named encoding whose split pattern this is, or None."""
    import tokcore

    return next((name for name in FAMILIES if tokcore.get_encoding(name)._pat_str == pattern), None)


class Peer(ABC):
    """A library under measurement. `encode` and `count` are what is timed; `arrays` is not."""

    name: ClassVar[str]
    distribution: ClassVar[str]
    """Its name on the package index, which its version is asked under."""
    counts: ClassVar[bool] = False
    """Whether it can count without making ids."""
    gives_lists: ClassVar[bool] = False
    """Whether it has a call that gives lists of int."""

    @abstractmethod
    def __init__(self, export: Export, threads: int) -> None:
        """Build the library's tokenizer from the exported files."""

    @abstractmethod
    def encode(self, texts: list[str]) -> Any:
        """Return the ids of all texts in whatever form the library gives them fastest."""

    def count(self, texts: list[str]) -> int:
        """Return the tokens of all texts together; only where `counts`."""
        raise NotImplementedError

    def lists(self, texts: list[str]) -> list[list[int]]:
        """Return the ids of all texts as lists of int; only where `gives_lists`."""
        raise NotImplementedError

    @abstractmethod
    def arrays(self, result: Any) -> Ids:
        """Return what `encode` gave as ids, uint32 (n_tokens,), and offsets, int64 (n_texts + 1,)."""


class Tokcore(Peer):
    """tokcore itself: ids as arrays, counts without ids."""

    name, distribution, counts, gives_lists = "tokcore", "tokcore", True, True

    def __init__(self, export: Export, threads: int) -> None:
        import tokcore

        name = export.about["name"]
        self._tokenizer = tokcore.get_encoding(name) if name else tokcore.Tokenizer.from_file(export.native)
        self._threads = threads

    def encode(self, texts: list[str]) -> Any:
        return self._tokenizer.encode_arrays(texts, num_threads=self._threads)

    def count(self, texts: list[str]) -> int:
        return int(self._tokenizer.count_batch(texts, num_threads=self._threads).sum())

    def lists(self, texts: list[str]) -> list[list[int]]:
        return self._tokenizer.encode_ordinary_batch(texts, num_threads=self._threads)

    def arrays(self, result: Any) -> Ids:
        return result.ids, result.offsets


class Tiktoken(Peer):
    """tiktoken, its `Encoding` made from the exported ranks."""

    name, distribution, gives_lists = "tiktoken", "tiktoken", True

    def __init__(self, export: Export, threads: int) -> None:
        tiktoken = importlib.import_module("tiktoken")
        load = importlib.import_module("tiktoken.load")
        about = export.about
        self._encoding = tiktoken.Encoding(
            about["name"] or "exported",
            pat_str=about["pattern"],
            mergeable_ranks=load.load_tiktoken_bpe(str(export.ranks)),
            special_tokens=about["special_tokens"],
        )
        self._threads = threads

    def encode(self, texts: list[str]) -> Any:
        return self.lists(texts)

    def lists(self, texts: list[str]) -> list[list[int]]:
        lists: list[list[int]] = self._encoding.encode_ordinary_batch(texts, num_threads=self._threads)
        return lists

    def arrays(self, result: Any) -> Ids:
        return from_lists(result)


class HuggingFace(Peer):
    """Hugging Face tokenizers, from the exported tokenizer.json."""

    name, distribution = "tokenizers", "tokenizers"

    def __init__(self, export: Export, threads: int) -> None:  # noqa: ARG002 - set through the environment
        tokenizers = importlib.import_module("tokenizers")
        self._tokenizer = tokenizers.Tokenizer.from_file(str(export.huggingface))

    def encode(self, texts: list[str]) -> Any:
        return self._tokenizer.encode_batch_fast(texts, add_special_tokens=False)

    def arrays(self, result: Any) -> Ids:
        return from_lists([encoding.ids for encoding in result])


class Gigatoken(Peer):
    """gigatoken; its ids come as an Awkward array over one buffer.

    It reads tokenizer.json only with the split patterns that it knows by their text; it knows those of the named
    encodings by another spelling, so for these it gets the ranks and the name of its own scheme.
    """

    name, distribution, gives_lists = "gigatoken", "gigatoken", True
    SCHEMES: ClassVar[dict[str, str]] = {"gpt2": "gpt2", "cl100k_base": "gpt4", "o200k_base": "o200k"}

    def __init__(self, export: Export, threads: int) -> None:
        gigatoken = importlib.import_module("gigatoken")
        about = export.about
        scheme = self.SCHEMES.get(about["family"])
        if scheme:
            self._tokenizer = gigatoken.Tokenizer.from_tiktoken(export.ranks, scheme, about["special_tokens"])
        else:
            self._tokenizer = gigatoken.Tokenizer(export.huggingface)
        self._parallel = threads > 1

    def encode(self, texts: list[str]) -> Any:
        return self._tokenizer.encode_batch(texts, parallel=self._parallel)

    def lists(self, texts: list[str]) -> list[list[int]]:
        lists: list[list[int]] = self._tokenizer.encode_batch_list(texts, parallel=self._parallel)
        return lists

    def arrays(self, result: Any) -> Ids:
        layout = importlib.import_module("awkward").to_packed(result).layout
        return np.asarray(layout.content.data, np.uint32), np.asarray(layout.offsets.data, np.int64)


class Tokie(Peer):
    """tokie, from the exported tokenizer.json."""

    name, distribution, counts = "tokie", "tokie", True

    def __init__(self, export: Export, threads: int) -> None:  # noqa: ARG002 - set through the environment
        tokie = importlib.import_module("tokie")
        self._tokenizer = tokie.Tokenizer.from_json(str(export.huggingface))

    def encode(self, texts: list[str]) -> Any:
        return self._tokenizer.encode_batch_flat(texts, add_special_tokens=False)

    def count(self, texts: list[str]) -> int:
        return sum(self._tokenizer.count_tokens_batch(texts))

    def arrays(self, result: Any) -> Ids:
        ids, lengths = result
        return np.asarray(ids, np.uint32), with_zero(np.asarray(lengths, np.int64))


class Splintr(Peer):
    """splintr (published as splintr-rs), from the exported ranks.

    Its regex engine refuses possessive quantifiers, so the patterns of the named encodings are given in its spelling.
    """

    name, distribution = "splintr", "splintr-rs"
    PATTERNS: ClassVar[dict[str, str]] = {
        "gpt2": "GPT2_PATTERN",
        "cl100k_base": "CL100K_BASE_PATTERN",
        "o200k_base": "O200K_BASE_PATTERN",
    }

    def __init__(self, export: Export, threads: int) -> None:  # noqa: ARG002 - set through the environment
        splintr = importlib.import_module("splintr")
        about = export.about
        spelling = self.PATTERNS.get(about["family"])
        pattern = getattr(splintr, spelling) if spelling else about["pattern"]
        self._tokenizer = splintr.Tokenizer(str(export.ranks), pattern, about["special_tokens"])

    def encode(self, texts: list[str]) -> Any:
        return self._tokenizer.encode_batch_flat(texts)

    def arrays(self, result: Any) -> Ids:
        ids, offsets = result
        return np.frombuffer(ids, "<u4"), np.frombuffer(offsets, "<u8").astype(np.int64)


def from_lists(lists: list[list[int]]) -> Ids:
    """Return lists of ids as one array and offsets."""
    lengths = np.fromiter(map(len, lists), np.int64, len(lists))
    ids = [np.array(one, np.uint32) for one in lists]
    return np.concatenate(ids) if ids else np.empty(0, np.uint32), with_zero(lengths)


def with_zero(lengths: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return lengths as offsets, which begin with 0."""
    return np.concatenate(([0], np.cumsum(lengths, dtype=np.int64)))


PEERS: dict[str, type[Peer]] = {peer.name: peer for peer in (Tokcore, Tiktoken, HuggingFace, Gigatoken, Tokie, Splintr)}
