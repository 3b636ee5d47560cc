"""What encoding leaves in memory: 1 GB of words that never come again, tokenizers side by side, one giant word.

    python benches/python/memory.py

Prints resident memory before and after each, and what the cache's statistics say. Text is made a piece at a time.
"""

from __future__ import annotations

import argparse
from time import perf_counter

import tokcore

PIECE = 400_000
LETTERS = str.maketrans("01234567", "aeinorst")


def main() -> None:
    """Run all three."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-e", "--encoding", default="o200k_base")
    parser.add_argument("--size", type=int, default=1_000_000_000, help="bytes of words that never come again")
    arguments = parser.parse_args()
    started = resident()
    tokenizer = tokcore.get_encoding(arguments.encoding)
    print(f"{arguments.encoding} loaded: +{resident() - started:.1f} MB")
    unique_words(tokenizer, arguments.size)
    tokenizer.clear_cache()
    print(f"clear_cache(): {tokenizer.cache_statistics()}, {resident():.1f} MB")
    side_by_side(arguments.encoding)
    giant_word(tokenizer)


def unique_words(tokenizer: tokcore.Tokenizer, size: int) -> None:
    """Count `size` bytes of different words."""
    done, number, highest, started = 0, 0, 0.0, perf_counter()
    while done < size:
        # In letters alone: digits are pre-tokens of their own.
        text = " ".join([f"{one:o}" for one in range(number, number + PIECE)]).translate(LETTERS)
        tokenizer.count_batch([text], num_threads=1)
        done, number = done + len(text), number + PIECE
        highest = max(highest, resident())
    print(
        f"{done:,} bytes of {number:,} different words in {perf_counter() - started:.0f} s: {highest:.1f} MB at most,"
    )
    print(f"  {tokenizer.cache_statistics()}, limit {tokenizer.cache_limit:,}")


def side_by_side(encoding: str) -> None:
    """Make twenty more tokenizers with one vocabulary."""
    name = tokcore.get_encoding(encoding)
    about = {"pat_str": name._pat_str, "mergeable_ranks": name._mergeable_ranks, "special_tokens": name._special_tokens}
    first = tokcore.Tokenizer("one", **about)
    before = resident()
    others = [tokcore.Tokenizer(f"number {number}", **about) for number in range(20)]
    print(f"20 more tokenizers of a vocabulary: +{(resident() - before) / len(others):.2f} MB each")
    assert all(other.fingerprint == first.fingerprint for other in others)


def giant_word(tokenizer: tokcore.Tokenizer) -> None:
    """Count one word of 48 MB."""
    text = b"qwertz" * 8_000_000
    before = resident()
    count = tokenizer.count(text)
    print(f"one word of {len(text):,} bytes, {count:,} tokens: +{resident() - before:.1f} MB after counting it")


def resident() -> float:
    """Return this process's resident memory in MB (Linux)."""
    with open("/proc/self/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) / 1e3


if __name__ == "__main__":
    main()
