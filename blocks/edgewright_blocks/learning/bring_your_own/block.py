"""A network that somebody has trained elsewhere, an ONNX file, as a learning block."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from edgewright_sdk import BlockError, FeatureSpec, LearningBlock, LearningDescription, Scores
from edgewright_sdk.artifacts import links, score
from edgewright_sdk.artifacts.network import read_onnx
from edgewright_sdk.artifacts.network_int8 import calibrated, int8_node, score_int8
from edgewright_sdk.artifacts.network_node import network_graph, network_node
from edgewright_sdk.columns import choose_columns

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from edgewright_sdk import Context, Export, Features, Model, Params
    from edgewright_sdk.artifacts.network import Network

_MOUNT = "network"
_SUM_TOLERANCE = 1e-3


class BringYourOwn(LearningBlock):
    """Scores by a network. It learns nothing: what it is given to learn from only decides thresholds."""

    def describe(self, features: FeatureSpec, params: Params) -> LearningDescription:
        """Say what the network gives; it is tried, so that what doesn't fit is refused before anything runs."""
        model = _model(features, params, self.context)
        both = []
        if params.precision == "int8":
            network_graph(model, features)
            both = ["in_float32"]
        if self.context.deploys:
            network_node(model, features, logits=_gives_logits(params))
        if params.kind == "classification":
            classes = list(model.meta["classes"])
            return LearningDescription(
                kind="classification", outputs=["probabilities", *both], classes=classes
            )
        return LearningDescription(kind=str(params.kind), outputs=["scores", *both])

    def fit(self, train: Features, validation: Features | None, params: Params, context: Context) -> Model:  # noqa: ARG002
        """Take the network as it is; for int8 see what its values lie between."""
        model = _model(train.spec, params, context)
        return (
            calibrated(model, train, context, logits=_gives_logits(params))
            if params.precision == "int8"
            else model
        )

    def score(self, model: Model, features: Features, params: Params) -> Scores:
        """Score windows, one at a time on one thread; in int8 with the device's integers."""
        found, logits = score(model, features), _gives_logits(params)
        if logits and found.probabilities is not None:
            found = Scores(probabilities=_softened(found.probabilities, int(model.meta["shape"][0])))
        elif found.probabilities is not None:
            _check_probabilities(found.probabilities, str(model.meta["source"]))
        return score_int8(model, features, found, logits=logits) if params.precision == "int8" else found

    def export(self, model: Model, features: FeatureSpec, params: Params) -> Export:
        """Compile the network for the device, with what makes probabilities of logits."""
        compiled = int8_node if params.precision == "int8" else network_node
        return compiled(model, features, logits=_gives_logits(params))


def _gives_logits(params: Params) -> bool:
    return bool(params.kind == "classification" and params.output == "logits")


def _model(features: FeatureSpec, params: Params, context: Context) -> Model:
    columns = choose_columns(features.labels, params.features)
    classes = _classes(params) if params.kind == "classification" else []
    labels = [features.labels[column] for column in columns]
    whole = labels == features.labels
    chosen = FeatureSpec(labels, features.shape if whole else {"type": "flat", "width": len(labels)})
    model = _read(context.mount(_MOUNT), str(params.file)).model(chosen, classes, str(params.kind))
    shape = list(model.meta["shape"])
    if params.kind == "anomaly" and shape != [1]:
        raise BlockError(
            f"{params.file} gives {shape[0]} values a window; an anomaly score is 1 value, larger = more anomalous: "
            "let the network end in one (the largest, the mean error …), or set another kind"
        )
    model.meta["labels"] = labels
    model.arrays["selected"] = np.array(columns, np.int32)
    return model


def _classes(params: Params) -> list[str]:
    names = [str(name) for name in params.labels]
    if len(names) < 2 or len(set(names)) < len(names):
        raise BlockError(
            f"labels is {names}; with kind: classification it names two classes at least, each once, in the order of the "
            "network's outputs: labels: [idle, running]"
        )
    return names


def _read(folder: Path, name: str) -> Network:
    if "/" in name or "\\" in name or name in (".", ".."):
        raise BlockError(f"file is {name!r}; allowed: the name of a file in the granted folder, no path")
    try:
        there = sorted(entry.name for entry in folder.iterdir())
        if name not in there:
            shown = ", ".join(there[:10]) or "nothing"
            raise BlockError(f"the granted folder has no file {name!r}; it holds {shown}")
        return read_onnx(folder / name)
    except OSError as error:
        raise BlockError(
            f"the granted folder can't be read as the task's user ({error.strerror}); let everybody read it: chmod -R a+rX"
        ) from None


def _softened(values: NDArray[np.float32], outputs: int) -> NDArray[np.float32]:
    """Probabilities of logits; of one alone ``values`` holds 1 − f and f."""
    wide = values.astype(np.float64)
    made = links.apply("sigmoid-pair", wide[:, 1:]) if outputs == 1 else links.apply("softmax", wide)
    return made.astype(np.float32)


def _check_probabilities(values: NDArray[np.float32], source: str) -> None:
    sums = values.sum(axis=1)
    wrong = (np.abs(sums - 1) > _SUM_TOLERANCE) | (values < -_SUM_TOLERANCE).any(axis=1)
    if wrong.any():
        row = values[int(wrong.argmax())]
        shown = ", ".join(f"{value:.4g}" for value in row[:5])
        raise BlockError(
            f"{source} gives {shown} for a window, which are no probabilities; set output: logits, or end the network in a softmax"
        )
