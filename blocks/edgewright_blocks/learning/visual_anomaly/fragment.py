"""The block as an ONNX graph: pixels in, scores and maps out, the nearest neighbours inside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright_sdk.artifacts.onnx_bytes import Value
from edgewright_sdk.fragments import Fragment, Piece, join
from edgewright_sdk.fragments.fragment import BATCH, INPUT
from edgewright_sdk.fragments.networks import for_many

from .backbone import between, grid, open_session
from .bank import Bank
from .mixture import POOL, STRIDE, constants, map_size
from .smoothing import along

if TYPE_CHECKING:
    from edgewright_sdk import Model
    from edgewright_specs.interface import WindowSpec

#: Kept cells that a matrix product finds to be the nearest, and whose distances are measured anew by differences.
_CANDIDATES = 4
_LARGEST_EXPONENT = 60.0


def onnx_fragment(model: Model, window: WindowSpec, maps: Any, min_cells: int) -> bytes | None:
    """Join the backbone with what is before and behind it; None where the backbone can't take several images.

    Parameters
    ----------
    model : Model
    window : WindowSpec
    maps : np.ndarray [shape=(layers, 4)]
        Of each layer: anything, height, width, channels.
    min_cells : int
    """
    height, width, channels = window["height"], window["width"], window["channels"]
    session = open_session(model.networks["backbone"], str(model.meta["backbone"]["name"]), 1)
    given, layers = session.get_inputs()[0].name, [output.name for output in session.get_outputs()]
    backbone = for_many(model.networks["backbone"], given, (3, height, width), layers)
    if backbone is None:
        return None
    shapes = {
        f"{INPUT}{number or ''}": [int(depth), int(rows), int(columns)]
        for number, (_, rows, columns, depth) in enumerate(maps)
    }
    names = zip(shapes, layers, strict=True)
    rows, columns = grid(height, width)
    if model.meta["scoring"] == "gmm":
        rows, columns = map_size(rows, columns)
    return join(
        [
            Piece("pixels", _pixels(height, width, channels), {INPUT: INPUT}),
            Piece("backbone", backbone, {given: "pixels/pixels"}),
            Piece("cells", _cells(model, shapes, grid(height, width), min_cells), {own: f"backbone/{layer}" for own, layer in names}),
        ],
        [Value(INPUT, "uint8", [BATCH, height, width, channels])],
        {
            "cells/scores": Value("scores", "float32", [BATCH]),
            "cells/map": Value("map", "float32", [BATCH, rows, columns]),
        },
        name="visual_anomaly",
    )  # fmt: skip


def _pixels(height: int, width: int, channels: int) -> bytes:
    fragment = Fragment([height, width, channels], "uint8")
    values = fragment.turned(fragment.numbers(INPUT), 0, 3, 1, 2)
    if channels == 1:  # grey is seen as three equal channels
        values = fragment.add("Concat", values, values, values, axis=1)
    fragment.give("pixels", values)
    return fragment.data()


def _cells(model: Model, shapes: dict[str, list[int]], size: tuple[int, int], min_cells: int) -> bytes:
    first, *others = shapes
    fragment = Fragment(shapes[first], others={name: shapes[name] for name in others})
    layers = [_enlarged(fragment, name, shapes[name], size) for name in (first, *others)]
    seen = fragment.add("Concat", *layers, axis=1) if others else layers[0]
    channels = sum(shape[0] for shape in shapes.values())
    scored = _mixture if model.meta["scoring"] == "gmm" else _bank
    rows, columns, scores = scored(fragment, model, seen, (*size, channels))
    flat = fragment.reshaped(scores, [-1, rows * columns])
    if min_cells > 1:
        largest = fragment.smallest(fragment.do("TopK", flat, np.array([min_cells]), outputs=2, axis=1), [1])
    else:
        largest = fragment.largest(flat, [1])
    fragment.give("scores", largest)
    fragment.give("map", fragment.reshaped(scores, [-1, rows, columns]))
    return fragment.data()


def _enlarged(fragment: Fragment, value: str, shape: list[int], size: tuple[int, int]) -> str:
    """Bring a layer ``(n, channels, h, w)`` to the grid, as ``backbone.enlarged`` does."""
    _, height, width = shape
    if (height, width) == size:
        return value
    wide = fragment.do("MatMul", value, between(width, size[1]).T)
    return fragment.do("MatMul", between(height, size[0]), wide)


def _bank(fragment: Fragment, model: Model, seen: str, size: tuple[int, int, int]) -> tuple[int, int, str]:
    """Distances to the nearest kept cells, weighted by equation 7, as ``bank.Bank.scores``."""
    known = Bank.of(model.arrays)
    kept, support = known.cells, known.support
    rows, columns, channels = size
    middle = kept.mean(axis=0, dtype=np.float64).astype(np.float32)
    bank = fragment.constant(kept - middle)
    lengths = np.square(kept - middle, dtype=np.float64).sum(axis=1)
    cells = fragment.reshaped(fragment.turned(seen, 0, 2, 3, 1), [-1, channels])
    cells = fragment.do("Sub", cells, middle)
    products = fragment.add("MatMul", cells, fragment.turned(bank, 1, 0))
    squares = fragment.do("Sub", lengths, fragment.do("Mul", products, 2.0))  # less the cell's own
    few = np.array([min(_CANDIDATES, len(kept))])
    near = fragment.second(fragment.do("TopK", squares, few, outputs=2, axis=1, largest=0))
    each = fragment.do("Unsqueeze", cells, np.array([1]))
    best = fragment.add("ArgMin", _distances(fragment, each, bank, near), axis=1, keepdims=1)
    nearest = fragment.add("GatherElements", near, best, axis=1)  # (cells, 1)
    least = _distances(fragment, each, bank, nearest)
    if support.shape[1] > 1:
        around = fragment.reshaped(fragment.do("Gather", support, nearest, axis=0), [-1, support.shape[1]])
        farther = fragment.add("Sub", _distances(fragment, each, bank, around), least)
        total = fragment.total(
            fragment.add("Exp", fragment.do("Min", farther, _LARGEST_EXPONENT)), 1, keep=True
        )
        least = fragment.add("Mul", least, fragment.do("Sub", 1.0, fragment.do("Div", 1.0, total)))
    if model.meta.get("smoothing"):
        down, across = (along(np.eye(side, dtype=np.float32), 0) for side in (rows, columns))
        wide = fragment.do("MatMul", fragment.reshaped(least, [-1, rows, columns]), across.T)
        least = fragment.do("MatMul", down, wide)
    return rows, columns, least


def _distances(fragment: Fragment, each: str, bank: str, which: str) -> str:
    """From cells ``(n, 1, channels)`` to kept ones ``(n, k)``."""
    away = fragment.add("Sub", fragment.add("Gather", bank, which, axis=0), each)
    return fragment.add("Sqrt", fragment.total(fragment.square(away), 2))


def _mixture(fragment: Fragment, model: Model, seen: str, size: tuple[int, int, int]) -> tuple[int, int, str]:
    """How unlikely pooled cells are, as ``mixture.CellMixture.scores``."""
    arrays = model.arrays
    weights = (arrays["projection"] / arrays["scale"]).T[:, :, None, None]
    projected = fragment.do("Conv", seen, weights, kernel_shape=[1, 1])
    means = fragment.add("AveragePool", projected, kernel_shape=[POOL, POOL], strides=[STRIDE, STRIDE])
    z = fragment.do("Add", fragment.turned(means, 0, 2, 3, 1), arrays["offset"])
    flat = fragment.reshaped(z, [1, -1, len(arrays["offset"])])
    whitened = fragment.do("MatMul", fragment.do("Sub", flat, arrays["means"][:, None]), arrays["roots"])
    halves = fragment.do("Mul", fragment.total(fragment.square(whitened), 2), 0.5)
    heights = constants(arrays["weights"], arrays["roots"]) + model.meta["level"]
    likelihood = fragment.softened_largest(fragment.do("Sub", heights[:, None], halves), 0)
    rows, columns = map_size(*size[:2])
    return rows, columns, fragment.do("Div", likelihood, -float(model.meta["spread"]))
