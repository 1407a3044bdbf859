"""Checks of processing blocks."""

from __future__ import annotations

from collections import Counter
from functools import partial
from math import prod
from typing import TYPE_CHECKING, Any

from edgewright.conformance import common, confinement, device, readme, sameness, samples
from edgewright.conformance.bench import RefusedError
from edgewright.conformance.checks import BrokenPromiseError, Check, NotApplicableError
from edgewright.conformance.effects import check_effects
from edgewright.conformance.requests import Request
from edgewright.conformance.variants import variants
from edgewright.conformance.windows import (
    WINDOWS,
    all_requests,
    has_device,
    kept_requests,
    transform_request,
    watchable,
    window_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from edgewright.conformance.bench import Answer, Bench
    from edgewright_specs.interface import WindowSpec

#: Enough to see whether anything changes.
FEW = 2


def check_defaults(bench: Bench) -> str:
    """The defaults work on a made-up window of some kind."""
    window = window_of(bench)
    answer = bench.ask(transform_request(bench, window))
    shape = answer.array("features").shape
    if window["kind"] == "image":
        return f"{shape[1]} features of an image {window['width']}×{window['height']}×{window['channels']}"
    return f"{shape[1]} features of {window['length']} × {len(window['axes'])} samples"


def check_operations(bench: Bench) -> str:
    """Every operation that the spec names works at the defaults."""
    requests = all_requests(bench)
    for request in requests:
        bench.ask(request)
    return ", ".join(request.operation for request in requests)


def check_description(bench: Bench) -> str | None:
    """What `describe` says is what `transform` gives, and every label names one feature."""
    window = window_of(bench)
    labels = _compare_description(bench, window, common.complete(bench))
    doubled = [label for label, count in Counter(labels).items() if count > 1]
    if doubled:
        raise BrokenPromiseError(
            f"labels are given twice: {', '.join(doubled[:3])}", "begin each label with its axis"
        )
    return None


def check_bounds(bench: Bench) -> str:
    """Every limit, option and branch of the spec works or is refused plainly."""
    window = window_of(bench)
    try:
        _compare_description(bench, window, common.complete(bench))
    except BrokenPromiseError:
        described = False  # `description` says so; here only what works counts
    else:
        described = True

    def works(params: dict[str, Any]) -> None:
        if described:
            _compare_description(bench, window, params)
        else:
            bench.ask(transform_request(bench, window, params=params))

    return common.check_variants(bench, variants(bench.block.spec), works)


def check_effect(bench: Bench) -> str:
    """Every parameter changes features, description, plots or device code."""
    window = window_of(bench)
    tried = [window]
    if window["kind"] == "time-series":
        tried.append({**window, "length": 2 * window["length"]})

    def questions(params: dict[str, Any]) -> Iterator[Callable[[], Answer]]:
        requests = [request for spec in tried for request in all_requests(bench, params, spec, FEW)]
        return (partial(bench.ask, request) for request in requests)

    return check_effects(bench, questions)


def check_deterministic(bench: Bench) -> str | None:
    """The same request gives the same bytes."""
    kept = {request.operation: request for request in kept_requests(bench)}
    others = [request for request in all_requests(bench) if request.operation not in kept]
    sameness.check_deterministic(bench, list(kept.values()), others)
    return None


def check_warm(bench: Bench) -> str | None:
    """Warm gives what cold gives."""
    window = window_of(bench)
    others = [transform_request(bench, window, count=3, seed=samples.SEED + 1)]
    for _name, given in variants(bench.block.spec):
        request = transform_request(bench, window, params=common.complete(bench, given))
        try:
            bench.once(request)
        except RefusedError:
            continue
        others.append(request)
        break
    sameness.check_warm(bench, transform_request(bench, window), *others)
    return None


def check_batch(bench: Bench) -> str | None:
    """A window's features don't depend on its neighbours."""
    import numpy as np

    window = window_of(bench)
    whole = bench.ask(transform_request(bench, window)).array("features")
    values = samples.windows(window, WINDOWS)
    for row in (0, WINDOWS - 1):
        single = bench.ask(transform_request(bench, window, values=values[row : row + 1])).array("features")
        if not np.allclose(single[0], whole[row], rtol=1e-5, atol=1e-6):
            worst = np.abs(single[0] - whole[row]).max()
            raise BrokenPromiseError(
                f"window {row} alone gives other features than in a batch (by {worst:.3g})",
                "compute along the axes of a window, never along axis 0",
            )
    return None


def check_empty(bench: Bench) -> str | None:
    """No windows give no rows."""
    window = window_of(bench)
    width = bench.ask(transform_request(bench, window)).array("features").shape[1]
    shape = bench.ask(transform_request(bench, window, count=0)).array("features").shape
    if shape != (0, width):
        raise BrokenPromiseError(f"0 windows give features of shape {shape}", f"expected (0, {width})")
    return None


def check_not_finite(bench: Bench) -> str:
    """NaN in a window is refused."""
    window = window_of(bench)
    if window["kind"] == "image":
        raise NotApplicableError("images are uint8: they hold no NaN")
    values = samples.windows(window, 2)
    values[1, 0, 0] = float("nan")
    return common.must_refuse(bench, transform_request(bench, window, values=values), "a window with NaN")


def check_constant(bench: Bench) -> str | None:
    """Constant and zero windows give finite features."""
    import numpy as np

    window = window_of(bench)
    values = samples.windows(window, 3)
    values[0], values[1] = 0, 7
    remedy = "define what an axis without any change gives: divide by nothing that may be zero"
    try:
        features = bench.ask(transform_request(bench, window, values=values)).array("features")
    except RefusedError as refused:
        raise BrokenPromiseError(f"windows of zeros, and of sevens: {refused}", remedy) from refused
    if not np.isfinite(features).all():
        raise BrokenPromiseError("a constant window gives features that are not finite", remedy)
    described = bench.ask(Request("describe", common.complete(bench), window=window))
    width = described.document("description")["features"]
    if features.shape != (3, width):
        raise BrokenPromiseError(
            f"described are {width} features, constant windows give {features.shape}",
            "the number of features must not depend on the samples",
        )
    return None


def check_device(bench: Bench) -> str:
    """C++ gives what Python gives, at the defaults and at every limit that works."""
    if not has_device(bench):
        raise NotApplicableError("the spec declares no device code")
    window = window_of(bench)
    values = samples.windows(window, WINDOWS)
    values[-1] = 0  # where a division is most likely to go wrong
    calls = []
    for name, given in [("defaults", {}), *variants(bench.block.spec)]:
        params = common.complete(bench, given)
        try:
            export = bench.ask(Request("export", params, window=window))
            expected = bench.ask(transform_request(bench, window, params=params, values=values)).array(
                "features"
            )
        except RefusedError:
            if name == "defaults":
                raise
            continue  # `bounds` judges what is refused
        calls.append(device.Call(name, export.outputs["export"], values, {"features": expected}))
    return device.compare(bench, calls)


def check_container(bench: Bench) -> str | None:
    """A container gives what a process gives."""
    sameness.check_container(bench, transform_request(bench, window_of(bench)))
    return None


def check_outputs(bench: Bench) -> str:
    """Every file is named by an output."""
    return confinement.check_outputs(bench, all_requests(bench))


def check_network(bench: Bench) -> str:
    """No connection is opened."""
    return confinement.check_network(bench, watchable(bench))


def check_writes(bench: Bench) -> str:
    """Nothing is written elsewhere."""
    return confinement.check_writes(bench, watchable(bench))


def check_cancel(bench: Bench) -> str:
    """It stops when asked."""
    return confinement.check_cancel(bench, transform_request(bench, window_of(bench)))


def _compare_description(bench: Bench, window: WindowSpec, params: dict[str, Any]) -> list[str]:
    described = bench.ask(Request("describe", params, window=window)).document("description")
    answer: Answer = bench.ask(transform_request(bench, window, params=params, count=3))
    features = answer.array("features")
    labels: list[str] = described["labels"]
    if features.shape != (3, described["features"]) or len(labels) != described["features"]:
        raise BrokenPromiseError(
            f"described are {described['features']} features with {len(labels)} labels, transform gives {features.shape} "
            "for 3 windows",
            "let describe and transform take labels from one place",
        )
    shape = described["shape"]
    holds = prod(size for name, size in shape.items() if name != "type")
    if holds != described["features"]:
        raise BrokenPromiseError(
            f"the described shape {shape} holds {holds} values, there are {described['features']} features",
            "give Description the shape that its labels have, or none: then it is flat",
        )
    return labels


_WORKS = ("defaults",)
_DOES = ("operations",)
_SAME = ("deterministic", "warm")

CHECKS = (
    Check("spec", "parameters.json is valid and complete", common.check_spec),
    Check("readme", "the README's parameter table is that of parameters.json", readme.check_readme),
    Check("defaults", "the defaults work", check_defaults),
    Check("operations", "every operation of the spec works", check_operations, _WORKS),
    Check("description", "what is described is what comes", check_description, _WORKS),
    Check(
        "bounds", "every limit, option and showIf branch works or is refused plainly", check_bounds, _WORKS
    ),
    Check("deterministic", "the same request gives the same bytes", check_deterministic, _DOES),
    Check("warm", "a warm worker gives what a cold run gives", check_warm, ("deterministic",)),
    Check("effect", "every parameter changes something", check_effect, _SAME),
    Check("batch", "a window's features don't depend on its neighbours", check_batch, _SAME),
    Check("empty", "no windows give no rows", check_empty, ("description",)),
    Check("not-finite", "NaN is refused plainly", check_not_finite, _WORKS),
    Check("constant", "a constant window gives finite features", check_constant, ("description",)),
    Check("outputs", "every file is named by an output", check_outputs, _DOES),
    Check("network", "no network is used", check_network),
    Check("writes", "nothing is written outside /out and the temporary folder", check_writes),
    Check("cancel", "it ends within the grace when asked to stop", check_cancel, _WORKS),
    Check("device", "C++ gives what Python gives", check_device, ("description", *_SAME)),
    Check("container", "a container gives what a process gives", check_container, ("deterministic",)),
)
