"""Drift and commissioning in a package: which nodes standardise, and where what they need is kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgewright_sdk.codegen.literals import float_literal
from edgewright_sdk.codegen.templates import fill
from edgewright_sdk.commissioning import LEAST
from edgewright_sdk.errors import BlockError

if TYPE_CHECKING:
    from edgewright_sdk.codegen.graph import Graph, Step

#: Target false-alarm rate where the impulse's threshold has none (a value set by hand): that of held-out thresholds.
DEFAULT_RATE = 0.01
MOST = 1000

_MARKS = (
    "calibration_statuses", "calibration_types", "calibration_field", "calibration_functions", "calibration_includes",
    "order_include", "calibration_head", "calibration_keep", "no_keep", "calibrated_nodes", "calibration_node",
    "calibration", "calibration_status",
)  # fmt: skip


@dataclass(frozen=True)
class Scaler:
    """A learning node that standardises: its place among the outputs, and that of its first feature among all scalers."""

    step: Step
    output: int
    at: int

    @property
    def width(self) -> int:
        """How many features it standardises."""
        assert self.step.node.standardisation is not None
        return self.step.node.standardisation.count

    def table(self, name: str) -> str:
        """C++ for one of its tables ``selected``, ``mean``, ``scale``."""
        return f"{self.step.identifier}.{getattr(self.step.node.standardisation, name)}"


def scalers(graph: Graph) -> list[Scaler]:
    """The learning nodes that standardise, in order."""
    found, at = [], 0
    for output, step in enumerate(graph.learning):
        if step.node.standardisation is not None:
            found.append(Scaler(step, output, at))
            at += found[-1].width
    return found


def total_width(graph: Graph) -> int:
    """Features of all of them: the running means of a stream."""
    return sum(scaler.width for scaler in scalers(graph))


def check_windows(graph: Graph) -> None:
    """Refuse a number of commissioning windows that a package can't have.

    Raises
    ------
    BlockError
        Too few or too many, or an impulse without an anomaly node.
    """
    windows = graph.calibration_windows
    if not windows:
        return
    if not LEAST <= windows <= MOST:
        raise BlockError(
            f"calibration-windows is {windows}; allowed: 0 (no commissioning), or {LEAST} to {MOST} windows"
        )
    if not any(step.entry["kind"] == "anomaly" for step in graph.learning):
        raise BlockError("calibration-windows needs an anomaly node, and the impulse has none; set it to 0")


def calibration_parts(graph: Graph) -> dict[str, str]:
    """What commissioning adds to header and source, by mark of their templates."""
    if not graph.calibration_windows:
        return {**dict.fromkeys(_MARKS, ""), "concluded": "output_nodes[i]"}
    windows = graph.calibration_windows
    n, upper = graph.name, graph.name.upper()
    anomalies = [i for i, step in enumerate(graph.learning) if step.entry["kind"] == "anomaly"]
    found = {scaler.output: scaler for scaler in scalers(graph) if scaler.output in anomalies}
    values = {
        "n": n,
        "N": upper,
        "ctype": "uint8_t" if graph.image else "float",
        "windows": windows,
        "least": LEAST,
        "calibrated": len(anomalies),
        "scores": len(anomalies) * windows,
        "scalers": max(2 * total_width(graph), 1),
        "rows": max(windows * total_width(graph), 1),
        "widest": max(2 * max((scaler.width for scaler in found.values()), default=0), 1),
        "last": len(graph.steps) - 1,
        "nodes": ",\n".join(_node(graph, output, found.get(output)) for output in anomalies),
    }
    streams = {"functions": "", "source": ""}
    if not graph.image:
        streams = {
            "functions": fill("package_calibrate_stream.h", **values),
            "source": fill("package_calibrate_stream.cpp", **values),
        }
    return {
        "calibration_statuses": f""",
    {upper}_TOO_FEW = -5, /* commissioning: fewer than {upper}_CALIBRATION_LEAST windows */
    {upper}_CONSTANT = -6, /* commissioning: a feature stands still that varied in training */
    {upper}_DAMAGED = -7 /* a calibration of another package, or a damaged one */""",
        "calibration_types": fill("package_calibrate_types.h", **values),
        "calibration_field": f"    const {n}_calibration *calibration; /* null: as trained */\n",
        "calibration_functions": fill("package_calibrate.h", **values) + streams["functions"],
        "calibration_includes": '#include "edgewright/calibrate.h"\n',
        "order_include": '#include "edgewright/order.h"\n',
        "calibration_head": fill("package_calibrate_head.cpp", **values),
        "calibration_keep": f"    {n}_commissioning* keep;  // while windows are collected, or null\n",
        "no_keep": ", nullptr",
        "calibrated_nodes": fill("package_calibrate_nodes.cpp", **values),
        "calibration_node": "        const ew_learning node = calibrated(model->calibration, i);\n",
        "concluded": "node",
        "calibration": fill("package_calibrate.cpp", **values) + streams["source"],
        "calibration_status": "".join(
            f"        case {upper}_{status}: return {text};\n"
            for status, text in (
                ("TOO_FEW", f'"fewer than {LEAST} windows were added"'),
                ("CONSTANT", '"a feature that varied in training stands still in all windows"'),
                ("DAMAGED", '"a calibration of another package, or a damaged one"'),
            )
        ),
    }


def _node(graph: Graph, output: int, scaler: Scaler | None) -> str:
    step = graph.learning[output]
    rate = float_literal((step.entry.get("threshold") or {}).get("target_fpr") or DEFAULT_RATE)
    scores = graph.plan.offsets[step.slot("scores")]
    if scaler is None:
        return f"    {{{output}, {rate}, {scores}, 0, 0, 0, 0, nullptr, nullptr, nullptr}}"
    port = step.node.inputs[0]
    return (
        f"    {{{output}, {rate}, {scores}, {scaler.width}, {scaler.at}, {graph.plan.offsets[graph.source(step)]}, "
        f"{port.count}, {scaler.table('selected')}, {scaler.table('scale')}, run_{step.identifier}}}"
    )
