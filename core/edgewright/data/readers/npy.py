"""NumPy arrays: one recording, or many of one length."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from edgewright.arrays import load_array
from edgewright.data.readers.base import (
    BadFileError,
    Options,
    Recording,
    as_signal,
    axis_names,
    known_options,
    number_option,
)
from edgewright.harvest.npy import read_header

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from edgewright.data.readers.base import Kind

LAYOUTS = {
    "length": 1,
    "length,axes": 2,
    "axes,length": 2,
    "recordings,length": 2,
    "recordings,length,axes": 3,
    "recordings,axes,length": 3,
}
DEFAULT_LAYOUT = {1: "length", 2: "length,axes", 3: "recordings,length,axes"}


class NpyReader:
    """``.npy`` of numbers, never pickled; read through a memory map, one recording at a time.

    Options: ``layout`` (one of ``LAYOUTS``; by default ``length``, ``length,axes`` or ``recordings,length,axes`` by the
    number of dimensions), ``axes`` (names), ``frequency`` (Hz).
    """

    name = "npy"
    version = 1
    kind: Kind = "signal"

    def detect(self, path: Path) -> bool:
        return path.suffix.lower() == ".npy"

    def recordings(self, path: Path, options: Options) -> Iterator[Recording]:

        known_options(options, ("axes", "frequency", "layout", "rows"), self.name)
        try:
            with path.open("rb") as file:
                read_header(file, path.stat().st_size)  # before NumPy, which evaluates it
            array = load_array(path, mapped=True)
        except ValueError as error:
            raise BadFileError(f"not an array of numbers in .npy form: {error}") from error
        yield from split_array(array, options)


def split_array(array: NDArray[Any], options: Options) -> Iterator[Recording]:
    """Cut an array into recordings as ``options['layout']`` says. Raises BadFileError."""
    import numpy as np

    if array.dtype.kind not in "fiub":
        raise BadFileError(f"holds {array.dtype}, not numbers")
    if array.ndim not in DEFAULT_LAYOUT:
        raise BadFileError(f"has {array.ndim} dimensions; 1 to 3 can be read")
    layout = str(options.get("layout", DEFAULT_LAYOUT[array.ndim])).replace(" ", "")
    if LAYOUTS.get(layout) != array.ndim:
        fitting = [name for name, rank in LAYOUTS.items() if rank == array.ndim]
        raise BadFileError(
            f"the layout {layout!r} does not fit the shape {array.shape}; allowed: {', '.join(fitting)}"
        )
    if "layout" not in options and array.ndim == 2 and array.shape[1] > max(64, array.shape[0]):
        raise BadFileError(
            f"shape {array.shape} has more columns than rows: set the reader option layout to 'axes,length' or 'recordings,length'"
        )
    frequency = number_option(options, "frequency")
    stacked = layout.startswith("recordings")
    for number, piece in enumerate(array if stacked else array[None]):
        table = piece.T if layout.endswith("axes,length") else piece
        values = as_signal(np.asarray(table))
        given = options.get("axes")
        axes = tuple(str(name) for name in given) if given else axis_names(values.shape[1])
        if len(axes) != values.shape[1]:
            raise BadFileError(
                f"has {values.shape[1]} axes, but {len(axes)} names are given: {', '.join(axes)}"
            )
        yield Recording(values, axes, frequency=frequency, part=str(number) if stacked else "")
