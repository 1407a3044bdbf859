"""Neural networks as ONNX, run by onnxruntime: one window at a time on one thread, so that results repeat."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright_sdk.artifacts.tflite_onnx import onnx_of
from edgewright_sdk.errors import BlockError
from edgewright_sdk.model import Model
from edgewright_sdk.values import Scores
from edgewright_specs.interface import IMAGE_SCALINGS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from edgewright_sdk.values import FeatureSpec

NETWORK = "network"  # name in a model: network.onnx

#: Version 1.23 puts zeros before a MaxPool into its padding, which then counts as minus infinity.
_WRONG_OPTIMIZERS = ["Pad_Fusion"]

_FLOATS = {"tensor(float)": "float32", "tensor(float16)": "float16", "tensor(double)": "float64"}


@dataclass(frozen=True)
class Network:
    """An ONNX file, before it knows the impulse.

    Attributes
    ----------
    source : str
        What was read, for messages.
    data : bytes
        Serialised ONNX: one input and outputs, of floats.
    """

    source: str
    data: bytes

    def model(self, features: FeatureSpec, classes: Sequence[str], mode: str, scaling: str = "0..1") -> Model:
        """Fit the network to features and classes, trying it on a window of zeros.

        Raises
        ------
        BlockError
            Its input or output is of another shape.
        """
        session = _session(self.data, self.source)
        inputs = session.get_inputs()
        if len(inputs) != 1 or inputs[0].type not in _FLOATS:
            got = ", ".join(f"{given.name} {given.type} {given.shape}" for given in inputs)
            raise BlockError(f"{self.source} has the inputs {got or 'none'}; allowed: one, of floats")
        shape, first = _input_shape(inputs[0].shape, features, self.source)
        meta: dict[str, Any] = {
            "kind": "network",
            "source": self.source,
            "mode": mode,
            "features": features.width,
            "input": {
                "name": inputs[0].name,
                "dtype": _FLOATS[inputs[0].type],
                "shape": shape,
                "channels_first": first,
            },
            "output": _output_name(session, self.source),
        }
        if mode == "classification":
            meta["classes"] = list(classes)
        image = features.shape
        if image.get("type") == "image" and scaling != "0..1":
            size = [int(image[name]) for name in ("height", "width", "channels")]
            meta["input"] |= {"scaling": scaling, "image": size}
        made = _run(session, meta, np.zeros((1, features.width), np.float32))[0]
        meta["shape"] = _output_shape(made.shape, meta, self.source)
        return Model(meta, networks={NETWORK: self.data})


def read_onnx(path: Path) -> Network:
    """Read a network in ONNX."""
    return Network(path.name, path.read_bytes())


def read_tflite(path: Path) -> Network:
    """Read a network in TensorFlow Lite's format, as ONNX."""
    return Network(path.name, onnx_of(path.read_bytes(), path.name))


def score(model: Model, values: NDArray[np.float32]) -> Scores:
    """Score rows ``(n, features)`` with a network's model."""
    meta = model.meta
    session = _session(model.networks[NETWORK], meta["source"])
    made = np.stack(_run(session, meta, values)).reshape(len(values), *meta["shape"])
    if meta["mode"] == "classification":
        if made.shape[1] == 1:
            made = np.concatenate([1 - made, made], axis=1)
        return Scores(probabilities=made)
    if meta["mode"] == "visual-anomaly":
        return Scores(scores=made.reshape(len(made), -1).max(axis=1), map=made)
    return Scores(scores=made.reshape(len(made), -1).max(axis=1))


def _session(data: bytes, source: str) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    # Quantised networks are computed in float and rounded to their grid: integer kernels differ between CPUs.
    options.add_session_config_entry("session.disable_quant_qdq", "1")
    try:
        return onnxruntime.InferenceSession(
            data, options, providers=["CPUExecutionProvider"], disabled_optimizers=_WRONG_OPTIMIZERS
        )
    except Exception as error:  # onnxruntime's errors have no base of their own
        reason = str(error).splitlines()[0][:300]
        raise BlockError(f"{source} is no ONNX network that can be run: {reason}") from None


def _run(session: Any, meta: dict[str, Any], values: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    given = meta["input"]
    if "scaling" in given:
        values = _scaled(values.reshape(len(values), *given["image"]), given["scaling"])
    rows = values.astype(given["dtype"]).reshape(len(values), 1, *given["shape"])
    if given["channels_first"]:
        rows = np.ascontiguousarray(np.moveaxis(rows, -1, 2))
    try:
        return [
            np.asarray(session.run([meta["output"]], {given["name"]: row})[0], np.float32)[0] for row in rows
        ]
    except Exception as error:  # as above
        reason = str(error).splitlines()[0][:300]
        raise BlockError(f"{meta['source']} can't be run on one window: {reason}") from None


def _scaled(images: NDArray[np.float32], name: str) -> NDArray[np.float32]:
    factor, mean, spread, turned = IMAGE_SCALINGS[name]
    pixels = (images * np.float32(factor))[..., :: -1 if turned else 1]
    return np.asarray((pixels - np.array(mean, np.float32)) / np.array(spread, np.float32))


def _input_shape(declared: Sequence[Any], features: FeatureSpec, source: str) -> tuple[list[int], bool]:
    """Shape in which a window's features go in, and whether its channels come first after that."""
    where = f"{source} has an input of shape {list(declared)}"
    if not declared or (isinstance(declared[0], int) and declared[0] > 1):
        raise BlockError(f"{where}; allowed: a batch of any size or of 1 in front")
    wanted = [size if isinstance(size, int) and size > 0 else 0 for size in declared[1:]]
    known = int(np.prod([size for size in wanted if size], dtype=np.int64))
    if wanted.count(0) == 1 and features.width % known == 0:
        wanted[wanted.index(0)] = features.width // known
    if 0 in wanted or int(np.prod(wanted, dtype=np.int64)) != features.width:
        raise BlockError(
            f"{where}; this node has {features.width} features: it must score what it was trained on"
        )
    image = features.shape
    if image.get("type") == "image":
        height, width, channels = int(image["height"]), int(image["width"]), int(image["channels"])
        if wanted == [channels, height, width] and wanted != [height, width, channels]:
            return [height, width, channels], True
    return wanted, False


def _output_name(session: Any, source: str) -> str:
    """First output of floats: some exporters give labels, integers, before it."""
    outputs = session.get_outputs()
    for output in outputs:
        if output.type in _FLOATS:
            return str(output.name)
    got = ", ".join(f"{output.name} {output.type}" for output in outputs)
    raise BlockError(f"{source} has the outputs {got}; one of floats is needed (export without ZipMap)")


def _output_shape(shape: tuple[int, ...], meta: dict[str, Any], source: str) -> list[int]:
    """Shape of one window's output without sizes of 1, as the mode needs it."""
    sizes = [size for size in shape if size != 1]
    count = int(np.prod(sizes, dtype=np.int64))
    mode = meta["mode"]
    if mode == "visual-anomaly":
        if len(sizes) > 2:
            raise BlockError(
                f"{source} has an output of shape {list(shape)}; allowed: a map of scores (height, width)"
            )
        return [1] * (2 - len(sizes)) + sizes
    if mode == "anomaly":
        return [count]
    classes = len(meta.get("classes", ()))
    allowed = {1} if mode == "regression" else {classes, 1} if classes == 2 else {classes}
    if count not in allowed or (classes == 0 and mode == "classification"):
        what = "1 value" if mode == "regression" else f"{classes} values, one a class"
        raise BlockError(f"{source} has an output of shape {list(shape)}; allowed: {what}")
    return [count]
