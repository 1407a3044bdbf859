"""Networks in int8: calibrated when a block learns, scored by the integer reference, so that devices decide alike."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from edgewright_sdk.artifacts.layers_graph import layers_graph
from edgewright_sdk.artifacts.network_node import Fed, network_graph
from edgewright_sdk.compiler.integer import evaluate
from edgewright_sdk.compiler.integer_network import calibrate, integer_network
from edgewright_sdk.compiler.program import lower
from edgewright_sdk.values import Scores

if TYPE_CHECKING:
    from edgewright_sdk.compiler.quantise import Integer
    from edgewright_sdk.context import Context
    from edgewright_sdk.export import Export
    from edgewright_sdk.model import Model
    from edgewright_sdk.values import Features, FeatureSpec

#: Windows that are enough to see what values lie between; fewer of networks with many numbers, images, but these at least.
MOST_WINDOWS: Final = 512
LEAST_WINDOWS: Final = 32
_MOST_NUMBERS: Final = 1 << 26


def calibrated(model: Model, train: Features, context: Context, *, logits: bool = False) -> Model:
    """Give a network's model in int8, calibrated with at most 512 training windows, drawn by the task's seed.

    With the network, the ranges of its values are all that makes its integers: they are what the model keeps.

    Parameters
    ----------
    model : Model
        Of kind ``network``, or of kind ``layers`` with standardised features.
    train : Features
    context : Context
    logits : bool
        As in :func:`~edgewright_sdk.artifacts.network_node.network_node`.

    Raises
    ------
    BlockError
        For what the compiler doesn't have.
    """
    graph, boundary, selected = _fed(model, train.spec, logits=logits)
    rows = np.arange(len(train))
    numbers = sum(graph.count(op.output) for op in graph.ops)
    most = int(np.clip(_MOST_NUMBERS // numbers, LEAST_WINDOWS, MOST_WINDOWS))
    if len(rows) > most:
        rows = np.sort(context.random().choice(rows, most, replace=False))
    windows = np.concatenate([train.rows(row, row + 1) for row in rows.tolist()])
    ranges = calibrate(graph, windows[:, selected], boundary=boundary)
    return replace(
        model,
        meta={**model.meta, "precision": "int8", "values": list(ranges)},
        arrays={**model.arrays, "ranges": np.array(list(ranges.values()), np.float64).reshape(-1, 2)},
    )


def score_int8(model: Model, features: Features, in_float32: Scores, *, logits: bool = False) -> Scores:
    """Score windows in integers, bit by bit as a device does.

    Parameters
    ----------
    model : Model
        Of :func:`calibrated`.
    features : Features
    in_float32 : Scores
        What the network gives in float32, to be kept beside.
    logits : bool
    """
    fed = _fed(model, features.spec, logits=logits)
    (made,) = evaluate(_integer(model, fed), features.values[:, fed.selected])
    rows = made.reshape(len(features), -1)
    if in_float32.probabilities is not None:
        return Scores(probabilities=rows, in_float32=in_float32.probabilities)
    assert in_float32.scores is not None
    return replace(in_float32, scores=rows[:, 0], in_float32=in_float32.scores[:, None].astype(np.float32))


def int8_node(model: Model, features: FeatureSpec, *, logits: bool = False) -> Export:
    """Compile a network in int8 for the device: it gives the very bytes of :func:`score_int8`."""
    fed = _fed(model, features, logits=logits)
    network = _integer(model, fed)
    classes = len(model.meta.get("classes", ()))
    return lower(network.graph, network.entry).export(
        inputs=features.width,
        selected=fed.selected,
        output={"name": "probabilities", "shape": [classes]} if classes else {"name": "scores", "shape": [1]},
        tolerance={"absolute": 0.0, "relative": 0.0},
    )


def _fed(model: Model, features: FeatureSpec, *, logits: bool) -> Fed:
    if model.meta["kind"] == "layers":
        return layers_graph(model, features)
    return network_graph(model, features, logits=logits)


def _integer(model: Model, fed: Fed) -> Integer:
    pairs = np.asarray(model.arrays["ranges"]).tolist()
    ranges = {name: (low, high) for name, (low, high) in zip(model.meta["values"], pairs, strict=True)}
    return integer_network(fed.graph, ranges, boundary=fed.boundary)
