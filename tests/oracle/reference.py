"""tiktoken's encodings, built from the ranks that tokcore exports: no download."""

import base64
import functools

import tiktoken

import tokcore

NAMES = ["gpt2", "r50k_base", "p50k_base", "p50k_edit", "cl100k_base", "o200k_base", "o200k_harmony"]


def reference_of(enc: tokcore.Tokenizer) -> tiktoken.Encoding:
    """Build tiktoken's encoding from the parts of `enc`."""
    return tiktoken.Encoding(
        enc.name,
        pat_str=enc._pat_str,
        mergeable_ranks=enc._mergeable_ranks,
        special_tokens=enc._special_tokens,
    )


@functools.cache
def reference(name: str) -> tiktoken.Encoding:
    """Build tiktoken's encoding called `name`."""
    return reference_of(tokcore.get_encoding(name))


def tiny(name: str = "tiny", merges: tuple[bytes, ...] = (b"ab", b"abc", b" a"), **special: int) -> tokcore.Tokenizer:
    """Make a tokenizer of the single bytes and a few merges."""
    ranks = {bytes([byte]): byte for byte in range(256)}
    ranks.update({token: 256 + at for at, token in enumerate(merges)})
    tokens = {"<|endoftext|>": 300} | special
    return tokcore.Tokenizer(
        name, pat_str=r"\s?[\p{L}\p{N}_]+|\s+|[^\p{L}\p{N}_\s]+", mergeable_ranks=ranks, special_tokens=tokens
    )


def rank_file(enc: tokcore.Tokenizer) -> bytes:
    """Write the rank file of `enc`, without tokcore's help."""
    lines = (base64.b64encode(token) + b" %d\n" % rank for token, rank in enc._mergeable_ranks.items())
    return b"".join(lines)
