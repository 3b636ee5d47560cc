"""`tokcore inspect`: the tokens of a text, with their ids and bytes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer
from rich.console import Console
from rich.text import Text

from tokcore.cli import options, output, sources

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import tokcore

EXAMPLES = "tokcore inspect 朋友买了西瓜手机！ -e o200k_base\n\ntokcore inspect notes.txt -e gpt2 --limit 50"

COLOURS = ("on blue", "on magenta", "on cyan", "on green", "on red")


class Token(NamedTuple):
    """One token of the text: what it says, and where its bytes lie."""

    id: int
    bytes: bytes
    shown: str
    inside: str
    """The characters that the token holds a part of only."""


def command(
    text: Annotated[str, typer.Argument(metavar="TEXT|PATH", help="A text, a file, or - for standard input.")],
    encoding: options.Encoding,
    limit: Annotated[int, typer.Option(min=1, metavar="N", help="Show at most N tokens.")] = 200,
    as_json: options.AsJson = False,
    pattern: options.Pattern = None,
) -> None:
    """Show the tokens of a text in colour, with their ids and bytes.

    A token that holds part of a character shows its bytes in hexadecimal and names the character.
    """
    tokenizer = options.load(encoding, pattern)
    data = _read(text)
    ids = tokenizer.encode_arrays([data]).ids
    tokens = list(_tokens(data, tokenizer, ids[:limit].tolist()))
    if as_json:
        output.print_rows(
            [{"id": t.id, "bytes": t.bytes.hex(), "text": t.shown, "inside": t.inside} for t in tokens], as_json=True
        )
        return
    _print_line(tokens)
    rows = [[index, token.id, token.shown, token.bytes.hex(" "), token.inside] for index, token in enumerate(tokens)]
    output.print_table(["token", "id", "text", "bytes", "part of"], rows)
    more = f", the first {limit:,} shown" if ids.size > limit else ""
    print(f"{ids.size:,} tokens, {len(data):,} bytes, {len(data) / max(ids.size, 1):.2f} bytes per token{more}")


def _read(text: str) -> bytes:
    if text == "-":
        return sources.standard_input().buffer.read()
    try:
        is_file = Path(text).is_file() or Path(text).is_fifo()
    except (OSError, ValueError):  # a text longer than any path, or with a NUL in it
        is_file = False
    return Path(text).read_bytes() if is_file else text.encode("utf-8", "surrogateescape")


def _tokens(data: bytes, tokenizer: tokcore.Tokenizer, ids: Sequence[int]) -> Iterator[Token]:
    start = 0
    for token, piece in zip(ids, tokenizer.decode_tokens_bytes(ids), strict=True):
        end = start + len(piece)
        inside = "".join(_cut_characters(data, start, end))
        yield Token(token, piece, visible(piece), inside)
        start = end


def _cut_characters(data: bytes, start: int, end: int) -> Iterator[str]:
    """Yield the characters that lie across `start` or `end`, each once."""
    seen = -1
    for cut in (start, end):
        first = cut
        while first > 0 and first > cut - 4 and first < len(data) and data[first] & 0xC0 == 0x80:
            first -= 1
        if first != cut and first != seen:
            seen = first
            yield data[first : first + _width(data[first])].decode("utf-8", "replace")


def _width(lead: int) -> int:
    """Return the bytes of a UTF-8 character by its first one."""
    return 1 if lead < 0xC0 else 2 if lead < 0xE0 else 3 if lead < 0xF0 else 4


def visible(piece: bytes) -> str:
    """Return the text of a token with blanks and controls made visible, or its bytes as <hex> where it is no text."""
    try:
        text = piece.decode("utf-8")
    except UnicodeDecodeError:
        return f"<{piece.hex(' ')}>"
    return "".join("·" if c == " " else c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _print_line(tokens: Sequence[Token]) -> None:
    """Print the text with each token on a colour of its own; without colours, a bar stands between tokens."""
    console = Console(soft_wrap=True, highlight=False)
    if console.color_system is None:
        print("|".join(token.shown for token in tokens))
        return
    line = Text()
    for index, token in enumerate(tokens):
        line.append(token.shown, style=f"bold white {COLOURS[index % len(COLOURS)]}")
    console.print(line)
