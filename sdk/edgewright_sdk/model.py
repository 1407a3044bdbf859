"""A trained model as plain files: ``model.json``, ``.npy`` arrays and ``.onnx`` networks, never pickles."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from edgewright_sdk.arrays import Array, open_array, save_array
from edgewright_sdk.documents import write_document
from edgewright_sdk.errors import OutputError, RequestError
from edgewright_specs.interface import CONTRACT_VERSION, MODEL_FILE

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

_NAME = re.compile(r"[a-z][a-z0-9_]*\Z")


@dataclass
class Model:
    """What ``fit`` learns.

    Attributes
    ----------
    meta : dict
        Anything JSON can hold.
    arrays : dict of str to np.ndarray
        Names are lower-case identifiers.
    train_scores : np.ndarray [shape=(n,)], optional
        Scores of the training windows *as if unseen*, where the block can give them. Written beside the model.
    train_contributions : np.ndarray [shape=(n, k)], optional
        What each described input adds to `train_scores`.
    train_map : np.ndarray [shape=(n, rows, columns)], optional
        Scores by place of the training images, as if unseen.
    networks : dict of str to bytes
        Serialised ONNX networks; names as those of arrays.
    """

    meta: dict[str, Any] = field(default_factory=dict)
    arrays: dict[str, Array] = field(default_factory=dict)
    train_scores: NDArray[np.float32] | NDArray[np.float64] | None = None
    networks: dict[str, bytes] = field(default_factory=dict)
    train_contributions: NDArray[np.float32] | None = None
    train_map: NDArray[np.float32] | None = None

    def save(self, folder: Path) -> None:
        """Write the model into a new folder."""
        folder.mkdir()
        for name in (*self.arrays, *self.networks):
            if not _NAME.match(name):
                raise OutputError(f"{name!r} in a model: a name is lower-case letters, digits and _")
        document: dict[str, Any] = {"contract": CONTRACT_VERSION, "meta": self.meta, "arrays": {}}
        for name, array in self.arrays.items():
            save_array(folder / f"{name}.npy", array)
            entry = {"file": f"{name}.npy", "dtype": str(array.dtype), "shape": list(array.shape)}
            document["arrays"][name] = entry
        for name, network in self.networks.items():
            (folder / f"{name}.onnx").write_bytes(network)
            document.setdefault("networks", {})[name] = {"file": f"{name}.onnx"}
        write_document(folder / MODEL_FILE, document)

    @classmethod
    def load(cls, folder: Path) -> Model:
        """Read what :meth:`save` wrote.

        Raises
        ------
        RequestError
            When a file is missing or isn't what ``model.json`` says.
        """
        path = folder / MODEL_FILE
        try:
            document = json.loads(path.read_bytes())
            meta, listed, networks = document["meta"], document["arrays"], document.get("networks", {})
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise RequestError(f"{path}: not a model written by this SDK: {error!r}") from None
        arrays = {}
        for name, entry in listed.items():
            array = open_array(folder / f"{name}.npy")
            if str(array.dtype) != entry["dtype"] or list(array.shape) != entry["shape"]:
                raise RequestError(
                    f"{path}: array {name!r} is {array.dtype} {list(array.shape)}, "
                    f"not {entry['dtype']} {entry['shape']}"
                )
            arrays[name] = array
        try:
            read = {name: (folder / f"{name}.onnx").read_bytes() for name in networks}
        except OSError as error:
            raise RequestError(f"{path}: {error.filename} can't be read: {error.strerror}") from None
        return cls(meta, arrays, networks=read)
