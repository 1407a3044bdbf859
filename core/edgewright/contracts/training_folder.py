"""The folder that a learning block of Edge Impulse's trains from: arrays, ids of their rows, ``train_input.json``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from edgewright.arrays import load_array
from edgewright.errors import PlanError
from edgewright_specs.interface import IMAGE_SCALINGS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from edgewright.contracts.training import Mode
    from edgewright.registry import Block

    Array = NDArray[np.float32]

#: Its word for what is learned.
_MODE: Final = {
    "classification": "classification",
    "regression": "regression",
    "anomaly": "anomaly-gmm",
    "visual-anomaly": "visual-anomaly",
}
#: Share of the training windows that validate; the split itself was made before.
VALIDATION: Final = 0.2
_ROWS_AT_ONCE: Final = 4096


def lay_out(block: Block, mode: Mode, request: Mapping[str, Any], request_dir: Path, target: Path) -> None:
    """Write the folder.

    Parameters
    ----------
    mode
        What the block learns.
    request, request_dir
        A ``train`` request and its files.
    target
        Is made. Holds ``X_split_train.npy``, ``Y_split_train.npy``, the same for ``test`` (their word for the
        validation windows), ``sample_id_details.json`` and ``train_input.json``.

    Raises
    ------
    PlanError
        Features of a shape that can't be joined to images, or a scaling that isn't known.
    """
    target.mkdir(parents=True)
    inputs = request["inputs"]
    classes = [str(name) for name in request.get("classes") or ()]
    shape = input_shape(inputs["features"]["parts"])
    scale = scaling(block.spec.info.image_input_scaling) if len(shape) == 3 else None
    ids: dict[str, list[int]] = {}
    for split, word, prefix in (("train", "train", ""), ("test", "validation", "validation_")):
        rows = _write_features(
            target / f"X_split_{split}.npy",
            inputs.get("validation" if prefix else "features"),
            request_dir,
            shape,
            scale,
        )
        codes = _codes(inputs, f"{prefix}targets", request_dir)
        _save(target / f"Y_split_{split}.npy", answers(mode, codes, rows, len(classes)))
        own = _codes(inputs, f"{prefix}groups", request_dir)
        ids[word] = list(range(1, rows + 1)) if own is None else [int(number) for number in own]
    _write(target / "sample_id_details.json", ids)
    _write(target / "train_input.json", train_input(block, mode, classes, shape))


def input_shape(parts: Sequence[Mapping[str, Any]]) -> tuple[int, ...]:
    """Return the shape of one row as a block gets it: images stand up, everything else is flat."""
    shape = parts[0]["shape"]
    if len(parts) == 1 and shape.get("type") == "image":
        return int(shape["height"]), int(shape["width"]), int(shape["channels"])
    return (sum(len(part["labels"]) for part in parts),)


def answers(mode: Mode, codes: NDArray[Any] | None, rows: int, classes: int) -> Array:
    """Return the ``Y`` of a split: one column a class, a number a row, or for anomalies one class for all."""
    import numpy as np

    if mode == "regression":
        return np.zeros(0, np.float32) if codes is None else codes.astype(np.float32)
    if mode == "classification":
        hot = np.zeros((rows, classes), np.float32)
        if codes is not None:
            hot[np.arange(rows), codes.astype(np.intp)] = 1.0
        return hot
    return np.ones((rows, 1), np.float32)


def scaling(name: str | None) -> Callable[[Array], Array]:
    """Return what turns pixels from 0..1, as processing blocks give them, into what a block asks for.

    Raises
    ------
    PlanError
        Nobody knows a scaling of that name.
    """
    import numpy as np

    known = IMAGE_SCALINGS.get(name or "0..1")
    if known is None:
        raise PlanError(f"imageInputScaling is {name!r}", hint=f"allowed: {', '.join(IMAGE_SCALINGS)}")
    factor, mean, spread, turned = known
    shift, divisor = np.array(mean, np.float32), np.array(spread, np.float32)
    return lambda x: ((x * np.float32(factor))[..., :: -1 if turned else 1] - shift) / divisor


def train_input(block: Block, mode: Mode, classes: Sequence[str], shape: Sequence[int]) -> dict[str, Any]:
    """Return ``train_input.json``: what is learned, and of the platform's switches those that mean nothing here."""
    from edgewright.runners.limits import limits_of

    info = block.spec.info
    anomaly = mode in ("anomaly", "visual-anomaly")
    return {
        "classes": list(classes) if not anomaly else list(classes) or ["normal"],
        "mode": _MODE[mode],
        "inferenceMode": _MODE[mode],
        "printHWInfo": False,
        "inputShapeString": str(tuple(shape)),
        "yType": "npy",
        "trainTestSplit": VALIDATION,
        "stratifiedTrainTest": True,
        "onlineDspConfig": None,
        "convertInt8": True,
        "profileInt8": True,
        "skipEmbeddingsAndMemory": False,
        "skipMemoryProfiling": False,
        "objectDetectionLastLayer": info.object_detection_last_layer,
        "objectDetectionAugmentation": False,
        "objectDetectionBatchSize": 32,
        "syntiantTarget": False,
        "maxTrainingTimeSeconds": int(limits_of(block).seconds),
        "remainingGpuComputeTimeSeconds": None,
        "isEnterpriseProject": False,
        "flattenDataset": False,
        "akidaModel": False,
        "akidaEdgeModel": False,
        "tensorboardLogging": False,
        "customValidationSplit": False,
        "validationMetadataKey": None,
        "customVariantsToProfile": None,
        "imageInputScaling": info.image_input_scaling,
    }


def _write_features(
    path: Path,
    entry: Mapping[str, Any] | None,
    request_dir: Path,
    shape: tuple[int, ...],
    scale: Callable[[Array], Array] | None,
) -> int:
    """Join the parts of a features input into one file, a batch of rows at a time; return how many rows."""
    import numpy as np

    parts = [] if entry is None else [_Chunks(part, request_dir) for part in entry["parts"]]
    rows = parts[0].rows if parts else 0
    if not rows:  # a file of no bytes can't be mapped
        _save(path, np.zeros((0, *shape), np.float32))
        return 0
    whole = np.lib.format.open_memmap(  # type: ignore[no-untyped-call]
        path, mode="w+", dtype=np.float32, shape=(rows, *shape), version=(2, 0)
    )
    for first in range(0, rows, _ROWS_AT_ONCE):
        last = min(first + _ROWS_AT_ONCE, rows)
        batch = np.concatenate([part.take(first, last) for part in parts], axis=1).reshape(-1, *shape)
        whole[first:last] = batch if scale is None else scale(batch)
    whole.flush()
    return rows


class _Chunks:
    """The features of one node, cut into files along their rows."""

    def __init__(self, part: Mapping[str, Any], folder: Path) -> None:

        self._files = [load_array(folder / chunk["path"], mapped=True) for chunk in part["chunks"]]
        self.rows = sum(len(file) for file in self._files)

    def take(self, first: int, last: int) -> Array:
        """Rows ``first:last``."""
        import numpy as np

        pieces, start = [], 0
        for file in self._files:
            pieces.append(file[max(0, first - start) : max(0, last - start)])
            start += len(file)
        return np.concatenate(pieces)


def _codes(inputs: Mapping[str, Any], name: str, folder: Path) -> NDArray[Any] | None:
    import numpy as np

    entry = inputs.get(name)
    if entry is None:
        return None
    codes: NDArray[Any] = np.concatenate([load_array(folder / chunk["path"]) for chunk in entry["chunks"]])
    return codes


def _save(path: Path, array: NDArray[Any]) -> None:
    import numpy as np

    with path.open("wb") as file:
        np.lib.format.write_array(file, array, version=(2, 0), allow_pickle=False)  # type: ignore[no-untyped-call]


def _write(path: Path, document: Any) -> None:
    path.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
