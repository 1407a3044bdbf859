"""What a processing block is asked: requests over the first kind of window that its defaults take."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from edgewright.conformance import common, samples
from edgewright.conformance.bench import RefusedError
from edgewright.conformance.checks import BrokenPromiseError
from edgewright.conformance.requests import Request

if TYPE_CHECKING:
    from edgewright.conformance.bench import Bench
    from edgewright_specs.interface import WindowSpec

WINDOWS = 12


def has_device(bench: Bench) -> bool:
    """Whether the spec declares device code."""
    section = bench.block.spec.edgewright
    return section is not None and bool(section.device)


def window_of(bench: Bench) -> WindowSpec:
    """The first kind of window that the block's defaults take."""
    if "window" not in bench.made:
        bench.made["window"] = _found_window(bench)
    found: WindowSpec = bench.made["window"]
    return found


def _found_window(bench: Bench) -> WindowSpec:
    refusals: list[RefusedError] = []
    params = common.complete(bench)
    for window in samples.WINDOWS:
        try:
            bench.ask(Request("describe", params, window=window))
        except RefusedError as refused:
            refusals.append(refused)
            continue
        return window
    if len({str(refused) for refused in refusals}) == 1:
        raise refusals[0]  # it isn't the window
    kinds = (f"{window['kind']} {window.get('length', '')}".strip() for window in samples.WINDOWS)
    raise BrokenPromiseError(
        "the defaults work with no kind of window tried:\n"
        + "\n".join(f"{kind}: {refused}" for kind, refused in zip(kinds, refusals, strict=True)),
        "choose defaults that work with common windows",
    )


def kept_requests(
    bench: Bench,
    params: dict[str, Any] | None = None,
    window: WindowSpec | None = None,
    count: int = WINDOWS,
) -> list[Request]:
    """The operations that make what a run keeps: features and device code."""
    params = common.complete(bench) if params is None else params
    window = window_of(bench) if window is None else window
    found = [transform_request(bench, window, params=params, count=count)]
    if has_device(bench):
        found.append(Request("export", params, window=window))
    return found


def all_requests(
    bench: Bench,
    params: dict[str, Any] | None = None,
    window: WindowSpec | None = None,
    count: int = WINDOWS,
) -> list[Request]:
    """One of each operation that the spec names."""
    found = kept_requests(bench, params, window, count)
    section = bench.block.spec.edgewright
    if section is not None and "plot" in (section.operations or ()):
        found.append(replace(found[0], operation="plot"))
    return [replace(found[0], operation="describe", arrays={}), *found]


def transform_request(
    bench: Bench,
    window: WindowSpec,
    *,
    params: dict[str, Any] | None = None,
    values: Any = None,
    count: int = WINDOWS,
    seed: int = samples.SEED,
) -> Request:
    """Features of made-up windows, or of these values."""
    values = samples.windows(window, count, seed) if values is None else values
    chosen = common.complete(bench) if params is None else params
    return Request("transform", chosen, window=window, arrays={"windows": values})


def watchable(bench: Bench) -> list[Request]:
    """Every operation, or the first one of a block that fails: it may fail for want of what it must not use."""
    try:
        return all_requests(bench)
    except (BrokenPromiseError, RefusedError):
        return [transform_request(bench, samples.WINDOWS[0])]
