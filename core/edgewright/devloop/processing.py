"""A processing block on its sample."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from edgewright.devloop.attempt import Attempt, Table, told
from edgewright.devloop.sample import MOST_WINDOWS, Sample
from edgewright.errors import EdgewrightError, TaskError
from edgewright.face import OpenBlock
from edgewright.single import as_windows, window_spec
from edgewright_specs.problems import SpecError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edgewright.plugins import Plugins
    from edgewright.registry import Block
    from edgewright_specs.interface import WindowSpec

#: A plot is of a few windows.
PLOTTED = 4


def run(
    block: Block,
    plugins: Plugins,
    sample: Sample | None,
    given: Mapping[str, Any],
    like: WindowSpec | None = None,
    runner: str = "process",
) -> Attempt:
    """Compute features and plots. What the block does wrong is raised, but for a plot that fails: it is told."""
    with OpenBlock(block, plugins, runner=runner, trust=True) as opened:
        used = sample if sample is not None else _made_up(opened, given, like)
        about: dict[str, Any] = {"frequency": used.frequency, "axes": used.axes, "params": given}
        features = opened.transform(used.values, **about)
        first = opened.seconds
        if first < 1:  # once more: the first call paid for imports
            features = opened.transform(used.values, **about)
        problems: tuple[str, ...] = ()
        plots = []
        try:
            plots = opened.plots(used.values[:PLOTTED], **about)
        except SpecError as error:
            problems = tuple(f"plot: {problem}" for problem in error.problems)
        except EdgewrightError as error:
            problems = tuple(
                f"plot: {line}" if number == 0 else line for number, line in enumerate(told(error, block))
            )
        return Attempt(
            "failed" if problems else "ok",
            "transform",
            Table.of(features),
            as_windows(used.values),
            window_spec(as_windows(used.values), frequency=used.frequency, axes=used.axes),
            used.names,
            used.origin,
            opened.seconds,
            plots,
            problems,
        )


def _made_up(opened: OpenBlock, given: Mapping[str, Any], like: WindowSpec | None) -> Sample:
    """Windows of the first kind that the block takes with these parameters, beginning with what it took before."""
    from edgewright.conformance.samples import WINDOWS, windows

    first: TaskError | None = None
    for window in sorted(WINDOWS, key=lambda kind: kind != like):
        try:
            opened.describe(window, given)
        except TaskError as error:
            if error.kind is None:  # it can't even be loaded, or crashed
                raise
            first = first or error
            continue
        names = tuple(f"window {number}" for number in range(MOST_WINDOWS))
        axes = window.get("axes")
        return Sample(
            windows(window, MOST_WINDOWS), window.get("frequency"), None if axes is None else tuple(axes), names,
            "a made-up signal",
        )  # fmt: skip
    assert first is not None
    raise first
