"""Arrays of tasks, read where several threads read at once."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

#: NumPy parses a header with `ast`, whose depth count Python 3.10 and 3.11 keep once for all threads: parsed by two at once, a
#: header ends in "SystemError: AST constructor recursion depth mismatch".
_HEADERS = threading.Lock()


def load_array(path: Path, *, mapped: bool = False) -> NDArray[Any]:
    """Read a ``.npy`` file, in any number of threads at once.

    Parameters
    ----------
    path : Path
    mapped : bool
        Read-only, from the disk as it is looked at: for all that is large, since others wait meanwhile.

    Raises
    ------
    OSError, ValueError
        As :func:`numpy.load`: no file, or no array without pickled objects.
    """
    import numpy as np

    with _HEADERS:
        array: NDArray[Any] = np.load(path, mmap_mode="r" if mapped else None, allow_pickle=False)
    return array
