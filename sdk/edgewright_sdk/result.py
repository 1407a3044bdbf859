"""Outputs and ``result.json`` of one task."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgewright_sdk.arrays import Array, create_array, dtype_name, save_array
from edgewright_sdk.documents import write_document
from edgewright_specs.interface import CONTRACT_VERSION, RESULT_FILE, Output

if TYPE_CHECKING:
    import numpy as np

    from edgewright_sdk.context import Context


class Outputs:
    """Collects what a task writes; :meth:`finish` makes it a success.

    Parameters
    ----------
    folder : path
        The task's output folder.
    """

    def __init__(self, folder: str | Path) -> None:
        self._outputs: dict[str, Output] = {}
        self._prefix = f"{folder}/"

    def array(self, name: str, array: Array) -> None:
        """Write a whole array."""
        path = f"{name}.npy"
        save_array(self._place(path), array)
        self._outputs[name] = _array_output(path, array.dtype, array.shape)

    def open_array(self, name: str, dtype: np.dtype[Any], shape: tuple[int, ...]) -> Array:
        """Make an array file to be filled batch by batch."""
        path = f"{name}.npy"
        self._outputs[name] = _array_output(path, dtype, shape)
        return create_array(self._place(path), dtype, shape)

    def document(self, name: str, document: dict[str, Any]) -> None:
        """Write a JSON document."""
        path = f"{name}.json"
        write_document(self._place(path), document)
        self._outputs[name] = {"kind": "json", "path": path}

    def new_folder(self, name: str) -> Path:
        """Name a folder; whoever fills it makes it."""
        self._outputs[name] = {"kind": "folder", "path": name}
        return Path(self._prefix + name)

    def finish(self, context: Context) -> None:
        """Write ``result.json``, last and by rename: before it the task has not succeeded."""
        unfinished = self._place(f".{RESULT_FILE}")
        result = {
            "contract": CONTRACT_VERSION,
            "outputs": self._outputs,
            "metrics": context.metrics,
            "warnings": context.warnings,
        }
        write_document(unfinished, result)
        os.rename(unfinished, self._place(RESULT_FILE))  # noqa: PTH104 - in every warm answer

    def _place(self, path: str) -> str:
        """Of a file, as text: joining paths by pathlib takes a tenth of a warm answer."""
        return self._prefix + path


def _array_output(path: str, dtype: np.dtype[Any], shape: tuple[int, ...]) -> Output:
    return {"kind": "array", "path": path, "dtype": dtype_name(dtype), "shape": list(shape)}
