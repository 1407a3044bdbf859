"""Predictors as nodes for the device: tables of weights, of support vectors or of trees; the code is the runtime's.

A block that exports such a node has a header in its ``device/`` folder for each kind that it may have, which includes the
runtime's of the same name.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright_sdk.artifacts import links
from edgewright_sdk.artifacts.network_int8 import int8_node
from edgewright_sdk.artifacts.network_node import network_node
from edgewright_sdk.artifacts.scoring import layers_of, trees_of
from edgewright_sdk.codegen.memory import scratch_bytes
from edgewright_sdk.columns import trained_columns
from edgewright_sdk.errors import BlockError
from edgewright_sdk.export import Export
from edgewright_sdk.fragments.predictors import predictor_fragment

if TYPE_CHECKING:
    from edgewright_sdk.model import Model
    from edgewright_sdk.values import FeatureSpec

_MOST_FEATURES = 32767
_ROUNDING = 2.0**-24  # relative error of one float32 operation


def node(model: Model, features: FeatureSpec) -> Export:
    """Give the node of a model.

    Raises
    ------
    BlockError
        For operators of networks that the device doesn't have, and for more features than a table can name.
    """
    made = _tabled(model, features)
    if model.meta.get("precision") == "int8" or model.meta["kind"] == "network":
        return made
    return replace(made, onnx=predictor_fragment(model, features))


def _tabled(model: Model, features: FeatureSpec) -> Export:
    meta = model.meta
    if meta.get("precision") == "int8":
        return int8_node(model, features)
    if meta["kind"] == "network":
        return network_node(model, features)
    if "selected" not in model.arrays and features.width != meta["features"]:
        raise BlockError(f"the model takes {meta['features']} features; this node has {features.width}")
    return _NODES[meta["kind"]](model, features)


def table_bytes(model: Model, features: FeatureSpec) -> int:
    """Size of the node's tables: what it takes of a device's flash beside code."""
    return sum(np.asarray(value).nbytes for value in _tabled(model, features).tables.values())


def _linear(model: Model, features: FeatureSpec) -> Export:
    inputs = _inputs(model, features)
    weights, bias = model.arrays["weights"], model.arrays["bias"]
    tables = {
        **inputs,
        "outputs": len(bias),
        "weights": _float32(weights, model),
        "bias": _float32(bias, model),
    }
    # A sum of large terms may be small. What rounding costs depends on the features: standardised ones are of size 1.
    sizes = np.abs(weights).sum(axis=1) + np.abs(bias)
    absolute = _unit(model) + 1e-6 * float(sizes.max()) if inputs["chosen"] else 1e-4
    return _export(
        "linear_model", model, tables, [inputs["chosen"]], {"absolute": absolute, "relative": 1e-4}
    )


def _kernel(model: Model, features: FeatureSpec) -> Export:
    inputs, arrays = _inputs(model, features), model.arrays
    coefficients = arrays["coefficients"]
    tables = {
        **inputs,
        "vectors": len(coefficients),
        "support": _float32(arrays["vectors"], model),
        "coefficients": _float32(coefficients, model),
        "gamma": float(arrays["gamma"][0]),
        "outputs": coefficients.shape[1],
        "bias": _float32(arrays["bias"], model),
    }
    # Each vector's nearness is off by a few roundings of its own, and such errors add up as their squares do.
    size = float(np.sqrt(np.square(coefficients).sum(axis=0)).max()) + float(np.abs(arrays["bias"]).max())
    tolerance = {"absolute": _unit(model) + 16 * _ROUNDING * size, "relative": 1e-4}
    return _export("kernel_model", model, tables, [inputs["chosen"], coefficients.shape[1]], tolerance)


def _trees(model: Model, features: FeatureSpec) -> Export:
    arrays, width = model.arrays, features.width
    if width > _MOST_FEATURES:
        raise BlockError(f"trees over {width} features can't be deployed; allowed: up to {_MOST_FEATURES}")
    leaves, roots, feature = arrays["leaves"], arrays["roots"], np.asarray(arrays["feature"])
    if "selected" in arrays:
        feature = np.array(trained_columns(model, features.labels))[feature]
    tables = {
        "inputs": width,
        "nodes": len(feature),
        "feature": feature.astype(np.int16),
        "threshold": np.asarray(arrays["threshold"]),
        "left": np.asarray(arrays["left"]),
        "right": np.asarray(arrays["right"]),
        "leaf_count": len(leaves),
        "leaf_width": leaves.shape[1],
        "leaves": np.asarray(leaves),
        "trees": len(roots),
        "roots": np.asarray(roots),
        "output": np.asarray(arrays["output"]),
        "outputs": len(arrays["base"]),
        "base": _float32(arrays["base"], model),
    }
    link, error = model.meta["link"], _ROUNDING * trees_of(model).rounding()
    size = len(roots) * float(np.abs(leaves).max()) + float(np.abs(arrays["base"]).max())
    scale = {"square": 2 * size, "softmax": 0.5, "sigmoid-pair": 0.25}.get(link, 1.0)
    tolerance = {"absolute": 1e-6 + error * scale, "relative": 1e-5 + (error if link == "exp" else 0.0)}
    return _export("tree_model", model, tables, [], tolerance)


def _layers(model: Model, features: FeatureSpec) -> Export:
    inputs, network = _inputs(model, features), layers_of(model)
    tables = {
        **inputs,
        "layers": len(network.table),
        "table": np.asarray(network.table).ravel(),
        "weights": _float32(network.weights, model),
        "bias": _float32(network.layer_bias, model),
        "widest": network.widest,
        "outputs": network.outputs,
    }
    # A relative error of a few roundings a layer, of sums of terms of size 1.
    tolerance = {"absolute": _unit(model) + 1e-5 * (1 if _unit(model) else network.size), "relative": 1e-4}
    return _export("layers_model", model, tables, [inputs["chosen"], 2 * network.widest], tolerance)


def _unit(model: Model) -> float:
    """What a probability may be off by in any case; a number has a unit that nobody knows here."""
    return 1e-5 if model.meta.get("classes") else 0.0


def _inputs(model: Model, features: FeatureSpec) -> dict[str, Any]:
    """What comes before the sums: which columns, and how they are standardised."""
    arrays = model.arrays
    if "mean" not in arrays:
        none = np.zeros(0, np.float32)
        return {
            "inputs": features.width,
            "chosen": 0,
            "selected": np.zeros(0, np.int32),
            "mean": none,
            "scale": none,
        }
    columns = trained_columns(model, features.labels) if "selected" in arrays else range(features.width)
    return {
        "inputs": features.width,
        "chosen": len(columns),
        "selected": np.array(columns, np.int32),
        "mean": np.asarray(arrays["mean"]),
        "scale": np.asarray(arrays["scale"]),
    }


def _export(
    name: str, model: Model, tables: dict[str, Any], scratch: list[int], tolerance: dict[str, float]
) -> Export:
    link, outputs = model.meta["link"], tables["outputs"]
    classes = len(model.meta.get("classes", ()))
    columns = model.arrays.get("columns", np.zeros(0, np.int32))
    known = links.width(link, outputs)
    scratch = [*scratch, outputs, known] if classes else [*scratch, outputs]
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
        sources=[],
        modules=[name],
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


_NODES = {"linear": _linear, "kernel": _kernel, "layers": _layers, "trees": _trees}
