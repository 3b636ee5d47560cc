"""Writes cases.json: texts, where each split pattern cuts them, and their ids, by the `regex` package and tiktoken.

    PYTHONPATH=tests python tests/data/make_cases.py

A case is {"text": str} or, for text that is not UTF-8, {"hex": str}, with {"ends": {pattern name: [byte offset, ...]}}:
the ascending ends of the pre-tokens, in bytes. A byte that belongs to no valid character is split as one U+FFFD.
Text that is UTF-8 has {"ids": {encoding name: [id, ...]}} too, as tiktoken gives them. "patterns" gives each pattern's
spelling by its name. Texts use characters whose classes did not change since Unicode 16, which tiktoken splits by.
"""

import codecs
import json
import random
from pathlib import Path

import regex
import tiktoken

from oracle.reference import reference

_O200K_WORD = (
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+%s|"
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*%s|"
)
_O200K_REST = r" ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
_CONTRACTION = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
_FIRST = _CONTRACTION + r"|[^\r\n\p{L}\p{N}]?%s+|%s| ?[^\s%s\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"

PATTERNS = {
    "gpt2": r"'(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++$|\s+(?!\S)|\s",
    "cl100k_base": r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+"
    r"|\s++$|\s*[\r\n]|\s+(?!\S)|\s",
    "o200k_base": _O200K_WORD % (_CONTRACTION + "?", _CONTRACTION + "?") + r"\p{N}{1,3}|" + _O200K_REST,
    "cl100k_first": _FIRST % (r"\p{L}", r"\p{N}{1,3}", r"\p{L}"),
    "qwen2": _FIRST % (r"\p{L}", r"\p{N}", r"\p{L}"),
    "qwen3.5": _FIRST % (r"[\p{L}\p{M}]", r"\p{N}", r"\p{L}\p{M}"),
    "tekken": _O200K_WORD % ("", "") + r"\p{N}|" + _O200K_REST,
    "words_only": r"\p{L}+",
}

ENCODINGS = ("gpt2", "cl100k_base", "o200k_base")

TEXTS = [
    "",
    "a",
    " ",
    "\n",
    "Hello, world!",
    "a\n  ",
    "a\n  b",
    "a  \n\n  b",
    "  \t x",
    "x \u00a0 y",
    "\u3000\u4e2d\u6587",
    "I'm we'll THEY'RE you'VE it's 'sabc 'S 'l 'r 'll 'v",
    "it'\u017f I'\u017fx \u017f",
    "x'd'd'd",
    "don\u2019t",
    "1 12 123 1234 1234567",
    "\u0663\u0664\u0665\u0666 \u00bd\u2167 \U0001d7d9\U0001d7da\U0001d7db\U0001d7dc",
    "camelCase HTTPServer XMLHttpRequest iOS McDonald's ABC'sx",
    "\u01c5a \u01c5A \u02b0\u02b0A A\u02b0B \u4e2dA\u4e2d",
    "e\u0301e \u0301 \u0301A \u0301\u0301A\u0301 !\u0301a !!\u0301a  \u0301",
    "\u0939\u093f\u0928\u094d\u0926\u0940",
    "\u4e2d\u6587\uff0c\u6d4b\u8bd5\u3002Mixed\u4e2d\u6587text",
    "\ud55c\uad6d\uc5b4 \u65e5\u672c\u8a9e\u3067\u3059",
    "!!!\n\n\n x",
    "...\r\n\r\n/path//x\n/",
    "a/b //c\n//d /\n/e",
    "x\r\ny\rz\n\r",
    "\u2028x\u2029 \u0085\n\u0085y",
    "\x00\x01 \x7f",
    "\U0001f600\U0001f468\u200d\U0001f469\ufe0f!",
    " \n \n a",
    "\n\n  \n\n",
    "a \r\n ",
    "\t\tif x:\n\t\t\treturn  y\n",
    "\u0645\u0631\u062d\u0628\u0627 \u0434\u0430 \u0394\u03bf\u03ba\u03b9\u03bc\u03ae \u05e9\u05dc\u05d5\u05dd",
    b"\xff\xfe a\xe4\xb8 b\xe4\xb8\xad\x80\x80\n",
    b"\xed\xa0\x80x\xf0\x9f\x98",
    b" \xc3 \xc3\xa9'\xc5",
    b"1\xf4\x90\x80\x802",
]

FRAGMENTS = [
    *"aAsStT1 !'\n\r\t/.^_-",
    "  ",
    "   ",
    "\r\n",
    "'s",
    "'RE",
    "'ll",
    "word",
    "Word",
    "WORD",
    "123",
    "\u017f",
    "\u00a0",
    "\u3000",
    "\u2028",
    "\u0085",
    "\u00e9",
    "\u00c9",
    "\u01c5",
    "\u02b0",
    "\u0301",
    "\u093e",
    "\u0416",
    "\u0436",
    "\u05d0",
    "\u4e2d",
    "\u3042",
    "\u3002",
    "\u0663",
    "\u00bd",
    "\U0001d7d9",
    "\U0001f600",
    "\u200d",
    b"\xff",
    b"\xe4\xb8",
    b"\x80",
]

codecs.register_error("byte", lambda error: ("\ufffd", error.start + 1))


def random_texts(count: int, seed: int) -> list[bytes]:
    chance = random.Random(seed)
    pieces = [piece if isinstance(piece, bytes) else piece.encode() for piece in FRAGMENTS]
    return [b"".join(chance.choices(pieces, k=chance.randrange(1, 40))) for _ in range(count)]


def characters(text: bytes) -> list[tuple[str, int]]:
    """List the characters a pattern sees and how many bytes of the text each stands for."""
    seen, at = [], 0
    while at < len(text):
        for length in (1, 2, 3, 4):
            try:
                seen.append((text[at : at + length].decode(), length))
                break
            except UnicodeDecodeError:
                continue
        else:
            seen.append(("\ufffd", 1))
        at += seen[-1][1]
    return seen


def ends(pattern: str, text: bytes) -> list[int]:
    """List the ends of all pieces: of what the pattern matches, and of what it leaves out between."""
    seen = characters(text)
    offsets = [0]
    for _, length in seen:
        offsets.append(offsets[-1] + length)
    found = set()
    for match in regex.finditer(pattern, "".join(character for character, _ in seen), flags=regex.V1):
        found |= {match.start(), match.end()}
    return sorted({offsets[place] for place in found | {len(seen)}} - {0})


def check_against_tiktoken(pattern: str, text: bytes, expected: list[int]) -> None:
    """Check that, with every expected piece a token, tiktoken's tokens are the pieces."""
    pieces = [text[start:end] for start, end in zip([0, *expected], expected, strict=False)]
    ranks = {bytes([byte]): byte for byte in range(256)}
    for piece in pieces:
        ranks.setdefault(piece, len(ranks))
    encoding = tiktoken.Encoding("check", pat_str=pattern, mergeable_ranks=ranks, special_tokens={})
    found = [encoding.decode_single_token_bytes(token) for token in encoding.encode_ordinary(text.decode())]
    assert found == pieces, (pattern, text, found, pieces)


def main() -> None:
    texts = [text if isinstance(text, bytes) else text.encode() for text in TEXTS] + random_texts(300, seed=1)
    cases = []
    for text in texts:
        case: dict[str, object] = {}
        try:
            case["text"] = text.decode()
        except UnicodeDecodeError:
            case["hex"] = text.hex()
        found = {name: ends(pattern, text) for name, pattern in PATTERNS.items()}
        if "text" in case:
            for name in ("gpt2", "cl100k_base", "o200k_base", "cl100k_first", "qwen2", "tekken"):
                check_against_tiktoken(PATTERNS[name], text, found[name])
            case["ids"] = {name: reference(name).encode_ordinary(text.decode()) for name in ENCODINGS}
        cases.append(case | {"ends": found})
    lines = ",\n".join(json.dumps(case) for case in cases)
    target = Path(__file__).with_name("cases.json")
    target.write_text(f'{{"patterns": {json.dumps(PATTERNS, indent=1)},\n"cases": [\n{lines}\n]}}\n')


if __name__ == "__main__":
    main()
