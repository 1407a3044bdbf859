"""All nodes of an impulse as one ONNX graph: what each exports, and behind it thresholds and p-values."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from edgewright_sdk import BlockError
from edgewright_sdk.artifacts.onnx_bytes import Value
from edgewright_sdk.codegen.graph import quantile_tables
from edgewright_sdk.codegen.tables import threshold_of
from edgewright_sdk.fragments import Fragment, Piece, join
from edgewright_sdk.fragments.fragment import BATCH, INPUT

if TYPE_CHECKING:
    from edgewright_sdk import TrainedImpulse
    from edgewright_sdk.codegen.graph import Graph, Step

#: Key of the file's metadata under which JSON says what the outputs are.
METADATA: Final = "edgewright"
_REGION = "ew_region"
_ALL = "~all"

_WHAT = {
    "map": "float32 ({batch}, rows, columns): the score of each cell of the image",
    "contributions": "float32 ({batch}, features): what each feature adds to the score",
    "probabilities": "float32 ({batch}, classes)",
    "p": "float32 ({batch}): the share of normal windows at least as extreme; -1 where unknown",
    "features": "float32 ({batch}, features)",
}
_OF_KIND = {
    "score": {
        "anomaly": "float32 ({batch}): higher is more anomalous",
        "classification": "float32 ({batch}): the probability of the likeliest class",
        "regression": "float32 ({batch}): the number",
    },
    "decision": {
        "anomaly": "int64 ({batch}): 1 anomalous, 0 normal",
        "classification": "int64 ({batch}): the class, -1 where none is certain enough",
        "any": "int64 ({batch}): 1 where a node's decision is anomalous",
    },
}


def impulse_onnx(graph: Graph, impulse: TrainedImpulse) -> bytes:
    """Write the file.

    Raises
    ------
    BlockError
        For nodes whose block gives no ONNX graph, by name.
    """
    exports = {node.id: node for node in impulse.nodes}
    pieces: list[Piece] = []
    outputs: dict[str, Value] = {}
    for step in graph.steps:
        pieces += _inputs(graph, step)
        data = _data(step, exports[step.id])
        pieces.append(Piece(step.id, data, {INPUT: _source(graph, step)}))
        if step.learning:
            pieces.append(Piece(f"{step.id}~end", _ending(step), {INPUT: f"{step.id}/{_given(step)}"}))
    if _anomalies(graph):
        pieces.append(_any(graph))
    for name, value, shape, dtype in _outputs(graph):
        outputs[value] = Value(name, dtype, [BATCH, *shape])
    dtype = "uint8" if graph.image else "float32"
    about = _about(graph)
    metadata = {METADATA: json.dumps(about), "build_id": graph.build_id, "name": about["name"]}
    return join(
        pieces, [Value(INPUT, dtype, [BATCH, *graph.shape])], outputs, name=graph.name, metadata=metadata
    )


def output_names(graph: Graph) -> dict[str, str]:
    """Outputs of the file, and what they are."""
    kinds = {"": "any"} | {prefix(graph, step): str(step.entry["kind"]) for step in graph.learning}
    found = {}
    for name, _, _, _ in _outputs(graph):
        before, point, last = name.rpartition(".")
        text = _OF_KIND[last][kinds[before + point]] if last in _OF_KIND else _WHAT[last]
        found[name] = text.format(batch=BATCH)
    return found


def prefix(graph: Graph, step: Step) -> str:
    """What stands before the names of a node's outputs: nothing where it is the only learning node."""
    return "" if len(graph.learning) == 1 else f"{step.id}."


def _about(graph: Graph) -> dict[str, Any]:
    return {
        "name": str(graph.document["name"]),
        "build_id": graph.build_id,
        "window": graph.window,
        "outputs": [
            {
                "name": step.id,
                "prefix": prefix(graph, step),
                "kind": step.entry["kind"],
                "threshold": float(np.float32(threshold_of(step))),
                "classes": step.classes,
                "contributions": step.labels,
            }
            for step in graph.learning
        ],
        "features": [{"name": step.id, "labels": step.labels} for step in graph.processing],
    }


def _outputs(graph: Graph) -> list[tuple[str, str, list[int], str]]:
    """Name, value, shape of one window and dtype of each output; of an impulse that learns nothing, its features."""
    found: list[tuple[str, str, list[int], str]] = []
    for step in graph.learning:
        before, end = prefix(graph, step), f"{step.id}~end"
        found.append((f"{before}score", f"{end}/score", [], "float32"))
        for port in step.node.outputs:
            if port.name in ("map", "contributions", "probabilities"):
                found.append((before + port.name, f"{step.id}/{port.name}", list(port.shape), "float32"))
        if step.entry["kind"] == "anomaly":
            found.append((f"{before}p", f"{end}/p", [], "float32"))
        if step.entry["kind"] != "regression":
            found.append((f"{before}decision", f"{end}/decision", [], "int64"))
    if _anomalies(graph):
        found.append(("decision", f"{_ALL}/decision", [], "int64"))
    if found:
        return found
    return [
        (f"{step.id}.features", f"{step.id}/features", list(step.node.outputs[0].shape), "float32")
        for step in graph.processing
    ]


def _anomalies(graph: Graph) -> list[Step]:
    """Nodes that make one decision together; none where there is nothing to put together."""
    return [s for s in graph.learning if s.entry["kind"] == "anomaly"] if len(graph.learning) > 1 else []


def _any(graph: Graph) -> Piece:
    nodes = _anomalies(graph)
    names = [f"{INPUT}{number or ''}" for number in range(len(nodes))]
    fragment = Fragment([], "int64", others={name: [] for name in names[1:]})
    fragment.give("decision", fragment.add("Max", *names))
    values = [f"{step.id}~end/decision" for step in nodes]
    return Piece(_ALL, fragment.data(), dict(zip(names, values, strict=True)))


def _data(step: Step, node: Any) -> bytes:
    named = node.export.get("onnx")
    if named is not None:
        data: bytes = (node.folder / named).read_bytes()
        return data
    if step.node.symbol == _REGION:
        return _region(step, node)
    block = step.entry.get("block", "?")
    raise BlockError(
        f"node {step.id!r}: block {block!r} gives no ONNX graph of itself with these parameters; docs/onnx.md says which blocks do, "
        "and how one of yours can. The targets cpp and wasm need none"
    )


def _region(step: Step, node: Any) -> bytes:
    """A region's score: the largest of its cells, or the so many-th."""
    shape = step.node.inputs[0].shape
    fragment = Fragment(shape)
    flat = fragment.reshaped(INPUT, [-1, int(node.table("places"))])
    cells = fragment.do("Gather", flat, np.asarray(node.table("cells")), axis=1)
    count = np.array([int(node.table("min_cells"))])
    fragment.give("scores", fragment.smallest(fragment.do("TopK", cells, count, outputs=2, axis=1), [1]))
    return fragment.data()


def _inputs(graph: Graph, step: Step) -> list[Piece]:
    """What puts a node's input together, where it isn't one value as it is."""
    if not graph.gathers(step):
        return []
    name = f"{step.id}~input"
    columns = graph.columns(step)
    if columns is not None:
        fragment = Fragment(graph.shape)
        fragment.give("joined", fragment.do("Gather", INPUT, np.array(columns), axis=2))
        return [Piece(name, fragment.data(), {INPUT: INPUT})]
    ports = graph.pieces(step)
    names = [f"{INPUT}{number or ''}" for number in range(len(ports))]
    fragment = Fragment(
        ports[0].shape, others={n: p.shape for n, p in zip(names[1:], ports[1:], strict=True)}
    )
    flat = [fragment.reshaped(n, [-1, port.count]) for n, port in zip(names, ports, strict=True)]
    fragment.give("joined", fragment.add("Concat", *flat, axis=1))
    values = [_value(graph, given) for given in step.inputs]
    return [Piece(name, fragment.data(), dict(zip(names, values, strict=True)))]


def _source(graph: Graph, step: Step) -> str:
    return f"{step.id}~input/joined" if graph.gathers(step) else _value(graph, step.inputs[0])


def _value(graph: Graph, name: str) -> str:
    origin = graph.origin(name)
    if origin is None:
        return INPUT
    return f"{name}/{'map' if origin.learning else 'features'}"


def _given(step: Step) -> str:
    return "probabilities" if step.entry["kind"] == "classification" else "scores"


def _ending(step: Step) -> bytes:
    """Score, p-value and decision, as ``ew_conclude`` makes them on a device."""
    threshold = threshold_of(step)
    if step.entry["kind"] == "classification":
        fragment = Fragment([len(step.classes)])
        best = fragment.largest(INPUT, [1])
        certain = fragment.do("GreaterOrEqual", best, threshold)
        classes = fragment.add("ArgMax", INPUT, axis=1, keepdims=0)
        fragment.give("decision", fragment.do("Where", certain, classes, np.array(-1)))
        fragment.give("score", best)
        return fragment.data()
    fragment = Fragment([])
    fragment.give("score", INPUT)
    if step.entry["kind"] == "anomaly":
        fragment.give("p", _chance(fragment, step))
        fragment.give("decision", fragment.add("Cast", fragment.do("Greater", INPUT, threshold), to=7))
    return fragment.data()


def _chance(fragment: Fragment, step: Step) -> str:
    """The p-value: how many stored scores lie below says how many of all don't."""
    held_out, values, counts = quantile_tables(step)
    if held_out < 1:
        return fragment.do("Where", fragment.do("Less", INPUT, 0.0), -1.0, -1.0)
    score = fragment.do("Unsqueeze", INPUT, np.array([1]))
    below = fragment.add("Cast", fragment.do("Less", values, score), to=7)
    place = fragment.total(below, 1)
    chances = (np.append(counts, 0) + 1) / (held_out + 1)
    return fragment.do("Gather", chances, place, axis=0)
