"""A trained impulse as steps in order, each with its memory: what glue and targets are made from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright_sdk.codegen.memory import Plan, Slot, plan_arena, scratch_bytes
from edgewright_sdk.codegen.nodes import Node, Port, load_node
from edgewright_sdk.errors import RequestError
from edgewright_specs.interface import identifier

if TYPE_CHECKING:
    from edgewright_sdk.deployment import TrainedImpulse

WINDOW = "window"  # slot of the stream's copy of the window, or of a frame at the input's size
RESIZE = "resize scratch"
#: How images are brought to their size, in the runtime's words.
FITS = {"squash": "ew_squash", "fit-shortest": "ew_fit_shortest", "fit-longest": "ew_fit_longest"}
STATE_ALIGNMENT = 8
KINDS = {"anomaly": 0, "classification": 1, "regression": 2}


@dataclass(frozen=True)
class Step:
    """One node of the impulse, in the order of execution."""

    index: int
    entry: dict[str, Any]
    node: Node

    @property
    def id(self) -> str:
        """The node's name in the impulse."""
        return str(self.entry["id"])

    @property
    def identifier(self) -> str:
        """The name as a C identifier, unique in the package."""
        return f"n{self.index}_{identifier(self.id)}"

    @property
    def learning(self) -> bool:
        """Whether it is a learning node."""
        return str(self.entry["type"]) == "learning"

    @property
    def inputs(self) -> list[str]:
        """Ids of the nodes that it reads, or ``input``."""
        return list(self.entry["inputs"])

    @property
    def labels(self) -> list[str]:
        """Names of the features (processing), or of the contributions (learning)."""
        return list(self.entry.get("contributions" if self.learning else "labels") or [])

    @property
    def classes(self) -> list[str]:
        """Class names of a classification."""
        return list(self.entry.get("classes") or [])

    def output(self, name: str) -> Port | None:
        """Find an output by name."""
        return next((port for port in self.node.outputs if port.name == name), None)

    @property
    def given(self) -> Port:
        """What a step that reads this one gets: features, or of a learning node its map, which nodes of regions read."""
        return (self.output("map") if self.learning else None) or self.node.outputs[0]

    def slot(self, output: str) -> str:
        """Name of an output's slot in the arena."""
        return f"{self.id}.{output}"


class Graph:
    """The steps of an impulse and the plan of their memory.

    Parameters
    ----------
    impulse : TrainedImpulse
    calibration_windows : int
        How many windows commissioning on the device keeps at most; 0 leaves it out.

    Raises
    ------
    RequestError
        When nodes and exports contradict each other.
    """

    def __init__(self, impulse: TrainedImpulse, calibration_windows: int = 0) -> None:
        document = impulse.document
        self.calibration_windows = calibration_windows
        self.document = document
        self.name = identifier(str(document["name"]))
        self.namespace = identifier(str(document["namespace"]))
        self.build_id = str(document["build_id"])
        self.window: dict[str, Any] = document["window"]
        self.steps = [Step(i, n.entry, load_node(n.folder)) for i, n in enumerate(impulse.nodes)]
        self._by_id = {step.id: step for step in self.steps}
        if len(self._by_id) != len(self.steps):
            raise RequestError("two nodes of the impulse have one id")
        for step in self.steps:
            self._check(step)

    @property
    def image(self) -> bool:
        """Whether windows are uint8 images."""
        return self.window.get("kind") == "image"

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of a window."""
        if self.image:
            return (int(self.window["height"]), int(self.window["width"]), int(self.window["channels"]))
        return (int(self.window.get("length", 1)), len(self.window["axes"]))

    @property
    def fit(self) -> str:
        """How frames are brought to an image's size, in the runtime's words."""
        return FITS[str(self.window.get("resize") or "squash")]

    @property
    def window_port(self) -> Port:
        """A window as a view."""
        return Port("uint8" if self.image else "float32", self.shape, WINDOW)

    @property
    def stride(self) -> int:
        """Rows from one window of a stream to the next."""
        return int(self.window.get("stride") or self.shape[0])

    @property
    def processing(self) -> list[Step]:
        """Processing nodes in order."""
        return [step for step in self.steps if not step.learning]

    @property
    def learning(self) -> list[Step]:
        """Learning nodes in order: the outputs of a result."""
        return [step for step in self.steps if step.learning]

    def columns(self, step: Step) -> list[int] | None:
        """Chosen columns of the window; None when the step takes it whole or doesn't read it."""
        axes = step.entry.get("axes")
        if step.inputs != ["input"] or self.image or not axes or list(axes) == list(range(self.shape[1])):
            return None
        return [int(axis) for axis in axes]

    def pieces(self, step: Step) -> list[Port]:
        """What the step reads, in order, before it is joined."""
        columns = self.columns(step)
        if columns is not None:
            return [Port("float32", (self.shape[0], len(columns)))]
        return [self.window_port if name == "input" else self._by_id[name].given for name in step.inputs]

    def source(self, step: Step) -> str:
        """Slot that the step reads: the window, another node's output, or a gathered copy of its own."""
        if self.gathers(step):
            return f"{step.id} in"
        if step.inputs == ["input"]:
            return WINDOW
        origin = self._by_id[step.inputs[0]]
        return origin.slot(origin.given.name)

    def gathers(self, step: Step) -> bool:
        """Whether the input must be put together first."""
        return len(step.inputs) > 1 or self.columns(step) is not None

    def origin(self, name: str) -> Step | None:
        """The step behind an input's name; None for the window."""
        return None if name == "input" else self._by_id[name]

    @cached_property
    def slots(self) -> list[Slot]:
        """What lies in the arena, and for how long."""
        end = len(self.steps)
        slots = []
        readers = [step.index for step in self.steps if "input" in step.inputs]
        slots.append(Slot(WINDOW, self.window_port.nbytes, 0, max(readers, default=0)))
        if self.image:
            slots.append(Slot(RESIZE, resize_scratch_bytes(self.shape[1], self.shape[2]), 0, 0))
        for step in self.steps:
            if self.gathers(step):
                slots.append(Slot(f"{step.id} in", step.node.inputs[0].nbytes, step.index, step.index))
            slots.append(Slot(f"{step.id} scratch", step.node.scratch_bytes, step.index, step.index))
            readers = [other.index for other in self.steps if step.id in other.inputs]
            last = end if step.learning else max(readers, default=step.index)
            slots += [Slot(step.slot(port.name), port.nbytes, step.index, last) for port in step.node.outputs]
        return slots

    @cached_property
    def plan(self) -> Plan:
        """The arena of the impulse."""
        return plan_arena(self.slots)

    @cached_property
    def states(self) -> tuple[dict[str, int], int]:
        """Where each node's state lies in a stream, and the bytes of all."""
        offsets, size = {}, 0
        for step in self.steps:
            offsets[step.id] = size
            size += -(-step.node.state_bytes // STATE_ALIGNMENT) * STATE_ALIGNMENT
        return offsets, size

    @cached_property
    def histories(self) -> tuple[dict[str, int], int]:
        """Where each learning node's smoothed values lie in a stream, and how many there are."""
        offsets, size = {}, 0
        for step in self.learning:
            offsets[step.id] = size
            size += max(len(step.classes), 1)
        return offsets, size

    def _check(self, step: Step) -> None:
        where = f"node {step.id!r}"
        for name in step.inputs:
            before = self._by_id.get(name)
            if name != "input" and (before is None or before.index >= step.index):
                raise RequestError(f"{where} reads {name!r}, which is not an earlier node")
        if len(step.node.inputs) != 1 or not step.node.outputs:
            raise RequestError(f"{where}: a node has one input and at least one output")
        pieces, wanted = self.pieces(step), step.node.inputs[0]
        got = sum(piece.count for piece in pieces)
        if got != wanted.count or any(piece.dtype != wanted.dtype for piece in pieces):
            raise RequestError(
                f"{where} exports an input of {wanted.dtype} {list(wanted.shape)}; the impulse gives it {got} values "
                f"of {' and '.join(sorted({piece.dtype for piece in pieces}))}"
            )
        names = step.node.standardisation
        if names is not None and names.last >= wanted.count:
            raise RequestError(
                f"{where}: table {names.selected!r} chooses column {names.last} of {wanted.count} inputs"
            )
        if step.learning:
            if step.entry.get("kind") not in KINDS:
                raise RequestError(
                    f"{where} is of kind {step.entry.get('kind')!r}; allowed are {', '.join(KINDS)}"
                )
        elif step.node.outputs[0].count != int(step.entry.get("features", -1)):
            raise RequestError(
                f"{where} exports {step.node.outputs[0].count} features; the impulse has {step.entry.get('features')}"
            )


def resize_scratch_bytes(width: int, channels: int) -> int:
    """Bytes that ``ew_resize`` needs to make rows of `width` pixels: one of uint8 and one of uint32."""
    return scratch_bytes(-(-width * channels // 4), width * channels)


def quantile_tables(step: Step) -> tuple[int, Any, Any]:
    """Number of held-out scores, their stored values (float32) and counts (int32); 0 and empty when unknown."""
    stored = step.entry.get("quantiles") or {}
    values = np.asarray(stored.get("values", []), np.float32)
    counts = np.asarray(stored.get("counts", []), np.int32)
    if values.shape != counts.shape:
        raise RequestError(f"node {step.id!r} stores {len(values)} quantile values and {len(counts)} counts")
    return int(stored.get("n", 0)), values, counts
