"""A compiled network: its calls, weights and places, and the node that runs them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright_sdk.compiler.calls import Calls
from edgewright_sdk.compiler.passes import optimise
from edgewright_sdk.compiler.planning import Memory, plan_memory
from edgewright_sdk.errors import BlockError
from edgewright_sdk.export import Export

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from edgewright_sdk.compiler.ir import Graph

#: Floats that int32 can number.
_MOST = 2**31 - 1


@dataclass(frozen=True)
class Program:
    """Tables of a network.

    Attributes
    ----------
    graph : Graph
        After all passes.
    memory : Memory
    calls : np.ndarray [dtype=int32]
    weights : np.ndarray [dtype=float32]
    """

    graph: Graph
    memory: Memory
    calls: NDArray[np.int32]
    weights: NDArray[np.float32]

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
        outputs = int(np.prod(self.graph.shapes[self.graph.output], dtype=np.int64))
        return Export(
            symbol="ew_network_model",
            header="network_model.h",
            sources=[],
            modules=["network_model"],
            tables={
                "inputs": inputs,
                "chosen": len(selected),
                "selected": np.asarray(selected, np.int32),
                "length": len(self.calls),
                "calls": self.calls,
                "weight_count": len(self.weights),
                "weights": self.weights,
                "arena": self.memory.size // 4,
                "first": self.memory.places[self.graph.input],
                "last": self.memory.places[self.graph.output],
                "outputs": outputs,
            },
            inputs=[{"dtype": "float32", "shape": [inputs]}],
            outputs=[{**output, "dtype": "float32"}],
            scratch_bytes=self.memory.size,
            tolerance=tolerance,
        )


def compile_graph(graph: Graph) -> Program:
    """Optimise a network, plan its memory and write its tables.

    Raises
    ------
    BlockError
        For what the runtime's calls can't do, and for weights that float32 can't hold.
    """
    graph = optimise(graph)
    memory = plan_memory(graph)
    calls = Calls(graph, memory.places)
    if not np.isfinite(calls.weights).all():
        raise BlockError(f"{graph.source} can't be deployed: it has a weight that float32 can't hold")
    if max(memory.size // 4, calls.weights.size) > _MOST:
        raise BlockError(f"{graph.source} can't be deployed: it needs more than 8 GiB")
    return Program(graph, memory, np.array(calls.rows, np.int32), calls.weights)
