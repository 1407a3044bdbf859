"""Converted models as nodes for the device: tables of weights or of trees."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright_sdk import BlockError, Export
from edgewright_sdk.artifacts import links
from edgewright_sdk.codegen.memory import scratch_bytes

if TYPE_CHECKING:
    from edgewright_sdk import FeatureSpec, Model

_MOST_FEATURES = 32767
_ROUNDING = 2.0**-24  # relative error of one float32 operation


def node(model: Model, features: FeatureSpec) -> Export:
    """Give the node of a model.

    Raises
    ------
    BlockError
        For networks, and for more features than a table can name.
    """
    meta = model.meta
    if meta["kind"] == "network":
        raise BlockError(
            f"the network can't be deployed yet: {meta['source']} needs the network compiler, which block converted_model doesn't have"
        )
    if features.width != meta["features"]:
        raise BlockError(f"the model takes {meta['features']} features; this node has {features.width}")
    return (_linear if meta["kind"] == "linear" else _trees)(model, features.width)


def _linear(model: Model, width: int) -> Export:
    arrays = model.arrays
    outputs = len(arrays["bias"])
    tables = {
        "inputs": width,
        "outputs": outputs,
        "weights": _float32(arrays["weights"], model),
        "bias": _float32(arrays["bias"], model),
    }
    # A sum of large terms may be small: what rounding costs depends on features that nobody knows here.
    return _export("linear_model", "linear", model, tables, outputs, {"absolute": 1e-4, "relative": 1e-4})


def _trees(model: Model, width: int) -> Export:
    arrays = model.arrays
    if width > _MOST_FEATURES:
        raise BlockError(f"trees over {width} features can't be deployed; allowed: up to {_MOST_FEATURES}")
    outputs, leaves, roots = len(arrays["base"]), arrays["leaves"], arrays["roots"]
    tables = {
        "inputs": width,
        "nodes": len(arrays["feature"]),
        "feature": arrays["feature"].astype(np.int16),
        "threshold": np.asarray(arrays["threshold"]),
        "left": np.asarray(arrays["left"]),
        "right": np.asarray(arrays["right"]),
        "leaf_count": len(leaves),
        "leaf_width": leaves.shape[1],
        "leaves": np.asarray(leaves),
        "trees": len(roots),
        "roots": np.asarray(roots),
        "output": np.asarray(arrays["output"]),
        "outputs": outputs,
        "base": _float32(arrays["base"], model),
    }
    size = len(roots) * float(np.abs(leaves).max()) + float(np.abs(arrays["base"]).max())
    error = (len(roots) + 2) * _ROUNDING * size  # of the sum, at most
    scale = {"square": 2 * size, "exp": 1.0}.get(model.meta["link"], 1.0)
    relative = 1e-5 + (error if model.meta["link"] == "exp" else 0.0)
    return _export(
        "tree_model",
        "trees",
        model,
        tables,
        outputs,
        {"absolute": 1e-6 + error * scale, "relative": relative},
    )


def _export(
    name: str, module: str, model: Model, tables: dict[str, Any], outputs: int, tolerance: dict[str, float]
) -> Export:
    link = model.meta["link"]
    classes = len(model.meta.get("classes", ()))
    columns = model.arrays.get("columns", np.zeros(0, np.int32))
    known = links.width(link, outputs)
    scratch = [outputs, known] if classes else [outputs]
    if link == "coupling":
        scratch += [known * known, known]
        tolerance = {
            "absolute": 0.01 / known,
            "relative": 0.0,
        }  # its iteration may end a round earlier or later
    ends = {
        "link": links.NUMBERS[link],
        "slopes": model.arrays.get("a", np.zeros(0, np.float32)),
        "offsets": model.arrays.get("b", np.zeros(0, np.float32)),
        "classes": classes,
        "known": len(columns),
        "columns": np.asarray(columns),
    }
    output = {"name": "probabilities", "shape": [classes]} if classes else {"name": "scores", "shape": [1]}
    return Export(
        symbol=f"ew_{name}",
        header=f"{name}.h",
        sources=[f"{name}.cpp", "linked_output.h"],
        modules=[module, "link"],
        tables=tables | ends,
        inputs=[{"dtype": "float32", "shape": [tables["inputs"]]}],
        outputs=[{**output, "dtype": "float32"}],
        scratch_bytes=scratch_bytes(*scratch),
        tolerance=tolerance,
    )


def _float32(values: Any, model: Model) -> Any:
    with np.errstate(over="ignore"):
        narrow = np.asarray(values).astype(np.float32)
    if not np.isfinite(narrow).all():
        raise BlockError(
            f"{model.meta['source']} has a weight that float32 can't hold, so it can't be deployed"
        )
    return narrow
