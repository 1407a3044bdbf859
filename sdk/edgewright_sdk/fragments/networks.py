"""Models of networks, ONNX files of others, as fragments: with what Python does before and behind them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from edgewright_sdk.artifacts.network import NETWORK
from edgewright_sdk.artifacts.onnx_bytes import Value
from edgewright_sdk.fragments.features import chosen_features
from edgewright_sdk.fragments.fragment import BATCH, INPUT, Fragment
from edgewright_sdk.fragments.joining import Piece, join
from edgewright_specs.interface import IMAGE_SCALINGS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from edgewright_sdk.model import Model
    from edgewright_sdk.values import FeatureSpec

#: What networks in a loop are brought to: see ``_looped``.
LATEST_OPSET: Final = 21
_TRIED = 3


def network_fragment(model: Model, features: FeatureSpec, *, logits: bool = False) -> bytes | None:
    """Give the fragment of a network's model; None where the network can't take several windows at a time."""
    meta = model.meta
    given, output = meta["input"], str(meta["output"])
    shape = list(given["shape"])
    if given["channels_first"]:
        shape = [shape[-1], *shape[:-1]]
    data = (
        None
        if given["dtype"] != "float32"
        else for_many(model.networks[NETWORK], given["name"], shape, [output])
    )
    if data is None:
        return None
    before, behind = _before(model, features, given), _behind(meta, logits=logits)
    classes = len(meta.get("classes", ()))
    name = "probabilities" if classes else "scores"
    sizes: list[int | str] = [BATCH, classes] if classes else [BATCH]
    return join(
        [
            Piece("before", before, {INPUT: INPUT}),
            Piece("network", data, {given["name"]: "before/given"}),
            Piece("behind", behind, {INPUT: f"network/{output}"}),
        ],
        [Value(INPUT, "float32", [BATCH, features.width])],
        {f"behind/{name}": Value(name, "float32", sizes)},
        name="network",
    )


def for_many(data: bytes, given: str, shape: Sequence[int], outputs: Sequence[str]) -> bytes | None:
    """Give a network that takes any number of windows: itself, or where it takes but one, in a loop over them.

    Parameters
    ----------
    data : bytes
        ONNX.
    given, outputs
        Names of its input and of what is wanted.
    shape : sequence of int
        Of one window.

    Returns
    -------
    bytes or None
        None where neither gives for several windows what it gives for each.
    """
    windows = np.random.default_rng(0).standard_normal((_TRIED, *shape)).astype(np.float32)
    try:
        alone = [_run(data, given, window[None], outputs) for window in windows]
    except Exception:  # onnxruntime's errors have no base of their own
        return None
    for made in (data, _looped(data, given, shape, outputs)):
        try:
            together = _run(made, given, windows, outputs)
        except Exception:  # as above
            continue
        if all(_same(whole, [one[place] for one in alone]) for place, whole in enumerate(together)):
            return made
    return None


def _same(together: NDArray[Any], alone: Sequence[NDArray[Any]]) -> bool:
    each = np.concatenate(alone)
    return together.shape == each.shape and np.allclose(together, each, rtol=1e-4, atol=1e-5, equal_nan=True)


def _run(data: bytes, given: str, windows: NDArray[np.float32], outputs: Sequence[str]) -> list[NDArray[Any]]:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    found: list[NDArray[Any]] = session.run(list(outputs), {given: windows})
    return found


def _looped(data: bytes, given: str, shape: Sequence[int], outputs: Sequence[str]) -> bytes:
    """The network as the body of a `Scan` over windows."""
    import onnx
    from onnx import TensorProto, compose, helper, version_converter

    model = onnx.load_from_string(data)
    # Converters pass over what is inside a loop, so it goes in as the latest that a file of ours may be in.
    if max(entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx")) < LATEST_OPSET:
        model = version_converter.convert_version(model, LATEST_OPSET)
    body = compose.add_prefix(model, "each/").graph
    axis = helper.make_tensor("~axis", TensorProto.INT64, [1], [0])
    first = helper.make_node("Unsqueeze", ["~window", "~axis"], [f"each/{given}"])
    last = [helper.make_node("Squeeze", [f"each/{name}", "~axis"], [f"{name}~one"]) for name in outputs]
    nodes = [first, *body.node, *last]
    window = helper.make_tensor_value_info("~window", TensorProto.FLOAT, shape)
    ends = [helper.make_tensor_value_info(f"{name}~one", TensorProto.FLOAT, None) for name in outputs]
    inner = helper.make_graph(nodes, "window", [window], ends, [*body.initializer, axis])
    loop = helper.make_node("Scan", [given], list(outputs), body=inner, num_scan_inputs=1)
    whole = helper.make_graph(
        [loop],
        "windows",
        [helper.make_tensor_value_info(given, TensorProto.FLOAT, [BATCH, *shape])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs],
    )
    made = helper.make_model(whole, opset_imports=model.opset_import, ir_version=model.ir_version)
    return bytes(made.SerializeToString(deterministic=True))


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
