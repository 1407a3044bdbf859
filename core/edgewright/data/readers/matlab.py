"""MATLAB files up to version 7 through scipy."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from edgewright.data.names import plain
from edgewright.data.readers.base import (
    BadFileError,
    Kind,
    Options,
    Recording,
    as_signal,
    known_options,
    number_option,
)
from edgewright.data.readers.matlab_program import NOT_READ

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

PROGRAM: Final = Path(__file__).with_name("matlab_program.py")
_RATE_NAMES = ("fs", "sr", "sample rate", "sampling rate", "samplerate", "sampling frequency", "frequency")


class MatReader:
    """The largest matrix (the longer side is time), or all vectors as long as the longest, each an axis of its own.

    Scalars become metadata; one called ``fs``, ``sr`` or ``sampling_rate`` is the rate. Options: ``variable`` (name or
    list of names), ``axes`` (names), ``frequency`` (Hz).
    """

    name = "mat"
    version = 1
    kind: Kind = "signal"

    def detect(self, path: Path) -> bool:
        return path.suffix.lower() == ".mat"

    def recordings(self, path: Path, options: Options) -> Iterator[Recording]:
        import numpy as np

        known_options(options, ("axes", "frequency", "variable"), self.name)
        numbers = _load(path)
        scalars = {name: float(a.reshape(-1)[0]) for name, a in numbers.items() if a.size == 1}
        signals = {
            name: np.squeeze(a) for name, a in numbers.items() if a.size > 1 and np.squeeze(a).ndim <= 2
        }
        values, axes = _signal(signals, options)
        given = options.get("axes")
        if given:
            axes = tuple(str(name) for name in given)
            if len(axes) != values.shape[1]:
                raise BadFileError(
                    f"has {values.shape[1]} axes, but {len(axes)} names are given: {', '.join(axes)}"
                )
        rate = number_option(options, "frequency")
        for name, value in scalars.items():
            if rate is None and plain(name) in _RATE_NAMES and value > 0:
                rate = value
        metadata: dict[str, str | float] = {k: v for k, v in scalars.items() if np.isfinite(v)}
        yield Recording(as_signal(values), axes, frequency=rate, metadata=metadata)


def _load(path: Path) -> Mapping[str, NDArray[Any]]:
    """The arrays of numbers in a file, by a process that may crash."""
    import numpy as np

    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "arrays.npz"
        done = subprocess.run(
            [sys.executable, "-I", str(PROGRAM), str(path), str(made)],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode == NOT_READ:
            raise BadFileError(done.stderr.splitlines()[-1])
        if done.returncode != 0:
            raise BadFileError("can't be read as a MATLAB file: it is damaged so that reading it crashes")
        with np.load(made, allow_pickle=False) as arrays:
            return dict(arrays)


def _signal(signals: Mapping[str, NDArray[Any]], options: Options) -> tuple[NDArray[Any], tuple[str, ...]]:
    import numpy as np

    wanted = options.get("variable")
    if wanted is not None:
        names = [wanted] if isinstance(wanted, str) else [str(name) for name in wanted]
        missing = [name for name in names if name not in signals]
        if missing:
            raise BadFileError(
                f"has no variable {missing[0]!r} of numbers; it has {', '.join(signals) or 'none'}"
            )
        signals = {name: signals[name] for name in names}
    if not signals:
        raise BadFileError("holds no vector or matrix of numbers")
    vectors = {name: a for name, a in signals.items() if a.ndim == 1}
    matrices = {name: a for name, a in signals.items() if a.ndim == 2}
    largest = max(matrices, key=lambda name: matrices[name].size, default=None)
    longest = max((len(a) for a in vectors.values()), default=0)
    if largest is not None and max(matrices[largest].shape) >= longest:
        matrix = matrices[largest]
        matrix = matrix if matrix.shape[0] >= matrix.shape[1] else matrix.T
        return matrix, tuple(f"{largest}{i + 1}" for i in range(matrix.shape[1]))
    chosen = [name for name, a in vectors.items() if len(a) == longest]
    return np.stack([vectors[name] for name in chosen], axis=1), tuple(_common_end(chosen))


def _common_end(names: list[str]) -> list[str]:
    """``X097_DE_time, X097_FE_time`` become ``DE_time, FE_time``, so that files of one data set have equal axes."""
    ends = [name.partition("_")[2] for name in names]
    starts = {name.partition("_")[0] for name in names}
    return ends if len(starts) == 1 and all(ends) and len(set(ends)) == len(ends) else names
