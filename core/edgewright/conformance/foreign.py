"""Checks of blocks that follow one of Edge Impulse's contracts: their files stay as they are, and only that contract binds them."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from edgewright.conformance import common, confinement, folders, sameness, samples
from edgewright.conformance.bench import RefusedError
from edgewright.conformance.checks import BrokenPromiseError, Check, NotApplicableError
from edgewright.conformance.requests import FeatureBatch, Request
from edgewright.conformance.variants import variants

if TYPE_CHECKING:
    from edgewright.conformance.bench import Answer, Bench
    from edgewright_specs.interface import WindowSpec

ROWS = 120
CLASSES = ("one", "two", "three")
IMAGE: WindowSpec = {"kind": "image", "width": 16, "height": 16, "channels": 3}
#: Each starts a server of its own.
MAX_VARIANTS = 24


def check_spec(bench: Bench) -> str:
    """The spec loads; what had to be tolerated is listed."""
    spec = bench.block.spec
    count = len(spec.parameters)
    notes = [f"{count} parameter{'' if count == 1 else 's'}"]
    if spec.operates_on:
        notes[0] += f", works on {spec.operates_on}"
    return "\n".join([*notes, *(f"tolerated: {problem}" for problem in spec.warnings)])


def check_builds(bench: Bench) -> str:
    """The block's own Dockerfile builds; without an engine a process must be able to stand for it."""
    prepared = bench.prepared(bench.runner(bench.home))
    if prepared.image is None:
        raise NotApplicableError(f"{bench.no_docker()}: it runs as a process, by what its Dockerfile says")
    return f"image {prepared.image[:19]}"


def check_defaults(bench: Bench) -> str:
    """The defaults give a valid result."""
    answer = bench.once(_request(bench))
    if "features" in answer.outputs:
        return f"features {answer.array('features').shape}"
    return f"{len(answer.digests())} files"


def check_description(bench: Bench) -> str:
    """The features of any window have the shape that is described."""
    request = _request(bench)
    described = bench.ask(Request("describe", request.params, window=request.window)).document("description")
    shape = bench.once(request).array("features").shape
    if shape[1] != described["features"]:
        raise BrokenPromiseError(
            f"described are {described['features']} features, a request gives {shape[1]}",
            "the number of features must not depend on the samples",
        )
    return f"{shape[1]} features"


def check_bounds(bench: Bench) -> str:
    """Every limit, option and branch works or is refused."""
    return common.check_variants(
        bench,
        islice(variants(bench.block.spec), MAX_VARIANTS),
        lambda params: _ignore(bench.ask(_request(bench, params))),
    )


def check_deterministic(bench: Bench) -> str:
    """The same request gives the same result; a training that doesn't is only told of."""
    request = _request(bench)
    try:
        sameness.check_deterministic(bench, [request])
    except BrokenPromiseError as broken:
        if request.operation in ("train", "apply"):
            raise NotApplicableError(f"{broken}: Edge Impulse's contract doesn't ask for it") from broken
        raise
    return "byte for byte"


def check_network(bench: Bench) -> str:
    """It works without any route out."""
    return confinement.check_network(bench, [_request(bench)])


def _request(bench: Bench, params: dict[str, Any] | None = None) -> Request:
    """The request that makes something, with made-up data of the kind that the block works on."""
    chosen = common.complete(bench) if params is None else params
    kind = bench.block.type
    if kind == "processing":
        window = _window(bench)
        return Request("transform", chosen, window=window, arrays={"windows": samples.windows(window, 3)})
    if kind == "learning":
        return _train(bench, chosen)
    if kind == "deployment":
        from edgewright.conformance.impulse import trained_impulse

        return Request("build", chosen, paths={"impulse": trained_impulse(bench)})
    return _apply(bench, chosen)


def _window(bench: Bench) -> WindowSpec:
    """The first kind of window that the block's defaults take."""
    if "window" not in bench.made:
        bench.made["window"] = _found_window(bench)
    found: WindowSpec = bench.made["window"]
    return found


def _found_window(bench: Bench) -> WindowSpec:
    named = [axis.name for axis in bench.block.spec.info.axes or () if not axis.optional]
    refusals = []
    for window in samples.WINDOWS:
        tried: WindowSpec = {**window, "axes": named} if named and window["kind"] == "time-series" else window
        try:
            bench.ask(Request("describe", common.complete(bench), window=tried))
        except RefusedError as refused:
            refusals.append(f"{window['kind']} {window.get('length', '')}: {refused}")
            continue
        return tried
    raise BrokenPromiseError(
        "the defaults work with no kind of window tried:\n" + "\n".join(refusals),
        "run it on a window that it is for: edgewright features BLOCK X.npy",
    )


def _train(bench: Bench, params: dict[str, Any]) -> Request:
    import numpy as np

    image = bench.block.spec.operates_on in ("image", "visual_anomaly_detection")
    if image:
        values = samples.windows(IMAGE, ROWS).reshape(ROWS, -1).astype(np.float32) / np.float32(255)
        shape: dict[str, Any] = {
            "type": "image",
            **{name: IMAGE[name] for name in ("width", "height", "channels")},
        }
    else:
        values = samples.features(ROWS)
        shape = {"type": "flat", "width": values.shape[1]}
    labels = tuple(f"feature {number}" for number in range(values.shape[1]))
    targets = (np.arange(ROWS) % len(CLASSES)).astype(np.int32)
    batch = FeatureBatch(values, labels, shape)
    return Request(
        "train",
        params,
        features={"features": batch, "validation": batch},
        arrays={"targets": targets, "validation_targets": targets},
        classes=CLASSES,
    )


def _apply(bench: Bench, params: dict[str, Any]) -> Request:
    works_on = bench.block.spec.operates_on
    if bench.block.spec.type == "synthetic-data" or works_on not in ("file", "directory"):
        return Request("apply", params)
    root = folders.folder(bench, "csv")
    options = {"file": f"{folders.LABELS[0]}/0.csv"} if works_on == "file" else {}
    return Request("apply", params, paths={"data": root}, options=options)


def _ignore(_answer: Answer) -> None:
    """That it works is all that is asked."""


def checks_of(block_type: str) -> tuple[Check, ...]:
    """The checks of one type: what a learning or deployment block takes is too dear to try every value."""
    cheap = block_type == "processing"
    return tuple(check for check in _CHECKS if cheap or check.name not in ("description", "bounds"))


_WORKS = ("defaults",)

_CHECKS = (
    Check("spec", "parameters.json is one of Edge Impulse's", check_spec),
    Check("builds", "its own Dockerfile builds", check_builds, ("spec",)),
    Check("defaults", "the defaults give what the contract asks for", check_defaults, ("builds",)),
    Check("description", "what is described is what comes", check_description, _WORKS),
    Check(
        "bounds", "every limit, option and showIf branch works or is refused plainly", check_bounds, _WORKS
    ),
    Check("deterministic", "the same request gives the same bytes", check_deterministic, _WORKS),
    Check("network", "it works without a network", check_network, _WORKS),
)
