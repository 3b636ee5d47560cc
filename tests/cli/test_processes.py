"""Pipes, signals and exit codes, which only a process of its own shows."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

import tokcore
from support.command import spawn

if TYPE_CHECKING:
    from pathlib import Path

LINE = b"The quick brown fox jumps over the lazy dog.\n"


def test_version_and_help() -> None:
    with spawn("--version") as process:
        assert process.communicate()[0].decode() == f"tokcore {tokcore.__version__}\n"
    with spawn("--help") as process:
        out = process.communicate()[0].decode()
    for command in ("train", "count-words", "encode", "decode", "count", "compare", "inspect", "convert", "bench"):
        assert command in out


def test_nothing_but_results_on_pipes(text_file: Path) -> None:
    with spawn("count", text_file, "-e", "gpt2", "--json") as process:
        out, err = process.communicate()
        assert process.returncode == 0
    assert out.startswith(b"[")
    assert err == b""


def test_a_reader_that_goes_away_ends_quietly(tmp_path: Path) -> None:
    path = tmp_path / "lines.txt"
    path.write_bytes(LINE * 50_000)
    with spawn("encode", path, "-e", "gpt2", "--separator", "\n") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline()
        process.stdout.close()
        assert process.wait(30) == 141
        assert process.stderr.read() == b""


@pytest.mark.parametrize("arguments", [["count"], ["count", "--json"], ["compare", "-e", "r50k_base"]], ids=str)
def test_a_reader_of_results_may_be_gone(text_file: Path, arguments: list[str]) -> None:
    with spawn(*arguments, text_file, "-e", "gpt2") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.wait(30) == 141
        assert process.stderr.read() == b""


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signals_stop_it_and_leave_no_file(tmp_path: Path, number: signal.Signals, code: int) -> None:
    with spawn("encode", "-", "-e", "gpt2", "-o", tmp_path / "ids.bin", "--separator", "\n") as process:
        while not any(tmp_path.iterdir()):
            time.sleep(0.01)
        process.send_signal(number)
        assert process.wait(10) == code
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="has no shell that closes streams")
@pytest.mark.parametrize(
    ("arguments", "streams", "says"),
    [
        ("count {} -e gpt2", ">&-", "standard output is closed"),
        ("encode {} -e gpt2", ">&-", "standard output is closed"),
        ("inspect {} -e gpt2", ">&-", "standard output is closed"),
        ("decode {} -e gpt2", ">&-", "standard output is closed"),
        ("--version", ">&-", "standard output is closed"),
        ("--help", ">&-", "standard output is closed"),
        ("count - -e gpt2", "<&-", "standard input is closed"),
        ("inspect - -e gpt2", "<&-", "standard input is closed"),
        ("decode - -e gpt2", "<&-", "standard input is closed"),
    ],
)
def test_closed_streams_are_one_line(text_file: Path, arguments: str, streams: str, says: str) -> None:
    command = [sys.executable, "-m", "tokcore.cli", *arguments.format(text_file).split()]
    done = subprocess.run(
        ["sh", "-c", f'"$@" {streams}', "sh", *command], capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stdout, done.stderr) == (1, "", f"tokcore: {says}\n")
