"""A network's model as a node: what Python does before and behind the network is compiled with it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from edgewright_sdk.artifacts.network import NETWORK
from edgewright_sdk.columns import trained_columns
from edgewright_sdk.compiler import (
    Op,
    channels_last_order,
    compile_graph,
    read_graph,
    reads_channels_last,
)
from edgewright_sdk.errors import BlockError
from edgewright_sdk.fragments.networks import network_fragment
from edgewright_specs.interface import IMAGE_SCALINGS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edgewright_sdk.compiler import Graph
    from edgewright_sdk.export import Export
    from edgewright_sdk.model import Model
    from edgewright_sdk.values import FeatureSpec

_ENDING = "what is behind the network"
_PIXELS = "scaling of pixels"


def network_node(model: Model, features: FeatureSpec, *, logits: bool = False) -> Export:
    """Compile a network for the device.

    Parameters
    ----------
    model : Model
        Of kind ``network``.
    features : FeatureSpec
    logits : bool
        Whether the values of classes still need a softmax, or a sigmoid where there is one.

    Raises
    ------
    BlockError
        For what the device doesn't have, by the name of the network's node.
    """
    graph, boundary, selected = network_graph(model, features, logits=logits)
    classes = len(model.meta.get("classes", ()))
    made = compile_graph(graph, boundary).export(
        inputs=features.width,
        selected=selected,
        output={"name": "probabilities", "shape": [classes]} if classes else {"name": "scores", "shape": [1]},
        tolerance={"absolute": 1e-4, "relative": 1e-4},
    )
    return replace(made, onnx=network_fragment(model, features, logits=logits))


class Fed(NamedTuple):
    """A network with what Python does around it, which of its ends lie channels last, and which feature each value of its input is."""

    graph: Graph
    boundary: tuple[str, ...]
    selected: NDArray[np.int64]


def network_graph(model: Model, features: FeatureSpec, *, logits: bool = False) -> Fed:
    """Read a network with what Python does before and behind it.

    Raises
    ------
    BlockError
        As :func:`network_node`.
    """
    meta = model.meta
    given = meta["input"]
    if given["dtype"] != "float32":
        raise BlockError(
            f"{meta['source']} takes {given['dtype']}; a network on the device computes in float32: export it so"
        )
    if meta["mode"] == "visual-anomaly":
        raise BlockError(f"{meta['source']} gives a map; networks with maps can't be deployed yet")
    if "selected" not in model.arrays and features.width != meta["features"]:
        raise BlockError(f"the model takes {meta['features']} features; this node has {features.width}")
    order = _order(given)
    graph = read_graph(
        model.networks[NETWORK], meta["source"], _batch(given).transpose(_axes(given)).shape, meta["output"]
    )
    if "scaling" in given:
        graph = _with_scaled_pixels(graph, given)
    columns: NDArray[np.int64] = np.arange(features.width)
    if "selected" in model.arrays:
        columns = np.array(trained_columns(model, features.labels), np.int64)
    graph = _with_ending(graph, meta, logits=logits)
    if not reads_channels_last(graph):
        return Fed(graph, (), columns[order])
    shape = graph.shapes[graph.input]
    order = order.reshape(shape).transpose(np.argsort(channels_last_order(len(shape)))).ravel()
    return Fed(graph, (graph.input,), columns[order])


def _batch(given: dict[str, Any]) -> NDArray[np.int64]:
    """Numbers of the features, in the shape in which they are given."""
    shape = [1, *given["shape"]]
    return np.arange(int(np.prod(shape))).reshape(shape)


def _axes(given: dict[str, Any]) -> list[int]:
    axes = list(range(1 + len(given["shape"])))
    return [0, axes[-1], *axes[1:-1]] if given["channels_first"] else axes


def _order(given: dict[str, Any]) -> NDArray[np.int64]:
    """Which feature each value of the network's input is."""
    order = _batch(given)
    if "scaling" in given and IMAGE_SCALINGS[given["scaling"]][3]:
        order = order.reshape(given["image"])[..., ::-1].reshape(order.shape)
    return order.transpose(_axes(given)).ravel()


def _with_scaled_pixels(graph: Graph, given: dict[str, Any]) -> Graph:
    """Put ``(factor x − mean) / spread`` of each channel before the network."""
    factor, mean, spread, _ = IMAGE_SCALINGS[given["scaling"]]
    channels = given["image"][2]
    tables = []
    for values in (factor / np.array(spread), -np.array(mean) / np.array(spread)):
        whole = np.broadcast_to(values, given["image"]).reshape(1, *given["shape"]).transpose(_axes(given))
        axis = 1 if given["channels_first"] else whole.ndim - 1
        by_channel = whole.shape[axis] == channels
        tables.append(
            whole[tuple(slice(None) if not by_channel or i == axis else slice(1) for i in range(whole.ndim))]
        )
    names = [f"{graph.input}#factor", f"{graph.input}#offset"]
    scaled, pixels = f"{graph.input}~scaled", f"{graph.input}~pixels"
    first = [
        Op("mul", (pixels, names[0]), scaled, _PIXELS),
        Op("add", (scaled, names[1]), graph.input, _PIXELS),
    ]
    made = graph.changed([*first, *graph.ops], dict(zip(names, tables, strict=True)))
    made.shapes.update(dict.fromkeys((pixels, scaled), graph.shapes[graph.input]))
    return replace(made, input=pixels)


def _with_ending(graph: Graph, meta: dict[str, Any], *, logits: bool) -> Graph:
    """Put behind the network what makes probabilities or one number of its values."""
    count, classifies = int(meta["shape"][0]), meta["mode"] == "classification"
    ops, shapes, value = list(graph.ops), dict(graph.shapes), graph.output

    def then(kind: str, shape: tuple[int, ...], *inputs: str, **settings: Any) -> str:
        name = f"{graph.output}~end{len(ops)}"  # apart from the names that readers give
        ops.append(Op(kind, inputs, name, _ENDING, settings))
        shapes[name] = shape
        return name

    value = then("reshape", (count,), value)
    if classifies and logits:
        value = (
            then("activation", (1,), value, function="sigmoid")
            if count == 1
            else then("softmax", (count,), value, axis=0)
        )
    if classifies and count == 1:
        one = f"{graph.output}#one"
        value = then("concat", (2,), then("sub", (1,), one, value), value, axis=0)
        graph = graph.changed(graph.ops, {one: np.ones(1)})
    elif not classifies and count > 1:
        value = then("reduce", (1,), value, axes=(0,), reduction="max")
    return replace(graph, outputs=(value,), ops=ops, shapes=graph.shapes | shapes)
