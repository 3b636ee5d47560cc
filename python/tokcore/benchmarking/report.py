"""What a benchmark found: a table for people, JSON for machines."""

from __future__ import annotations

import io
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.table import Table


@dataclass(frozen=True)
class Measurement:
    """One library doing one thing: seconds are medians over the rounds."""

    peer: str
    operation: str
    """`encode`, `count` or `lists`."""
    tokens: int
    first_s: float
    later_s: float | None
    """A pass over text already seen, or None where only first passes were asked for."""
    build_s: float
    """Making the library's tokenizer from files."""
    ids_equal: bool
    """Whether the ids (for `count`, their number) equal tokcore's on every text."""

    def tokens_per_s(self, *, later: bool = False) -> float | None:
        """Tokens per second of the first pass, or of later ones."""
        seconds = self.later_s if later else self.first_s
        return self.tokens / seconds if seconds else None


@dataclass
class Report:
    """All measurements of a session with what is needed to judge them."""

    encoding: str
    text: dict[str, int]
    """`documents`, `bytes` and `characters`."""
    threads: int
    rounds: int
    machine: dict[str, str | int]
    versions: dict[str, str]
    measurements: list[Measurement] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """Peers that could not be measured and why; peers whose ids differ and where."""

    def find(self, peer: str, operation: str = "encode") -> Measurement | None:
        """Return the measurement of a library, or None."""
        return next((m for m in self.measurements if (m.peer, m.operation) == (peer, operation)), None)

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain values, rates included."""
        rows = [asdict(m) | self._rates(m) for m in self.measurements]
        return asdict(self) | {"measurements": rows}

    def to_json(self, path: str | Path | None = None) -> str:
        """Return the report as JSON; with `path`, write it there too."""
        text = json.dumps(self.to_dict(), indent=2, ensure_ascii=False)
        if path is not None:
            Path(path).write_text(text + "\n", encoding="utf-8")
        return text

    def _rates(self, m: Measurement) -> dict[str, float | None]:
        size = self.text["bytes"]
        return {
            "first_bytes_per_s": size / m.first_s,
            "first_tokens_per_s": m.tokens_per_s(),
            "later_bytes_per_s": size / m.later_s if m.later_s else None,
            "later_tokens_per_s": m.tokens_per_s(later=True),
        }

    def table(self) -> Table:
        """Return the table for people; the last columns say how many times faster tokcore is."""
        from rich.table import Table

        plural = "" if self.threads == 1 else "s"
        table = Table(
            title=f"{self.encoding}: {self.text['bytes'] / 1e6:,.1f} MB in {self.text['documents']:,} documents, "
            f"{self.threads} thread{plural}, median of {self.rounds}",
            caption=f"{self.machine['cpu']}, {self.machine['python']}",
            box=None,
        )
        for name in ("library", "does", "ids"):
            table.add_column(name)
        for name in ("first MB/s", "Mtok/s", "later MB/s", "Mtok/s", "tokcore is, first", "later"):
            table.add_column(name, justify="right")
        for m in self.measurements:
            table.add_row(*self._row(m))
        return table

    def _row(self, m: Measurement) -> list[str]:
        rates = self._rates(m)
        ours = self.find("tokcore", m.operation) or self.find("tokcore")
        ratios = ["", ""]
        if ours is not None and m.peer != "tokcore":
            later = m.later_s / ours.later_s if m.later_s and ours.later_s else None
            ratios = [_times(m.first_s / ours.first_s), _times(later)]
        figures = [_millions(rates[key]) for key in rates]
        version = self.versions.get(m.peer, "")
        return [f"{m.peer} {version}", m.operation, "equal" if m.ids_equal else "DIFFER", *figures, *ratios]

    def __str__(self) -> str:
        from rich.console import Console

        stream = io.StringIO()
        console = Console(file=stream, width=160)
        console.print(self.table())
        return stream.getvalue() + "".join(f"{note}\n" for note in self.notes)


def _millions(value: float | None) -> str:
    return "" if value is None else f"{value / 1e6:,.1f}"


def _times(ratio: float | None) -> str:
    return "" if ratio is None else f"{ratio:.2f}x"
