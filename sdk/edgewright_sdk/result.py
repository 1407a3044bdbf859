"""Outputs and ``result.json`` of one task."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgewright_sdk.arrays import Array, create_array, dtype_name, save_array, short_array
from edgewright_sdk.documents import document_bytes
from edgewright_specs.interface import CARRIED_FILES, CONTRACT_VERSION, RESULT_FILE, Output

if TYPE_CHECKING:
    import numpy as np

    from edgewright_sdk.context import Context


class Outputs:
    """Collects what a task writes; :meth:`finish` makes it a success.

    Parameters
    ----------
    folder : path
        The task's output folder.
    room : int
        How many bytes of files may be carried to the host with the answer, rather than written. It is all of a task's files or none.

    Attributes
    ----------
    carried : dict of str to bytes
        What is not in the folder, once it is finished.
    """

    def __init__(self, folder: str | Path, room: int = 0) -> None:
        self.carried: dict[str, bytes] = {}
        self._room = room
        self._outputs: dict[str, Output] = {}
        self._prefix = f"{folder}/"

    def array(self, name: str, array: Array) -> None:
        """Write a whole array."""
        path = f"{name}.npy"
        content = short_array(array)
        if content is None:
            self._leave()
            save_array(self._place(path), array)
        else:
            self._put(path, content)
        self._outputs[name] = _array_output(path, array.dtype, array.shape)

    def open_array(self, name: str, dtype: np.dtype[Any], shape: tuple[int, ...]) -> Array:
        """Make an array file to be filled batch by batch."""
        self._leave()
        path = f"{name}.npy"
        self._outputs[name] = _array_output(path, dtype, shape)
        return create_array(self._place(path), dtype, shape)

    def document(self, name: str, document: dict[str, Any]) -> None:
        """Write a JSON document."""
        path = f"{name}.json"
        self._put(path, document_bytes(path, document))
        self._outputs[name] = {"kind": "json", "path": path}

    def new_folder(self, name: str) -> Path:
        """Name a folder; whoever fills it makes it."""
        self._leave()
        self._outputs[name] = {"kind": "folder", "path": name}
        return Path(self._prefix + name)

    def finish(self, context: Context) -> None:
        """Write ``result.json``, last and by rename: before it the task has not succeeded."""
        result = {
            "contract": CONTRACT_VERSION,
            "outputs": self._outputs,
            "metrics": context.metrics,
            "warnings": context.warnings,
        }
        content = document_bytes(RESULT_FILE, result)
        if len(content) <= self._room:
            self.carried[RESULT_FILE] = content
            return
        self._leave()
        self._put(f".{RESULT_FILE}", content)
        os.rename(self._place(f".{RESULT_FILE}"), self._place(RESULT_FILE))  # noqa: PTH104 - in every warm answer

    def _put(self, path: str, content: bytes) -> None:
        if len(content) <= self._room and len(self.carried) < CARRIED_FILES - 1:
            self._room -= len(content)
            self.carried[path] = content
            return
        self._leave()
        with open(self._place(path), "wb") as file:  # noqa: PTH123 - in every warm answer
            file.write(content)

    def _leave(self) -> None:
        """Carry nothing: what would have been is written."""
        self._room = 0
        carried, self.carried = self.carried, {}
        for path, content in carried.items():
            self._put(path, content)

    def _place(self, path: str) -> str:
        """Of a file, as text: joining paths by pathlib takes a tenth of a warm answer."""
        return self._prefix + path


def _array_output(path: str, dtype: np.dtype[Any], shape: tuple[int, ...]) -> Output:
    return {"kind": "array", "path": path, "dtype": dtype_name(dtype), "shape": list(shape)}
