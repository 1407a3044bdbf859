"""Passes: each takes a network and gives an equivalent one with less to do."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from edgewright_sdk.compiler.channels_last import channels_last
from edgewright_sdk.compiler.ir import Op

if TYPE_CHECKING:
    from collections.abc import Collection

    from numpy.typing import NDArray

    from edgewright_sdk.compiler.ir import Graph

_SUMS: Final = ("conv", "dense")
_ARITHMETIC: Final = ("add", "sub", "mul", "div")


def optimise(graph: Graph, boundary: Collection[str] = ()) -> Graph:
    """Apply all passes in order; ``boundary`` as in :func:`~edgewright_sdk.compiler.channels_last.channels_last`."""
    graph = channels_last(graph, boundary)
    for change in (fold_padding, fold_scales, fuse_residuals, fuse_activations, drop_dead):
        graph = change(graph)
    return graph


def fold_padding(graph: Graph) -> Graph:
    """Give zeros that are put around an image or along time to the convolution behind it."""
    ops = list(graph.ops)
    for op in graph.ops:
        user = graph.only_user(op.output) if op.kind == "pad" else None
        if user is None or user.kind != "conv" or op.settings["value"] != 0 or user.inputs[0] != op.output:
            continue
        begin, given, made = op.settings["begin"], graph.shapes[op.inputs[0]], graph.shapes[op.output]
        if given[0] != made[0] or given[-1] != made[-1]:
            continue
        end = [m - g - b for m, g, b in zip(made, given, begin, strict=True)]
        more = (0, begin[1], 0, end[1]) if len(given) == 3 else (*begin[1:3], *end[1:3])
        pads = tuple(old + new for old, new in zip(user.settings["pads"], more, strict=True))
        folded = replace(user.with_settings(pads=pads), inputs=(op.inputs[0], *user.inputs[1:]))
        ops = [folded if other is user else other for other in ops if other is not op]
    return graph.changed(ops)


def fold_scales(graph: Graph) -> Graph:
    """Fold a factor or a sum a channel, as of batch normalisation or a bias, into the weights before it."""
    while True:
        for op in graph.ops:
            user = graph.only_user(op.output) if op.kind in _SUMS else None
            if user is not None and user.kind in _ARITHMETIC and not _is_fused(op):
                folded = _folded(graph, op, user)
                if folded is not None:
                    graph = folded
                    break
        else:
            return graph


def fuse_residuals(graph: Graph) -> Graph:
    """Let a convolution or dense layer add another value to what it gives: one call where the two are added."""
    ops = list(graph.ops)
    for op in graph.ops:
        if op.kind != "add" or op not in ops:
            continue
        makers = {maker.output: maker for maker in ops if maker.kind in _SUMS and not _is_fused(maker)}
        # The later one: what comes first is there by then.
        for made in sorted(op.inputs, key=lambda name: _place(ops, name), reverse=True):
            other = op.inputs[1 - op.inputs.index(made)]
            same = graph.shapes[made] == graph.shapes[other] == graph.shapes[op.output]
            if made in makers and same and other not in graph.constants and graph.only_user(made) is op:
                maker = makers[made]
                fused = replace(
                    maker.with_settings(residual=True), inputs=(*maker.inputs, other), output=op.output
                )
                ops = [fused if step is op else step for step in ops if step is not maker]
                break
    return graph.changed(ops)


def fuse_activations(graph: Graph) -> Graph:
    """Let a convolution or dense layer apply the activation behind it."""
    ops = list(graph.ops)
    for op in graph.ops:
        user = graph.only_user(op.output) if op.kind in _SUMS and "function" not in op.settings else None
        if user is not None and user.kind == "activation":
            fused = replace(op.with_settings(**user.settings), output=user.output)
            ops = [fused if step is op else step for step in ops if step is not user]
    return graph.changed(ops)


def stack_parts(graph: Graph) -> Graph:
    """Let what is joined one behind the other be written where it is needed: a concatenation along the first axis."""
    ops, shapes, dtypes, taken = [], dict(graph.shapes), dict(graph.dtypes), {graph.input}
    whole = {graph.input: graph.input}  # what lies by itself, by the names of all its shapes
    for op in graph.ops:
        if op.kind == "reshape" and op.inputs[0] in whole:
            whole[op.output] = whole[op.inputs[0]]
        elif op.kind != "rows":
            whole[op.output] = op.output
        if op.kind != "concat" or any(size > 1 for size in shapes[op.output][: op.settings["axis"]]):
            ops.append(op)
            continue
        parts = []
        for place, name in enumerate(op.inputs):
            part = name
            if whole.get(name, graph.input) in taken:
                part = f"{op.output}~part{place}"
                shapes[part] = shapes[name]
                dtypes |= {part: dtypes[op.output]} if op.output in dtypes else {}
                ops.append(Op("copy", (name,), part, op.node))
            taken.add(whole.get(part, part))
            parts.append(part)
        ops.append(Op("stack", tuple(parts), op.output, op.node))
    return replace(graph, ops=ops, shapes=shapes, dtypes=dtypes)


def drop_dead(graph: Graph) -> Graph:
    """Leave out operations and constants that the output doesn't need."""
    wanted, ops = set(graph.outputs), []
    for op in reversed(graph.ops):
        if op.output in wanted:
            wanted.update(op.inputs)
            ops.append(op)
    made = {graph.input, *(op.output for op in ops)}
    return replace(
        graph,
        ops=ops[::-1],
        shapes={name: shape for name, shape in graph.shapes.items() if name in wanted or name in made},
        constants={name: array for name, array in graph.constants.items() if name in wanted},
    )


def _is_fused(op: Op) -> bool:
    return "function" in op.settings or "residual" in op.settings


def _place(ops: list[Op], value: str) -> int:
    return next((place for place, op in enumerate(ops) if op.output == value), -1)


def _folded(graph: Graph, op: Op, user: Op) -> Graph | None:
    """Fold one operation into the weights of the one before it; None where it isn't a number a channel."""
    first = user.inputs[0] == op.output
    other = user.inputs[1 if first else 0]
    if other not in graph.constants or graph.shapes[user.output] != graph.shapes[op.output]:
        return None
    channels = _by_channel(graph.constants[other], graph.shapes[op.output])
    if channels is None or (user.kind == "div" and not first):
        return None
    weights, bias = (graph.constants[name].astype(np.float64) for name in op.inputs[1:3])
    by_row = channels.reshape(-1, *[1] * (weights.ndim - 1))
    if user.kind == "mul":
        weights, bias = weights * by_row, bias * channels
    elif user.kind == "div":
        weights, bias = weights / by_row, bias / channels
    elif user.kind == "add":
        bias = bias + channels
    elif first:
        bias = bias - channels
    else:
        weights, bias = -weights, channels - bias
    names = (f"{user.output}#weights", f"{user.output}#bias")
    made = replace(op, inputs=(op.inputs[0], *names), output=user.output)
    ops = [made if step is op else step for step in graph.ops if step is not user]
    return graph.changed(ops, dict(zip(names, (weights, bias), strict=True)))


def _by_channel(constant: NDArray[np.float32], shape: tuple[int, ...]) -> NDArray[np.float64] | None:
    """Return the number for each channel that a constant repeats to, if it is the same within each."""
    if constant.size != 1 and constant.size != constant.shape[-1]:
        return None
    return np.broadcast_to(constant.astype(np.float64).ravel(), shape[-1])
