"""Train a vocabulary on text that is at hand everywhere, use it, and measure it beside tiktoken.

Run by `make demo`. The text is this repository's documents and Python's standard library.
"""

from __future__ import annotations

from pathlib import Path
from time import perf_counter

import tokcore
from tokcore.benchmarking import corpora

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "demo-out" / "demo.tokcore"
TEXT_BYTES = 8_000_000
VOCAB_SIZE = 8_000


def main() -> None:
    """Run the four steps."""
    documents = [path.read_text(encoding="utf-8") for path in sorted(ROOT.glob("**/*.md")) if ".venv" not in path.parts]
    texts = documents + corpora.standard_library(TEXT_BYTES)
    size = sum(len(text.encode()) for text in texts)
    print(
        f"text: {len(texts):,} documents, {size / 1e6:.1f} MB (this repository's documents, Python's standard library)"
    )
    tokenizer = train(texts, size)
    encode_and_decode(tokenizer)
    count(tokenizer, texts, size)
    compare(tokenizer, texts)


def train(texts: list[str], size: int) -> tokcore.Tokenizer:
    """Train, save, and load what was saved."""
    started = perf_counter()
    tokenizer = tokcore.train(texts, vocab_size=VOCAB_SIZE, pattern="cl100k_base", special_tokens=["<|endoftext|>"])
    seconds = perf_counter() - started
    OUT.parent.mkdir(exist_ok=True)
    tokenizer.save(OUT)
    loaded = tokcore.Tokenizer.from_file(OUT)
    assert loaded.fingerprint == tokenizer.fingerprint
    print(f"train: {loaded.n_vocab:,} tokens in {seconds:.2f} s ({size / seconds / 1e6:.0f} MB/s), saved as {OUT.name}")
    return loaded


def encode_and_decode(tokenizer: tokcore.Tokenizer) -> None:
    """Show the tokens of one line."""
    line = "def count_tokens(text: str) -> int: return 42  # 朋友 🍉"
    ids = tokenizer.encode(line)
    assert tokenizer.decode(ids) == line
    pieces = [piece.decode("utf-8", "backslashreplace") for piece in tokenizer.decode_tokens_bytes(ids)]
    print(f"encode: {line}\n     -> {ids}\n      = {'|'.join(pieces)}\ndecode: the same text again")


def count(tokenizer: tokcore.Tokenizer, texts: list[str], size: int) -> None:
    """Count under the trained vocabulary and under published ones."""
    for one in (tokenizer, tokcore.get_encoding("gpt2"), tokcore.get_encoding("o200k_base")):
        tokens = int(one.count_batch(texts).sum())
        print(f"count: {tokens:,} tokens under {one.name}, {size / tokens:.2f} bytes per token")


def compare(tokenizer: tokcore.Tokenizer, texts: list[str]) -> None:
    """Measure beside tiktoken, which gets the same ranks, pattern and texts."""
    for encoding in (tokenizer, "o200k_base"):
        print()
        print(tokcore.benchmark(texts, encoding, against=["tiktoken"]))


if __name__ == "__main__":
    main()
