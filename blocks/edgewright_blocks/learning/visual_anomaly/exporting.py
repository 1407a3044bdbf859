"""The node for the device: the backbone compiled, and the memory bank or the mixture as tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright_sdk import Export
from edgewright_sdk.codegen.memory import scratch_bytes
from edgewright_sdk.compiler import compile_graph, memory_map, read_graph

from .backbone import grid, open_session
from .bank import Bank
from .bounds import bank_tables
from .fragment import onnx_fragment
from .mixture import constants, map_size

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edgewright_sdk import Model
    from edgewright_sdk.compiler import Program
    from edgewright_specs.interface import WindowSpec


def device_node(model: Model, window: WindowSpec, min_cells: int) -> Export:
    """Compile a model.

    Raises
    ------
    BlockError
        The backbone has operators that the device doesn't.
    """
    program, maps = compiled_backbone(model, window)
    height, width, channels = window["height"], window["width"], window["channels"]
    rows, columns = grid(height, width)
    features = int(maps[:, 3].sum())
    tables = {
        "height": height,
        "width": width,
        "channels": channels,
        **program.tables(),
        "first": program.first,
        "layers": len(maps),
        "outputs": maps,
        "rows": rows,
        "columns": columns,
        "features": features,
        "min_cells": min_cells,
    }
    scratch = scratch_bytes(program.memory.size, itemsize=1)
    if model.meta["scoring"] == "gmm":
        name, own, modules = "visual_mixture", _mixture_tables(model), ["gaussian"]
        rows, columns = map_size(rows, columns)
        size = int(own["size"])
        scratch += scratch_bytes(features, rows * columns * size, size, size)
    else:
        name, modules = "visual_anomaly", ["nearest"]
        own, search = bank_tables(Bank.of(model.arrays), columns)
        own["smoothing"] = int(bool(model.meta.get("smoothing")))
        scratch += search
    return Export(
        symbol=f"ew_{name}",
        header=f"{name}.h",
        sources=[f"{name}.cpp"],
        modules=["cells", "network", "order", "vector", *modules],
        tables=tables | own,
        inputs=[{"dtype": "uint8", "shape": [height, width, channels]}],
        outputs=[
            {"name": "scores", "dtype": "float32", "shape": [1]},
            {"name": "map", "dtype": "float32", "shape": [rows, columns]},
        ],
        scratch_bytes=scratch,
        tolerance={"absolute": 1e-4, "relative": 1e-4},
        memory=memory_map(program),
        onnx=onnx_fragment(model, window, maps, min_cells),
    )


def compiled_backbone(model: Model, window: WindowSpec) -> tuple[Program, NDArray[np.int32]]:
    """The backbone, and of each of its outputs the byte of the arena, height, width and channels."""
    source, data = model.meta["backbone"]["name"], model.networks["backbone"]
    names = [output.name for output in open_session(data, source, 1).get_outputs()]
    graph = read_graph(data, source, (1, 3, window["height"], window["width"]), names)
    program = compile_graph(graph, (graph.input, *graph.outputs))
    shapes = [graph.shapes[name] for name in names]
    maps = [[place, *shape[2:], shape[1]] for place, shape in zip(program.last, shapes, strict=True)]
    return program, np.array(maps, np.int32)


def _mixture_tables(model: Model) -> dict[str, Any]:
    arrays = model.arrays
    roots = arrays["roots"]
    size = roots.shape[-1]
    down, right = np.tril_indices(size)
    return {
        "size": size,
        "projection": np.ascontiguousarray((arrays["projection"] / arrays["scale"]).T),
        "offset": arrays["offset"],
        "components": len(roots),
        "constants": constants(arrays["weights"], roots).astype(np.float32),
        "means": arrays["means"].astype(np.float32),
        "roots": roots[:, down, right].astype(np.float32),
        "level": model.meta["level"],
        "spread": model.meta["spread"],
    }
