"""Depth-first strips: chains of convolutions done band by band, where that makes the arena smaller."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

from edgewright_sdk.codegen.memory import rounded
from edgewright_sdk.compiler.bands import Rows, demands, has_bands, in_bands, work
from edgewright_sdk.compiler.planning import Homes, plan_memory

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgewright_sdk.codegen.memory import Slot
    from edgewright_sdk.compiler.ir import Graph, Op

#: Of all multiply-adds, what may be done twice.
MOST_REPEATED: Final = 0.05
#: Strips are worth their calls if the arena becomes smaller by this part.
_LEAST_SAVED: Final = 0.1
_LONGEST: Final = 16
_MORE: Final = (1.0, 1.02, 1.05, 1.1)
_HEIGHTS: Final = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32)


class Piece(NamedTuple):
    """Operations ``begin`` to before ``end``, done in bands of ``height`` rows; 0: one alone, at once."""

    begin: int
    end: int
    height: int
    peak: int  # bytes that are needed meanwhile
    repeated: float  # multiply-adds that are done twice
    bands: int


def strips(graph: Graph) -> Graph:
    """Do chains of operations in bands, if the arena becomes smaller by a tenth at least.

    Which chains, and how high their bands are, is searched: the smallest peak for which at most :data:`MOST_REPEATED` of the
    multiply-adds are done twice; among those the fewest done twice, then the fewest bands.
    """
    before = plan_memory(graph).size
    singles = _singles(graph)
    pieces = [*singles, *_chains(graph, max((piece.peak for piece in singles), default=0))]
    allowed = MOST_REPEATED * multiply_adds(graph)
    peaks = sorted({piece.peak for piece in pieces})
    low, high = 0, len(peaks) - 1
    while low < high:  # the smallest peak that the allowed work reaches
        middle = (low + high) // 2
        found = _cheapest(pieces, len(graph.ops), peaks[middle])
        low, high = (low, middle) if found and _repeated(found) <= allowed else (middle + 1, high)
    peak = peaks[low] if peaks else 0
    # The plan has gaps, which the peak doesn't know: with a little more of it, as small an arena may need fewer bands.
    tried = [_written(graph, _cheapest(pieces, len(graph.ops), int(peak * more))) for more in _MORE]
    size, _, made = min(
        ((plan_memory(one).size, len(one.ops), one) for one in tried), key=lambda found: found[:2]
    )
    return made if size <= (1 - _LEAST_SAVED) * before else graph


def multiply_adds(graph: Graph) -> int:
    """Multiply-adds of all convolutions and dense layers."""
    sums = (op for op in graph.ops if op.kind in ("conv", "dense"))
    return sum(
        graph.count(op.output) * graph.count(op.inputs[1]) // graph.shapes[op.inputs[1]][0] for op in sums
    )


def _repeated(pieces: list[Piece]) -> float:
    return sum(piece.repeated for piece in pieces)


def _singles(graph: Graph) -> list[Piece]:
    """Each operation alone, with what is needed while it runs."""
    slots = Homes(graph).slots()
    return [
        Piece(place, place + 1, 0, _live(slots, place + 1, place + 1), 0.0, 0)
        for place in range(len(graph.ops))
    ]


def _live(slots: list[Slot], begin: int, end: int) -> int:
    """Bytes of what is needed at some step of a range, and at others outside."""
    return sum(rounded(slot.size) for slot in slots if slot.first <= end and slot.last >= begin)


def _chains(graph: Graph, most: int) -> Iterator[Piece]:
    """All chains in bands that need less than what is needed now."""
    slots = Homes(graph, in_place=False).slots()
    last_use = _last_uses(graph)
    for begin in range(len(graph.ops)):
        for end in range(begin + 1, min(begin + _LONGEST, len(graph.ops)) + 1):
            if not has_bands(graph, graph.ops[end - 1]):
                break
            ops = graph.ops[begin:end]
            if any(last_use[op.output] >= end for op in ops[:-1]):
                continue
            through = sum(rounded(slot.size) for slot in slots if slot.first <= begin and slot.last > begin)
            if through >= most:
                continue
            for height in _HEIGHTS:
                piece = _piece(graph, ops, begin, height, through)
                if piece is not None and piece.peak < most:
                    yield piece


def _last_uses(graph: Graph) -> dict[str, int]:
    found = {op.output: place for place, op in enumerate(graph.ops)}
    for place, op in enumerate(graph.ops):
        found.update({name: place for name in op.inputs if name in found})
    return found | dict.fromkeys(graph.outputs, len(graph.ops))


def _piece(graph: Graph, ops: list[Op], begin: int, height: int, through: int) -> Piece | None:
    """Work out what a chain in bands needs, from a band in the middle."""
    output = ops[-1].output
    whole = graph.shapes[output][1]
    bands = math.ceil(whole / height)
    if bands < 2:
        return None
    middle = min(bands // 2 * height, whole - height)
    rows = demands(graph, ops, Rows(middle, middle + height))
    sizes = {op.output: _bytes(graph, op.output, rows[op.output]) for op in ops[:-1]}
    last = {name: place for place, op in enumerate(ops) for name in op.inputs}
    needs = [
        sum(size for name, size in sizes.items() if _made(ops, name) <= place <= last[name])
        for place in range(len(ops))
    ]
    repeated = sum(
        work(graph, op)
        * max(bands * (rows[op.output].end - rows[op.output].begin) - graph.shapes[op.output][1], 0)
        for op in ops[:-1]
    )
    result = rounded(graph.count(output) * graph.itemsize(output))
    return Piece(begin, begin + len(ops), height, through + result + max(needs), float(repeated), bands)


def _made(ops: list[Op], name: str) -> int:
    return next(place for place, op in enumerate(ops) if op.output == name)


def _bytes(graph: Graph, name: str, rows: Rows) -> int:
    row = graph.count(name) // graph.shapes[name][1]
    return rounded((rows.end - rows.begin) * row * graph.itemsize(name))


def _cheapest(pieces: list[Piece], count: int, peak: int) -> list[Piece]:
    """Cover all operations by pieces that need no more than a peak: with the least work, then the fewest bands."""
    best: list[tuple[float, int, Piece | None] | None] = [(0.0, 0, None), *[None] * count]
    for piece in sorted(pieces, key=lambda piece: piece.end):
        before = best[piece.begin]
        if before is None or piece.peak > peak:
            continue
        here = (before[0] + piece.repeated, before[1] + piece.bands, piece)
        old = best[piece.end]
        if old is None or here[:2] < old[:2]:
            best[piece.end] = here
    found: list[Piece] = []
    place = count
    while place > 0:
        step = best[place]
        if step is None or step[2] is None:
            return []
        found.append(step[2])
        place = step[2].begin
    return found[::-1]


def _written(graph: Graph, pieces: list[Piece]) -> Graph:
    ops: list[Op] = []
    shapes, dtypes = dict(graph.shapes), dict(graph.dtypes)
    for piece in pieces:
        chain = graph.ops[piece.begin : piece.end]
        if piece.height:
            chain, more, types = in_bands(graph, chain, piece.height)
            shapes |= more
            dtypes |= types
        ops += chain
    return replace(graph, ops=ops, shapes=shapes, dtypes=dtypes)
