"""Models of networks, ONNX files of others, as fragments: with what Python does before and behind them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright_sdk.artifacts.network import NETWORK
from edgewright_sdk.artifacts.onnx_bytes import Value
from edgewright_sdk.fragments.features import chosen_features
from edgewright_sdk.fragments.fragment import BATCH, INPUT, Fragment
from edgewright_sdk.fragments.joining import Piece, join
from edgewright_specs.interface import IMAGE_SCALINGS

if TYPE_CHECKING:
    from edgewright_sdk.model import Model
    from edgewright_sdk.values import FeatureSpec

_TRIED = 3


def network_fragment(model: Model, features: FeatureSpec, *, logits: bool = False) -> bytes | None:
    """Give the fragment of a network's model; None where the network can't take several windows at a time."""
    meta = model.meta
    given, data = meta["input"], model.networks[NETWORK]
    if given["dtype"] != "float32" or not takes_many(data, given, meta["output"]):
        return None
    before, behind = _before(model, features, given), _behind(meta, logits=logits)
    classes = len(meta.get("classes", ()))
    name = "probabilities" if classes else "scores"
    sizes = [BATCH, *([classes] if classes else [])]
    return join(
        [
            Piece("before", before, {INPUT: INPUT}),
            Piece("network", data, {given["name"]: "before/given"}),
            Piece("behind", behind, {INPUT: f"network/{meta['output']}"}),
        ],
        [Value(INPUT, "float32", [BATCH, features.width])],
        {f"behind/{name}": Value(name, "float32", sizes)},
        name="network",
    )


def takes_many(data: bytes, given: dict[str, Any], output: str) -> bool:
    """Whether a network gives for several windows what it gives for each."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    shape = list(given["shape"])
    if given["channels_first"]:
        shape = [shape[-1], *shape[:-1]]
    windows = np.random.default_rng(0).standard_normal((_TRIED, *shape)).astype(np.float32)
    try:
        session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
        together = session.run([output], {given["name"]: windows})[0]
        alone = [session.run([output], {given["name"]: window[None]})[0] for window in windows]
    except Exception:  # onnxruntime's errors have no base of their own
        return False
    if together.size != sum(one.size for one in alone):
        return False
    each = np.stack([np.ravel(one) for one in alone])
    return bool(np.allclose(together.reshape(_TRIED, -1), each, rtol=1e-4, atol=1e-5, equal_nan=True))


def _before(model: Model, features: FeatureSpec, given: dict[str, Any]) -> bytes:
    fragment, value = chosen_features(model, features)
    if "scaling" in given:
        factor, mean, spread, turned = IMAGE_SCALINGS[given["scaling"]]
        value = fragment.reshaped(value, [-1, *given["image"]])
        if turned:
            value = fragment.do("Gather", value, np.arange(given["image"][2])[::-1], axis=3)
        value = fragment.do("Sub", fragment.do("Mul", value, factor), np.array(mean, np.float32))
        value = fragment.do("Div", value, np.array(spread, np.float32))
    shape = list(given["shape"])
    value = fragment.reshaped(value, [-1, *shape])
    if given["channels_first"]:
        last = len(shape)
        value = fragment.turned(value, 0, last, *range(1, last))
    fragment.give("given", value)
    return fragment.data()


def _behind(meta: dict[str, Any], *, logits: bool) -> bytes:
    count, classifies = int(meta["shape"][0]), meta["mode"] == "classification"
    fragment = Fragment([count])
    value = fragment.reshaped(INPUT, [-1, count])
    if not classifies:
        fragment.give("scores", fragment.largest(value, [1]))
        return fragment.data()
    if logits:
        value = fragment.add("Sigmoid", value) if count == 1 else fragment.add("Softmax", value, axis=1)
    if count == 1:
        value = fragment.add("Concat", fragment.do("Sub", 1.0, value), value, axis=1)
    fragment.give("probabilities", value)
    return fragment.data()
