"""The backbone: images in, a grid of cells out, each with what the network sees there at several scales."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright_sdk import BlockError

from .efficientnet import NAME, TAPS, backbone_onnx

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

CELL = 8  # pixels a side
SMALLEST, LARGEST = 32, 1024
_OLDEST_OPSET = 11


@dataclass(frozen=True)
class Backbone:
    """A network whose inner values are features, with the pooling behind them.

    Attributes
    ----------
    name, sha256 : str
        Of the file, or of the graph that is written out.
    data : bytes
        ONNX: pixels ``(n, 3, height, width)`` from 0 to 255 in; one output a layer, ``(n, channels, h, w)``.
    threads : int
    """

    name: str
    sha256: str
    data: bytes
    threads: int = 1
    _sessions: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    def cells(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Look at images, one at a time, so that a result doesn't depend on its neighbours.

        Parameters
        ----------
        images : np.ndarray [shape=(n, height, width, 1 or 3), dtype=uint8]
            Grey ones are seen as three equal channels.

        Returns
        -------
        np.ndarray [shape=(n, ⌈height / 8⌉, ⌈width / 8⌉, channels), dtype=float32]
            Channels of the layers side by side; coarser layers are interpolated between the middles of their cells.
        """
        session = self._session()
        name = session.get_inputs()[0].name
        rows, columns = grid(images.shape[1], images.shape[2])
        made: NDArray[np.float32] | None = None
        for number, image in enumerate(images):
            pixels = np.broadcast_to(image, (*image.shape[:2], 3)).transpose(2, 0, 1)
            try:
                layers = session.run(None, {name: np.ascontiguousarray(pixels, np.float32)[None]})
            except Exception as error:  # onnxruntime's errors have no base of their own
                raise BlockError(f"{self.name} can't be run on an image: {_first_line(error)}") from None
            if made is None:
                channels = sum(layer.shape[1] for layer in layers)
                made = np.empty((len(images), rows, columns, channels), np.float32)
            first = 0
            for layer in layers:
                last = first + layer.shape[1]
                made[number, ..., first:last] = enlarged(layer[0], rows, columns)
                first = last
        if made is None:
            raise BlockError("there are no images")
        return made

    def _session(self) -> Any:
        if not self._sessions:
            self._sessions["cpu"] = open_session(self.data, self.name, self.threads)
        return self._sessions["cpu"]


def grid(height: int, width: int) -> tuple[int, int]:
    """Rows and columns of the cells of an image."""
    return -(-height // CELL), -(-width // CELL)


def builtin_backbone(layers: int, pool: int, threads: int = 1) -> Backbone:
    """EfficientNet-Lite0 with its pooling."""
    data = backbone_onnx(layers)
    return Backbone(
        NAME,
        hashlib.sha256(data).hexdigest(),
        with_pooling(data, NAME, TAPS[layers], pool, [2] * (layers == 3)),
        threads,
    )


def file_backbone(
    path: Path, taps: Sequence[str], pool: int, size: tuple[int, int], threads: int = 1
) -> Backbone:
    """Take an ONNX file's inner values, by name.

    Parameters
    ----------
    path : Path
        One float input ``(n, 3, height, width)``, pixels from 0 to 255: what else it wants of them is part of the graph.
    taps : sequence of str
        Names of values ``(n, channels, h, w)``; none takes the outputs.
    pool : int
    size : (height, width)
        Of the images, on which it is tried.

    Raises
    ------
    BlockError
        It can't be run, a name isn't there, or a value isn't a map at a stride of 2, 4, 8, 16 or 32.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise BlockError(f"the backbone {path.name} can't be read: {error.strerror}") from None
    digest = hashlib.sha256(data).hexdigest()
    bare = _with_outputs(data, path.name, list(taps))
    session = open_session(bare, path.name, threads)
    pixels = np.zeros((1, 3, *size), np.float32)
    names = [output.name for output in session.get_outputs()]
    try:
        layers = session.run(names, {session.get_inputs()[0].name: pixels})
    except Exception as error:  # as above
        raise BlockError(
            f"{path.name} can't be run on an image of {size[1]} x {size[0]}: {_first_line(error)}"
        ) from None
    wanted = grid(*size)
    factors = []
    for name, layer in zip(names, layers, strict=True):
        if layer.ndim != 4 or layer.dtype != np.float32 or min(layer.shape[2:]) < 1:
            raise BlockError(
                f"{name} of {path.name} is {layer.dtype} {list(layer.shape)}; a tap is float32 (1, channels, height, width)"
            )
        ratio = layer.shape[2] / wanted[0]
        factors.append(max(round(ratio), 1))
        if factors[-1] > 1 and tuple(-(-side // factors[-1]) for side in layer.shape[2:]) != wanted:
            raise BlockError(
                f"{name} of {path.name} has a grid of {layer.shape[3]} x {layer.shape[2]} for images of {size[1]} x {size[0]}; "
                "allowed: a stride of 2, 4, 8, 16 or 32"
            )
    return Backbone(path.name, digest, with_pooling(bare, path.name, names, pool, factors), threads)


def with_pooling(data: bytes, name: str, taps: Sequence[str], pool: int, factors: Sequence[int]) -> bytes:
    """Put behind each tap the mean over `pool` x `pool` cells (zeros beyond the border), and over `factor` x `factor` of a finer grid."""
    import onnx
    from onnx import TensorProto, helper

    model = onnx.load_from_string(data)
    outputs = []
    for place, tap in enumerate(taps):
        value = tap
        if pool > 1:
            pads = [pool // 2] * 4
            # Zeros outside count, as in the paper's code: a border's cells, of which there are few, must not stand out.
            node = helper.make_node(
                "AveragePool", [value], [f"{tap}~pooled"], kernel_shape=[pool, pool], pads=pads, count_include_pad=1
            )  # fmt: skip
            model.graph.node.append(node)
            value = f"{tap}~pooled"
        factor = factors[place] if place < len(factors) else 1
        if factor > 1:
            node = helper.make_node(
                "AveragePool",
                [value],
                [f"{tap}~coarse"],
                kernel_shape=[factor] * 2,
                strides=[factor] * 2,
                ceil_mode=1,
            )
            model.graph.node.append(node)
            value = f"{tap}~coarse"
        outputs.append(helper.make_tensor_value_info(value, TensorProto.FLOAT, [None] * 4))
    del model.graph.output[:]
    model.graph.output.extend(outputs)
    model.graph.name = name
    made: bytes = model.SerializeToString(deterministic=True)
    return made


def _with_outputs(data: bytes, name: str, taps: list[str]) -> bytes:
    import onnx
    from onnx import TensorProto, helper

    try:
        model = onnx.load_from_string(data)
    except Exception as error:  # protobuf's
        raise BlockError(f"{name} is no ONNX file: {_first_line(error)}") from None
    opset = max((entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx")), default=0)
    if opset < _OLDEST_OPSET:
        raise BlockError(f"{name} is of opset {opset}; allowed: {_OLDEST_OPSET} and later: export it again")
    there = {value for node in model.graph.node for value in node.output}
    taps = taps or [output.name for output in model.graph.output]
    missing = [tap for tap in taps if tap not in there]
    if missing:
        known = [
            node.output[0] for node in model.graph.node if node.op_type in ("Conv", "Add", "Relu", "Clip")
        ]
        shown = ", ".join(known[-8:]) or "none"
        raise BlockError(f"{name} has no value {missing[0]!r}; the last ones of its convolutions are {shown}")
    del model.graph.output[:]
    model.graph.output.extend(
        helper.make_tensor_value_info(tap, TensorProto.FLOAT, [None] * 4) for tap in taps
    )
    made: bytes = model.SerializeToString(deterministic=True)
    return made


def open_session(data: bytes, name: str, threads: int) -> Any:
    """Open a network in onnxruntime, on the processor."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.log_severity_level = 4
    # Threads that wait for more work in a loop would take the processor from what comes after the network.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # as above
        raise BlockError(f"{name} is no ONNX network that can be run: {_first_line(error)}") from None


def enlarged(layer: NDArray[np.float32], rows: int, columns: int) -> NDArray[np.float32]:
    """Bring a map ``(channels, h, w)`` to ``(rows, columns, channels)``: bilinear between the middles of its cells."""
    channels, height, width = layer.shape
    if (height, width) == (rows, columns):
        return layer.transpose(1, 2, 0)
    wide = np.ascontiguousarray((layer @ between(width, columns).T).transpose(1, 2, 0))
    tall = between(height, rows) @ wide.reshape(height, columns * channels)
    return tall.reshape(rows, columns, channels)


@lru_cache(maxsize=16)
def between(size: int, wanted: int) -> NDArray[np.float32]:
    """How `size` values in a row weigh in each of `wanted`, ``(wanted, size)``: half-pixel middles, no value beyond the ends."""
    place = np.clip((np.arange(wanted) + 0.5) * size / wanted - 0.5, 0, size - 1)
    low = np.minimum(place.astype(int), max(size - 2, 0))
    weights = np.zeros((wanted, size), np.float32)
    weights[np.arange(wanted), low] = 1 - (place - low)
    if size > 1:
        weights[np.arange(wanted), low + 1] = place - low
    weights.flags.writeable = False
    return weights


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0][:300] if str(error) else type(error).__name__
