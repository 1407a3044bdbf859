"""Checks of learning blocks."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from edgewright.conformance import common, confinement, device, readme, sameness, samples
from edgewright.conformance.bench import RefusedError
from edgewright.conformance.checks import BrokenPromiseError, Check, NotApplicableError
from edgewright.conformance.effects import check_effects
from edgewright.conformance.rows import LABELS, SCORED, Rows, rows_of
from edgewright.conformance.variants import variants

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from edgewright.conformance.bench import Answer, Bench
    from edgewright.conformance.requests import Request


def check_defaults(bench: Bench) -> str:
    """The defaults learn from made-up rows and score others."""
    if not common.declares(bench, "fit"):
        raise NotApplicableError(
            "the spec declares no `fit`: its own tests must show what it does", stops=True
        )
    model = _fit(bench)
    if not common.declares(bench, "score"):
        return "it scores nothing"
    scores = _score(bench, model, _scored(bench))
    return ", ".join(f"{name} {scores.array(name).shape}" for name in scores.outputs)


def check_operations(bench: Bench) -> str:
    """Every operation that the spec names works at the defaults."""
    requests = _all_requests(bench)
    for request in requests:
        bench.ask(request)
    return ", ".join(request.operation for request in requests)


def check_description(bench: Bench) -> str | None:
    """What `describe` says is what `score` gives."""
    _compare_description(bench, common.complete(bench))
    return None


def check_bounds(bench: Bench) -> str:
    """Every limit, option and branch of the spec works or is refused plainly."""
    try:
        _compare_description(bench, common.complete(bench))
    except BrokenPromiseError:
        described = False  # `description` says so; here only what works counts
    else:
        described = True

    def works(params: dict[str, Any]) -> None:
        if described or not common.declares(bench, "score"):
            _compare_description(bench, params)
        else:
            _score(bench, _fit(bench, params), _scored(bench), params)

    return common.check_variants(bench, variants(bench.block.spec, LABELS), works)


def check_effect(bench: Bench) -> str:
    """Every parameter changes description, model, scores, plots or device code."""

    def questions(params: dict[str, Any]) -> Iterator[Callable[[], Answer]]:
        return (partial(bench.ask, request) for request in _all_requests(bench, params))

    return check_effects(bench, questions, LABELS)


def check_deterministic(bench: Bench) -> str | None:
    """The same request gives the same model, scores and device code, byte for byte."""
    kept = {request.operation: request for request in _requests(bench)}
    others = [request for request in _all_requests(bench) if request.operation not in kept]
    sameness.check_deterministic(bench, list(kept.values()), others)
    return None


def check_warm(bench: Bench) -> str | None:
    """Warm gives what cold gives."""
    others = [_fit_request(bench, values=rows_of(bench).training(samples.SEED + 1))]
    for _name, given in variants(bench.block.spec, LABELS):
        request = _fit_request(bench, common.complete(bench, given))
        try:
            bench.once(request)
        except RefusedError:
            continue
        others.append(request)
        break
    sameness.check_warm(bench, _fit_request(bench), *others)
    if common.declares(bench, "score"):
        sameness.check_warm(bench, _score_request(bench, _fit(bench), _scored(bench)), others[0])
    return None


def check_batch(bench: Bench) -> str | None:
    """A window's score doesn't depend on its neighbours."""
    import numpy as np

    _must_score(bench)
    model, rows = _fit(bench), _scored(bench)
    whole = _score(bench, model, rows)
    for row in (0, SCORED - 1):
        single = _score(bench, model, rows[row : row + 1])
        for name in whole.outputs:
            if not np.allclose(single.array(name)[0], whole.array(name)[row], rtol=1e-5, atol=1e-6):
                raise BrokenPromiseError(
                    f"{name} of window {row} alone differ from those in a batch",
                    "score each row by itself: nothing may be computed along axis 0",
                )
    return None


def check_empty(bench: Bench) -> str | None:
    """No rows give no scores."""
    _must_score(bench)
    model = _fit(bench)
    whole, none = _score(bench, model, _scored(bench)), _score(bench, model, _scored(bench)[:0])
    for name in whole.outputs:
        if name not in none.outputs or len(none.array(name)) != 0:
            raise BrokenPromiseError(
                f"0 windows give no empty {name}", "describe() must list every output of score()"
            )
    return None


def check_not_finite(bench: Bench) -> str:
    """NaN in a row is refused, while fitting and while scoring."""
    rows = rows_of(bench)
    if rows.finite_by_type:
        raise NotApplicableError("images are uint8: they hold no NaN")
    model, values = _fit(bench), rows.training()
    values.reshape(len(values), -1)[3, 1] = float("nan")
    refused = common.must_refuse(bench, _fit_request(bench, values=values), "fitting a NaN")
    if not common.declares(bench, "score"):
        return refused
    return common.must_refuse(bench, _score_request(bench, model, values[:5]), "scoring a NaN")


def check_degenerate(bench: Bench) -> str:
    """Little, constant and repeated data are learned from, or refused plainly."""
    import numpy as np

    rows = rows_of(bench)
    one = rows.training(count=1)
    flat = rows.training(count=60)
    flat.reshape(len(flat), -1)[:, 1] = 4
    sets = {
        "one window": one,
        "two windows": rows.training(count=2),
        "40 equal windows": np.repeat(one, 40, axis=0),
        "a constant feature": flat,
    }
    faults, refused = [], 0
    for name, values in sets.items():
        try:
            model = bench.ask(_fit_request(bench, values=values)).outputs["model"]
            if not common.declares(bench, "score"):
                continue
            answer = _score(bench, model, _scored(bench))
            if not all(np.isfinite(answer.array(output)).all() for output in answer.outputs):
                faults.append(f"{name}: scores are not finite")
        except RefusedError as error:
            if error.clean:
                refused += 1
            else:
                faults.append(f"{name}: {error.error.reason}: {error}")
    if faults:
        raise BrokenPromiseError(
            "\n".join(faults), "give a right answer, or raise BlockError and say how much data is needed"
        )
    return f"{len(sets)} tried, {refused} refused plainly"


def check_outputs(bench: Bench) -> str:
    """Every file is named by an output."""
    return confinement.check_outputs(bench, _all_requests(bench))


def check_network(bench: Bench) -> str:
    """No connection is opened."""
    return confinement.check_network(bench, _watchable(bench))


def check_writes(bench: Bench) -> str:
    """Nothing is written elsewhere."""
    return confinement.check_writes(bench, _watchable(bench))


def check_cancel(bench: Bench) -> str:
    """It stops when asked, learning and scoring."""
    fitting = confinement.check_cancel(bench, _fit_request(bench))
    if not common.declares(bench, "score"):
        return f"fit {fitting}"
    scoring = confinement.check_cancel(bench, _score_request(bench, _fit(bench), _scored(bench)))
    return f"fit {fitting}, score {scoring}"


def check_device(bench: Bench) -> str:
    """C++ scores as Python does, at the defaults and at every limit that works."""
    section = bench.block.spec.edgewright
    if section is None or not section.device:
        raise NotApplicableError("the spec declares no device code")
    rows, calls = _scored(bench), []
    for name, given in [("defaults", {}), *variants(bench.block.spec, LABELS)]:
        params = common.complete(bench, given)
        try:
            model = _fit(bench, params)
            answer = _score(bench, model, rows, params)
            export = bench.ask(rows_of(bench).request("export", params, model=model))
        except RefusedError:
            if name == "defaults":
                raise
            continue  # `bounds` judges what is refused
        expected = {output: answer.array(output) for output in answer.outputs}
        calls.append(device.Call(name, export.outputs["export"], rows, expected))
    return device.compare(bench, calls)


def check_container(bench: Bench) -> str | None:
    """A container gives what a process gives."""
    sameness.check_container(bench, _fit_request(bench))
    if common.declares(bench, "score"):
        sameness.check_container(bench, _score_request(bench, _fit(bench), _scored(bench)))
    return None


def _scored(bench: Bench) -> Any:
    return rows_of(bench).scored()


def _fit_request(bench: Bench, params: dict[str, Any] | None = None, *, values: Any = None) -> Request:
    chosen = common.complete(bench) if params is None else params
    values = rows_of(bench).training() if values is None else values
    section = bench.block.spec.edgewright
    if section is not None and section.operations is not None and "fit" not in section.operations:
        raise NotApplicableError("the block doesn't learn: its operations leave out fit")
    return rows_of(bench).request("fit", chosen, values)


def _fit(bench: Bench, params: dict[str, Any] | None = None) -> Path:
    return bench.ask(_fit_request(bench, params)).outputs["model"]


def _score_request(bench: Bench, model: Path, rows: Any, params: dict[str, Any] | None = None) -> Request:
    chosen = common.complete(bench) if params is None else params
    return rows_of(bench).request("score", chosen, rows, model=model)


def _score(bench: Bench, model: Path, rows: Any, params: dict[str, Any] | None = None) -> Answer:
    return bench.ask(_score_request(bench, model, rows, params))


def _must_score(bench: Bench) -> None:
    if not common.declares(bench, "score"):
        raise NotApplicableError("the spec declares no `score`")


def _requests(bench: Bench, params: dict[str, Any] | None = None) -> list[Request]:
    """The operations that make what a run keeps: a model, scores, device code."""
    params = common.complete(bench) if params is None else params
    section = bench.block.spec.edgewright
    fit = _fit_request(bench, params)
    model = bench.ask(fit).outputs["model"]
    found = [fit]
    if common.declares(bench, "score"):
        found.append(_score_request(bench, model, _scored(bench), params))
    if section is not None and section.device:
        found.append(rows_of(bench).request("export", params, model=model))
    return found


def _all_requests(bench: Bench, params: dict[str, Any] | None = None) -> list[Request]:
    """One of each operation that the spec names; no more than two where the block refuses to learn."""
    params = common.complete(bench) if params is None else params
    describe = rows_of(bench).request("describe", params)
    try:
        found = _requests(bench, params)
    except RefusedError:
        return [describe, _fit_request(bench, params)]
    section = bench.block.spec.edgewright
    if section is not None and "plot" in (section.operations or ()) and common.declares(bench, "score"):
        found.append(replace(found[1], operation="plot"))
    return [describe, *found]


def _watchable(bench: Bench) -> list[Request]:
    """Every operation, or the first one of a block that fails: it may fail for want of what it must not use."""
    try:
        return _all_requests(bench)
    except (BrokenPromiseError, RefusedError):
        values = Rows(None).training()
        return [Rows(None).request("fit", common.complete(bench), values)]


def _compare_description(bench: Bench, params: dict[str, Any]) -> None:
    import numpy as np

    described = bench.ask(rows_of(bench).request("describe", params)).document("description")
    model = _fit(bench, params)
    if not common.declares(bench, "score"):
        if described["outputs"]:
            raise BrokenPromiseError(
                f"described are {', '.join(described['outputs'])}, but the spec declares no `score`",
                "let describe list no outputs, or name score in the spec's operations",
            )
        return
    answer = _score(bench, model, _scored(bench), params)
    if sorted(described["outputs"]) != sorted(answer.outputs):
        raise BrokenPromiseError(
            f"described are {', '.join(described['outputs'])}, score gives {', '.join(answer.outputs)}",
            "let describe list exactly what score gives",
        )
    widths = {"contributions": len(described["contributions"]), "probabilities": len(described["classes"])}
    for name in answer.outputs:
        array = answer.array(name)
        if len(array) != SCORED or (name in widths and array.shape[1] != widths[name]):
            raise BrokenPromiseError(
                f"{name} has shape {array.shape} for {SCORED} windows", "one row a window, one column a label"
            )
        if not np.isfinite(array).all():
            raise BrokenPromiseError(f"{name} is not finite", "clip or define what far-away windows score")
    if "nearest" in answer.outputs:
        _check_nearest(bench, answer)


def _check_nearest(bench: Bench, answer: Answer) -> None:
    if "map" not in answer.outputs:
        raise BrokenPromiseError(
            "nearest tells of cells, and there is no map", "give the map too, or neither"
        )
    nearest, cells = answer.array("nearest"), answer.array("map").shape[1:]
    within = (len(rows_of(bench).training()), *cells)
    if ((nearest < 0) | (nearest >= within)).any():
        raise BrokenPromiseError(
            f"nearest goes from {nearest.min(axis=0).tolist()} to {nearest.max(axis=0).tolist()}",
            f"below {list(within)}: a training window, a row and a column of its map",
        )


_WORKS = ("defaults",)
_DOES = ("operations",)
_SAME = ("deterministic", "warm")

CHECKS = (
    Check("spec", "parameters.json is valid and complete", common.check_spec),
    Check("readme", "the README's parameter table is that of parameters.json", readme.check_readme),
    Check("defaults", "the defaults learn and score", check_defaults),
    Check("operations", "every operation of the spec works", check_operations, _WORKS),
    Check("description", "what is described is what comes", check_description, _WORKS),
    Check(
        "bounds", "every limit, option and showIf branch works or is refused plainly", check_bounds, _WORKS
    ),
    Check("deterministic", "the same request gives the same bytes", check_deterministic, _DOES),
    Check("warm", "a warm worker gives what a cold run gives", check_warm, ("deterministic",)),
    Check("effect", "every parameter changes something", check_effect, _SAME),
    Check("batch", "a window's score doesn't depend on its neighbours", check_batch, _SAME),
    Check("empty", "no windows give no scores", check_empty, ("description",)),
    Check("not-finite", "NaN is refused plainly", check_not_finite, _WORKS),
    Check(
        "degenerate", "little or constant data are learned from or refused plainly", check_degenerate, _WORKS
    ),
    Check("outputs", "every file is named by an output", check_outputs, _DOES),
    Check("network", "no network is used", check_network),
    Check("writes", "nothing is written outside /out and the temporary folder", check_writes),
    Check("cancel", "it ends within the grace when asked to stop", check_cancel, _WORKS),
    Check("device", "C++ scores as Python does", check_device, ("description", *_SAME)),
    Check("container", "a container gives what a process gives", check_container, ("deterministic",)),
)
