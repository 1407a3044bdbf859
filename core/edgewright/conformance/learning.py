"""Checks of learning blocks."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from edgewright.conformance import common, confinement, device, readme, sameness, samples
from edgewright.conformance.bench import RefusedError
from edgewright.conformance.checks import BrokenPromiseError, Check, NotApplicableError
from edgewright.conformance.described import compare_description
from edgewright.conformance.effects import check_effects
from edgewright.conformance.fitting import (
    all_requests,
    fit,
    fit_request,
    kept_requests,
    must_score,
    score,
    score_request,
    scored_rows,
    watchable,
)
from edgewright.conformance.rows import LABELS, SCORED, rows_of
from edgewright.conformance.variants import variants

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from edgewright.conformance.bench import Answer, Bench


def check_defaults(bench: Bench) -> str:
    """The defaults learn from made-up rows and score others."""
    if not common.declares(bench, "fit"):
        raise NotApplicableError(
            "the spec declares no `fit`: its own tests must show what it does", stops=True
        )
    model = fit(bench)
    if not common.declares(bench, "score"):
        return "it scores nothing"
    scores = score(bench, model, scored_rows(bench))
    return ", ".join(f"{name} {scores.array(name).shape}" for name in scores.outputs)


def check_operations(bench: Bench) -> str:
    """Every operation that the spec names works at the defaults."""
    requests = all_requests(bench)
    for request in requests:
        bench.ask(request)
    return ", ".join(request.operation for request in requests)


def check_description(bench: Bench) -> str | None:
    """What `describe` says is what `score` gives."""
    compare_description(bench, common.complete(bench))
    return None


def check_bounds(bench: Bench) -> str:
    """Every limit, option and branch of the spec works or is refused plainly."""
    try:
        compare_description(bench, common.complete(bench))
    except BrokenPromiseError:
        described = False  # `description` says so; here only what works counts
    else:
        described = True

    def works(params: dict[str, Any]) -> None:
        if described or not common.declares(bench, "score"):
            compare_description(bench, params)
        else:
            score(bench, fit(bench, params), scored_rows(bench), params)

    return common.check_variants(bench, variants(bench.block.spec, LABELS), works)


def check_effect(bench: Bench) -> str:
    """Every parameter changes description, model, scores, plots or device code."""

    def questions(params: dict[str, Any]) -> Iterator[Callable[[], Answer]]:
        return (partial(bench.ask, request) for request in all_requests(bench, params))

    return check_effects(bench, questions, LABELS)


def check_deterministic(bench: Bench) -> str | None:
    """The same request gives the same model, scores and device code, byte for byte."""
    kept = {request.operation: request for request in kept_requests(bench)}
    others = [request for request in all_requests(bench) if request.operation not in kept]
    sameness.check_deterministic(bench, list(kept.values()), others)
    return None


def check_warm(bench: Bench) -> str | None:
    """Warm gives what cold gives."""
    others = [fit_request(bench, values=rows_of(bench).training(samples.SEED + 1))]
    for _name, given in variants(bench.block.spec, LABELS):
        request = fit_request(bench, common.complete(bench, given))
        try:
            bench.once(request)
        except RefusedError:
            continue
        others.append(request)
        break
    sameness.check_warm(bench, fit_request(bench), *others)
    if common.declares(bench, "score"):
        sameness.check_warm(bench, score_request(bench, fit(bench), scored_rows(bench)), others[0])
    return None


def check_batch(bench: Bench) -> str | None:
    """A window's score doesn't depend on its neighbours."""
    import numpy as np

    must_score(bench)
    model, rows = fit(bench), scored_rows(bench)
    whole = score(bench, model, rows)
    for row in (0, SCORED - 1):
        single = score(bench, model, rows[row : row + 1])
        for name in whole.outputs:
            if not np.allclose(single.array(name)[0], whole.array(name)[row], rtol=1e-5, atol=1e-6):
                raise BrokenPromiseError(
                    f"{name} of window {row} alone differ from those in a batch",
                    "score each row by itself: nothing may be computed along axis 0",
                )
    return None


def check_empty(bench: Bench) -> str | None:
    """No rows give no scores."""
    must_score(bench)
    model = fit(bench)
    whole, none = score(bench, model, scored_rows(bench)), score(bench, model, scored_rows(bench)[:0])
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
    model, values = fit(bench), rows.training()
    values.reshape(len(values), -1)[3, 1] = float("nan")
    refused = common.must_refuse(bench, fit_request(bench, values=values), "fitting a NaN")
    if not common.declares(bench, "score"):
        return refused
    return common.must_refuse(bench, score_request(bench, model, values[:5]), "scoring a NaN")


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
            model = bench.ask(fit_request(bench, values=values)).outputs["model"]
            if not common.declares(bench, "score"):
                continue
            answer = score(bench, model, scored_rows(bench))
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
    return confinement.check_outputs(bench, all_requests(bench))


def check_network(bench: Bench) -> str:
    """No connection is opened."""
    return confinement.check_network(bench, watchable(bench))


def check_writes(bench: Bench) -> str:
    """Nothing is written elsewhere."""
    return confinement.check_writes(bench, watchable(bench))


def check_cancel(bench: Bench) -> str:
    """It stops when asked, learning and scoring."""
    fitting = confinement.check_cancel(bench, fit_request(bench))
    if not common.declares(bench, "score"):
        return f"fit {fitting}"
    scoring = confinement.check_cancel(bench, score_request(bench, fit(bench), scored_rows(bench)))
    return f"fit {fitting}, score {scoring}"


def check_device(bench: Bench) -> str:
    """C++ scores as Python does, at the defaults and at every limit that works."""
    section = bench.block.spec.edgewright
    if section is None or not section.device:
        raise NotApplicableError("the spec declares no device code")
    rows, calls = scored_rows(bench), []
    for name, given in [("defaults", {}), *variants(bench.block.spec, LABELS)]:
        params = common.complete(bench, given)
        try:
            model = fit(bench, params)
            answer = score(bench, model, rows, params)
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
    sameness.check_container(bench, fit_request(bench))
    if common.declares(bench, "score"):
        sameness.check_container(bench, score_request(bench, fit(bench), scored_rows(bench)))
    return None


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
