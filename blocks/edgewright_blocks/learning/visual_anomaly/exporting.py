"""The node for the device: the backbone compiled, the memory bank as tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from edgewright_sdk import BlockError, Export
from edgewright_sdk.codegen.memory import scratch_bytes
from edgewright_sdk.compiler import compile_graph, memory_map, read_graph

from .backbone import grid, open_session

if TYPE_CHECKING:
    from edgewright_sdk import Model
    from edgewright_specs.interface import WindowSpec


def bank_node(model: Model, window: WindowSpec) -> Export:
    """Compile a model with a memory bank.

    Raises
    ------
    BlockError
        The model has none, or its backbone has operators that the device doesn't.
    """
    if model.meta["scoring"] != "patchcore":
        raise BlockError(
            "scoring: gmm has no device code yet; set scoring: patchcore, with a small sampling-ratio"
        )
    source, data = model.meta["backbone"]["name"], model.networks["backbone"]
    height, width, channels = window["height"], window["width"], window["channels"]
    session = open_session(data, source, 1)
    names = [output.name for output in session.get_outputs()]
    graph = read_graph(data, source, (1, 3, height, width), names)
    program = compile_graph(graph, (graph.input, *graph.outputs))
    shapes = [graph.shapes[name] for name in names]
    outputs = [
        [place, shape[2], shape[3], shape[1]] for place, shape in zip(program.last, shapes, strict=True)
    ]
    rows, columns = grid(height, width)
    cells, support = model.arrays["cells"], model.arrays["support"]
    return Export(
        symbol="ew_visual_anomaly",
        header="visual_anomaly.h",
        sources=["visual_anomaly.cpp"],
        modules=["network", "vector"],
        tables={
            "height": height,
            "width": width,
            "channels": channels,
            **program.tables(),
            "first": program.first,
            "layers": len(outputs),
            "outputs": np.array(outputs, np.int32),
            "rows": rows,
            "columns": columns,
            "features": cells.shape[1],
            "kept": len(cells),
            "cells": cells,
            "neighbours": support.shape[1],
            "support": support,
        },
        inputs=[{"dtype": "uint8", "shape": [height, width, channels]}],
        outputs=[
            {"name": "scores", "dtype": "float32", "shape": [1]},
            {"name": "map", "dtype": "float32", "shape": [rows, columns]},
        ],
        scratch_bytes=scratch_bytes(program.memory.size, itemsize=1) + scratch_bytes(cells.shape[1]),
        tolerance={"absolute": 1e-4, "relative": 1e-4},
        memory=memory_map(program),
    )
