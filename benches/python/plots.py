"""The plots that the comparisons write."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib as mpl

mpl.use("Agg")

import matplotlib.pyplot as plt

if TYPE_CHECKING:
    from pathlib import Path


def bars(path: Path, groups: list[str], series: dict[str, list[float]], label: str) -> None:
    """Write a bar chart on a logarithmic scale: one group a corpus, one bar a library."""
    figure, axes = plt.subplots(figsize=(2 + 2.4 * len(groups), 5), layout="constrained")
    width = 0.85 / max(len(series), 1)
    for index, (name, values) in enumerate(series.items()):
        axes.bar([group + index * width for group in range(len(groups))], values, width, label=name)
    axes.set_xticks([group + 0.4 for group in range(len(groups))], groups)
    axes.set_yscale("log")
    axes.set_ylabel(label)
    axes.legend(fontsize="small", ncols=2)
    figure.savefig(path, dpi=120)
    plt.close(figure)


def lines(path: Path, series: dict[str, list[tuple[float, float]]], x_label: str, y_label: str) -> None:
    """Write a line chart, both axes logarithmic: one line a series of (x, y)."""
    figure, axes = plt.subplots(figsize=(7, 5), layout="constrained")
    for name, points in series.items():
        axes.plot(*zip(*points, strict=True), marker="o", label=name)
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    axes.set_xlabel(x_label)
    axes.set_ylabel(y_label)
    axes.legend()
    figure.savefig(path, dpi=120)
    plt.close(figure)
