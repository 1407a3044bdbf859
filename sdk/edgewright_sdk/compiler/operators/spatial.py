"""Windows that slide over one or two axes: their kernel, strides, dilations and padding."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edgewright_sdk.compiler.operators.node import Node


class Sliding(NamedTuple):
    """A sliding window over height and width; along time the height is 1."""

    kernel: tuple[int, int]
    strides: tuple[int, int]
    dilations: tuple[int, int]
    pads: tuple[int, int, int, int]  # top, left, bottom, right

    def settings(self) -> dict[str, Any]:
        """As settings of an operation."""
        return self._asdict()


def read_sliding(node: Node, kernel: Sequence[int]) -> Sliding:
    """Read a node's settings; refuses more than two axes."""
    axes = len(kernel)
    if axes not in (1, 2) or len(node.shape(0)) != axes + 2:
        raise node.refused(
            f"its input has shape {list(node.shape(0))}; allowed: (1, channels, length) or (1, channels, height, width)"
        )
    if node.shape(0)[0] != 1:
        raise node.refused(f"its input has shape {list(node.shape(0))}; allowed: a batch of 1")
    strides = node.setting("strides", [1] * axes)
    dilations = node.setting("dilations", [1] * axes)
    begin, end = _pads(node, kernel, strides, dilations)
    pads = (*_two(begin, 0), *_two(end, 0))
    return Sliding(_two(kernel, 1), _two(strides, 1), _two(dilations, 1), pads)


def _pads(
    node: Node, kernel: Sequence[int], strides: Sequence[int], dilations: Sequence[int]
) -> tuple[list[int], list[int]]:
    mode, axes = node.setting("auto_pad", "NOTSET"), len(kernel)
    if mode in ("SAME_UPPER", "SAME_LOWER"):
        total = [
            max((made - 1) * strides[i] + (kernel[i] - 1) * dilations[i] + 1 - given, 0)
            for i, (given, made) in enumerate(zip(node.shape(0)[2:], node.output_shape[2:], strict=True))
        ]
        less, more = [size // 2 for size in total], [size - size // 2 for size in total]
        return (less, more) if mode == "SAME_UPPER" else (more, less)
    pads = list(node.setting("pads", [0] * 2 * axes)) if mode == "NOTSET" else [0] * 2 * axes
    if min(pads) < 0:
        raise node.refused(f"its pads are {pads}; allowed: 0 or more")
    return pads[:axes], pads[axes:]


def _two(sizes: Sequence[int], front: int) -> tuple[int, int]:
    full = [front] * (2 - len(sizes)) + [int(size) for size in sizes]
    return full[0], full[1]
