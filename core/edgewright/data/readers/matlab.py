"""MATLAB files up to version 7 through scipy."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

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

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

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
        arrays = _load(path)
        numbers = {
            name: a for name, a in arrays.items() if isinstance(a, np.ndarray) and a.dtype.kind in "fiub"
        }
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


def _load(path: Path) -> Mapping[str, Any]:
    from scipy.io import loadmat
    from scipy.io.matlab import MatReadError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of duplicate and unreadable variables: what is left decides
            loaded: Mapping[str, Any] = loadmat(str(path), squeeze_me=False)
    except NotImplementedError as error:
        raise BadFileError("is a version 7.3 file (HDF5), which is not read; save it with -v7") from error
    except (MatReadError, ValueError, TypeError, OSError) as error:
        raise BadFileError(f"can't be read as a MATLAB file: {error}") from error
    return {name: value for name, value in loaded.items() if not name.startswith("__")}


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
