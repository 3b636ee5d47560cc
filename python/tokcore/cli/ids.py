"""Files of token ids: .npy, and .bin which holds the ids and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from tokcore.cli import output, sources
from tokcore.cli.errors import CommandError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import numpy.typing as npt

    import tokcore

CHUNK = 1 << 20
"""Ids read at a time."""

SUFFIXES = (".npy", ".bin")


def dtype_of(tokenizer: tokcore.Tokenizer) -> np.dtype[Any]:
    """Return the type of the ids in a file: uint16 where every id of the encoding fits, uint32 otherwise."""
    return np.dtype("<u2" if tokenizer.max_token_value <= 0xFFFF else "<u4")


def write(path: Path, arrays: Iterable[npt.NDArray[np.uint32]], dtype: np.dtype[Any]) -> int:
    """Write all arrays one after another as one file that appears when it is whole; returns the number of ids."""
    total = 0
    with output.replacing(path) as file:
        if path.suffix == ".npy":
            _npy_header(file, dtype, 0)
        for array in arrays:
            file.write(np.ascontiguousarray(array, dtype=dtype).data)
            total += array.size
        if path.suffix == ".npy":
            file.seek(0)
            _npy_header(file, dtype, total)
    return total


def _npy_header(file: IO[bytes], dtype: np.dtype[Any], size: int) -> None:
    """Write a header for a one-dimensional array; NumPy pads it to one length for any size, so it can be rewritten."""
    header = {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False, "shape": (size,)}
    np.lib.format.write_array_header_1_0(file, header)


def read(path: str, dtype: np.dtype[Any]) -> Iterator[npt.NDArray[Any]]:
    """Yield the ids of a .npy, .bin or text file (`-`: text on standard input), at most `CHUNK` at a time."""
    suffix = Path(path).suffix
    if suffix == ".npy":
        yield from _chunks(_load_npy(path))
    elif suffix == ".bin":
        yield from _read_raw(path, dtype)
    else:
        yield from _read_text(path)


def _load_npy(path: str) -> npt.NDArray[Any]:
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise CommandError(f"{path}: not a NumPy array file ({error})") from error
    if not isinstance(array, np.ndarray) or array.ndim != 1 or array.dtype.kind not in "iu":
        raise CommandError(f"{path}: holds no one-dimensional array of integers")
    return array


def _chunks(array: npt.NDArray[Any]) -> Iterator[npt.NDArray[Any]]:
    for start in range(0, array.size, CHUNK):
        yield array[start : start + CHUNK]


def _read_raw(path: str, dtype: np.dtype[Any]) -> Iterator[npt.NDArray[Any]]:
    with open(path, "rb") as file:
        while data := file.read(CHUNK * dtype.itemsize):
            if len(data) % dtype.itemsize:
                raise CommandError(
                    f"{path}: not a whole number of {dtype.name} ids, which this encoding has; was another one used?"
                )
            yield np.frombuffer(data, dtype)


def _read_text(path: str) -> Iterator[npt.NDArray[Any]]:
    with sources.standard_input() if path == "-" else open(path, encoding="ascii", errors="replace") as file:
        for number, line in enumerate(file, 1):
            try:
                yield np.array(line.split(), dtype=np.uint32)
            except (ValueError, OverflowError) as error:
                raise CommandError(f"{path}, line {number}: not token ids separated by spaces ({error})") from error
