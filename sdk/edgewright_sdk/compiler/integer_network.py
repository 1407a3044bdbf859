"""From a network as it was read to int8, in two steps: calibrate once, then the same integers everywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from edgewright_sdk.compiler.passes import optimise
from edgewright_sdk.compiler.quantise import Integer, quantise
from edgewright_sdk.compiler.quantise_ranges import Ranges, observe_ranges, unfused

if TYPE_CHECKING:
    from collections.abc import Collection

    from numpy.typing import NDArray

    from edgewright_sdk.compiler.ir import Graph


def calibrate(
    graph: Graph, windows: NDArray[Any], *, boundary: Collection[str] = (), share: float = 1.0
) -> Ranges:
    """Ranges of a network's values over windows; see :func:`~edgewright_sdk.compiler.quantise_ranges.observe_ranges`."""
    return observe_ranges(unfused(optimise(graph, boundary)), windows, share=share)


def integer_network(graph: Graph, ranges: Ranges, *, boundary: Collection[str] = ()) -> Integer:
    """Give a network in int8 by its ranges."""
    return quantise(unfused(optimise(graph, boundary)), ranges)
