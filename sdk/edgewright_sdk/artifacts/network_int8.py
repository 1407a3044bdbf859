"""Networks in int8: calibrated when a block learns, scored by the integer reference, so that devices decide alike."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from edgewright_sdk.artifacts.network_node import network_graph
from edgewright_sdk.artifacts.network_ranges import ranges_of, with_ranges
from edgewright_sdk.compiler.integer import evaluate
from edgewright_sdk.compiler.integer_network import calibrate, integer_network
from edgewright_sdk.values import Scores

if TYPE_CHECKING:
    from edgewright_sdk.context import Context
    from edgewright_sdk.model import Model
    from edgewright_sdk.values import Features

#: Windows that are enough to see what values lie between.
MOST_WINDOWS: Final = 512


def calibrated(model: Model, train: Features, context: Context, *, logits: bool = False) -> Model:
    """Give a network's model in int8, calibrated with training windows: at most 512, drawn by the task's seed.

    Raises
    ------
    BlockError
        For what the compiler doesn't have.
    """
    graph, boundary, selected = network_graph(model, train.spec, logits=logits)
    rows = np.arange(len(train))
    if len(rows) > MOST_WINDOWS:
        rows = np.sort(context.random().choice(rows, MOST_WINDOWS, replace=False))
    windows = np.concatenate([train.rows(row, row + 1) for row in rows.tolist()])
    return with_ranges(model, calibrate(graph, windows[:, selected], boundary=boundary))


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
    graph, boundary, selected = network_graph(model, features.spec, logits=logits)
    network = integer_network(graph, ranges_of(model), boundary=boundary)
    (made,) = evaluate(network, features.values[:, selected])
    rows = made.reshape(len(features), -1)
    if in_float32.probabilities is not None:
        return Scores(probabilities=rows, in_float32=in_float32.probabilities)
    assert in_float32.scores is not None
    return replace(in_float32, scores=rows[:, 0], in_float32=in_float32.scores[:, None].astype(np.float32))
