"""``saved_model.zip``: TensorFlow's own format, converted where TensorFlow is installed."""

from __future__ import annotations

import importlib.util
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from edgewright_sdk.artifacts.network import read_tflite
from edgewright_sdk.errors import BlockError

if TYPE_CHECKING:
    from edgewright_sdk.artifacts.network import Network


def read_saved_model(path: Path) -> Network:
    """Convert a zipped SavedModel through TensorFlow Lite; contents at the root of the zip or below ``saved_model/``.

    Raises
    ------
    BlockError
        TensorFlow isn't there, or the zip holds no SavedModel.
    """
    if importlib.util.find_spec("tensorflow") is None:
        raise BlockError(
            f"{path.name} needs TensorFlow, which is not installed here; let the training program write model.tflite "
            "(tf.lite.TFLiteConverter.from_saved_model) or model.onnx (tf2onnx) beside it"
        )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        try:
            with zipfile.ZipFile(path) as archive:
                archive.extractall(folder)
        except (zipfile.BadZipFile, OSError) as error:
            raise BlockError(f"{path.name} is no zip file that can be read: {error}") from None
        found = sorted(folder.rglob("saved_model.pb"), key=lambda place: len(place.parts))
        if not found:
            raise BlockError(
                f"{path.name} holds no saved_model.pb, neither at its root nor below saved_model/"
            )
        import tensorflow as tf

        target = folder / "model.tflite"
        target.write_bytes(tf.lite.TFLiteConverter.from_saved_model(str(found[0].parent)).convert())
        return read_tflite(target)
