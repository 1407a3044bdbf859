"""A compiled network: its calls, weights and places, and the node that runs them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright_sdk.compiler.calls import Calls
from edgewright_sdk.compiler.integer_calls import ALL_LOWERINGS
from edgewright_sdk.compiler.memory_map import memory_map
from edgewright_sdk.compiler.passes import optimise, stack_parts
from edgewright_sdk.compiler.planning import Memory, plan_memory
from edgewright_sdk.compiler.strips import multiply_adds, strips
from edgewright_sdk.errors import BlockError
from edgewright_sdk.export import Export

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from numpy.typing import NDArray

    from edgewright_sdk.compiler.integer_arithmetic import Grid
    from edgewright_sdk.compiler.ir import Graph

#: Bytes that int32 can number.
_MOST = 2**31 - 1


@dataclass(frozen=True)
class Program:
    """Tables of a network.

    Attributes
    ----------
    graph : Graph
        After all passes.
    memory : Memory
    repeated : float
        Multiply-adds that strips do twice, as a share of all.
    calls : np.ndarray [dtype=int32]
    weights : np.ndarray [dtype=float32]
    weights8 : np.ndarray [dtype=int8]
    weights32 : np.ndarray [dtype=int32]
    entry : Grid or None
        Of an input in int8, on which the node puts features.
    """

    graph: Graph
    memory: Memory
    repeated: float
    calls: NDArray[np.int32]
    weights: NDArray[np.float32]
    weights8: NDArray[np.int8]
    weights32: NDArray[np.int32]
    entry: Grid | None = None

    @property
    def first(self) -> int:
        """Byte of the arena at which the input lies."""
        return self.memory.places[self.graph.input]

    @property
    def last(self) -> tuple[int, ...]:
        """Bytes at which the outputs lie, in their order."""
        return tuple(self.memory.places[name] for name in self.graph.outputs)

    def tables(self) -> dict[str, Any]:
        """Fields of a node's struct from which its code makes an ``ew_program``, in the order of that of ``ew_network_model``."""
        return {
            "length": len(self.calls),
            "calls": self.calls,
            **_counted("weight", "weights", self.weights),
            **_counted("weight8", "weights8", self.weights8),
            **_counted("weight32", "weights32", self.weights32),
            "arena": self.memory.size,
        }

    def export(
        self,
        *,
        inputs: int,
        selected: Sequence[int] | NDArray[Any],
        output: dict[str, Any],
        tolerance: dict[str, float],
    ) -> Export:
        """Give the node.

        Parameters
        ----------
        inputs : int
            Length of the feature vector.
        selected : sequence of int
            Which feature each value of the network's input is.
        output : dict
            ``{"name", "shape"}`` of what the network gives.
        tolerance : dict
        """
        name, entry = "network_model", {}
        if self.graph.dtypes:
            inverse, zero = (0.0, 0) if self.entry is None else (float(self.entry.inverse), self.entry.zero)
            name, entry = "network_model_int8", {"inverse": inverse, "zero": zero}
        return Export(
            symbol=f"ew_{name}",
            header=f"{name}.h",
            sources=[],
            modules=[name],
            tables={
                "inputs": inputs,
                "chosen": len(selected),
                "selected": np.asarray(selected, np.int32),
                **self.tables(),
                "first": self.first,
                "last": self.last[0],
                "outputs": self.graph.count(self.graph.output),
                **entry,
            },
            inputs=[{"dtype": "float32", "shape": [inputs]}],
            outputs=[{**output, "dtype": "float32"}],
            scratch_bytes=self.memory.size,
            tolerance=tolerance,
            memory=memory_map(self),
        )


def compile_graph(graph: Graph, boundary: Collection[str] = ()) -> Program:
    """Optimise a network as it was read, and lower it.

    Parameters
    ----------
    graph : Graph
    boundary : collection of str
        Which of input and outputs lie channels last; the others lie as ONNX has them.
    """
    return lower(optimise(graph, boundary))


def lower(graph: Graph, entry: Grid | None = None) -> Program:
    """Write the tables of an optimised network: in strips, its memory planned.

    Parameters
    ----------
    graph : Graph
    entry : Grid, optional
        On which its input lies, where that is int8.

    Raises
    ------
    BlockError
        For what the runtime's calls can't do, and for weights that float32 can't hold.
    """
    whole = stack_parts(graph)
    graph = strips(whole)
    repeated = multiply_adds(graph) / max(multiply_adds(whole), 1) - 1
    memory = plan_memory(graph)
    calls = Calls(graph, memory, ALL_LOWERINGS)
    weights = calls.weights.array
    if not np.isfinite(weights).all():
        raise BlockError(f"{graph.source} can't be deployed: it has a weight that float32 can't hold")
    if max(memory.size, weights.nbytes) > _MOST:
        raise BlockError(f"{graph.source} can't be deployed: it needs more than 2 GiB")
    integers = calls.weights8.array, calls.weights32.array
    return Program(graph, memory, repeated, np.array(calls.rows, np.int32), weights, *integers, entry)


def _counted(one: str, many: str, array: NDArray[Any]) -> dict[str, Any]:
    """Table and its length. C has no arrays of none: an empty table is one 0 that nobody reads."""
    return {f"{one}_count": len(array), many: array if len(array) else np.zeros(1, array.dtype)}
