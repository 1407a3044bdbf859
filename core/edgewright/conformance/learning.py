"""Checks of learning blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from edgewright.conformance import common, device, samples
from edgewright.conformance.bench import RefusedError
from edgewright.conformance.checks import BrokenPromiseError, Check, NotApplicableError
from edgewright.conformance.requests import FeatureBatch, Request
from edgewright.conformance.variants import variants

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from edgewright.conformance.bench import Answer, Bench

ROWS = 240
SCORED = 20
LABELS = samples.labels()
CLASSES = ("one", "two", "three")


def check_defaults(bench: Bench) -> str:
    """The defaults learn from made-up features and score others."""
    scores = _score(bench, _fit(bench).outputs["model"], _rows(SCORED))
    return ", ".join(f"{name} {_shape(scores, name)}" for name in scores.outputs)


def check_description(bench: Bench) -> str | None:
    """What `describe` says is what `score` gives."""
    _compare_description(bench, common.complete(bench))
    return None


def check_bounds(bench: Bench) -> str:
    """Every limit, option and branch of the spec works or is refused plainly."""
    return common.check_variants(
        bench,
        variants(bench.block.spec, LABELS),
        lambda params: _compare_description(bench, params),
    )


def check_deterministic(bench: Bench) -> str | None:
    """The same request gives the same model and scores, byte for byte."""
    common.check_deterministic(bench, _fit_request(bench))
    model = _fit(bench).outputs["model"]
    return common.check_deterministic(bench, _score_request(bench, model, _rows(SCORED)))


def check_warm(bench: Bench) -> str | None:
    """Warm gives what cold gives."""
    between = _fit_request(bench, values=samples.features(ROWS, seed=samples.SEED + 1))
    common.check_warm(bench, _fit_request(bench), between)
    model = _fit(bench).outputs["model"]
    return common.check_warm(bench, _score_request(bench, model, _rows(SCORED)), between)


def check_batch(bench: Bench) -> str | None:
    """A window's score doesn't depend on its neighbours."""
    import numpy as np

    model, rows = _fit(bench).outputs["model"], _rows(SCORED)
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
    model = _fit(bench).outputs["model"]
    whole, none = _score(bench, model, _rows(SCORED)), _score(bench, model, _rows(0))
    for name in whole.outputs:
        if name not in none.outputs or len(none.array(name)) != 0:
            raise BrokenPromiseError(
                f"0 windows give no empty {name}", "describe() must list every output of score()"
            )
    return None


def check_not_finite(bench: Bench) -> str:
    """NaN in a feature is refused, while fitting and while scoring."""
    model = _fit(bench).outputs["model"]
    values = samples.features(ROWS)
    values[3, 1] = float("nan")
    common.must_refuse(bench, _fit_request(bench, values=values), "fitting a feature with NaN")
    return common.must_refuse(bench, _score_request(bench, model, values[:5]), "scoring a feature with NaN")


def check_degenerate(bench: Bench) -> str:
    """Little, constant and repeated data are learned from, or refused plainly."""
    import numpy as np

    sets = {
        "one window": samples.features(1),
        "two windows": samples.features(2),
        "40 equal windows": np.repeat(samples.features(1), 40, axis=0),
        "a constant feature": np.where(np.arange(6) == 1, np.float32(4), samples.features(60)),
    }
    faults, refused = [], 0
    for name, values in sets.items():
        try:
            model = bench.ask(_fit_request(bench, values=values)).outputs["model"]
            answer = _score(bench, model, _rows(SCORED))
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


def check_device(bench: Bench) -> str:
    """C++ scores as Python does, at the defaults and at every limit that works."""
    section = bench.block.spec.edgewright
    if section is None or not section.device:
        raise NotApplicableError("the spec declares no device code")
    rows, calls = _rows(SCORED), []
    for name, given in [("defaults", {}), *variants(bench.block.spec, LABELS)]:
        params = common.complete(bench, given)
        try:
            model = bench.ask(_fit_request(bench, params)).outputs["model"]
            answer = _score(bench, model, rows, params)
            export = bench.ask(
                Request(
                    "export",
                    params,
                    features={"features": FeatureBatch(None, LABELS)},
                    paths={"model": model},
                )
            )
        except RefusedError:
            if name == "defaults":
                raise
            continue  # `bounds` judges what is refused
        expected = {output: answer.array(output) for output in answer.outputs}
        calls.append(device.Call(name, export.outputs["export"], rows, expected))
    return device.compare(bench, calls)


def check_container(bench: Bench) -> str | None:
    """A container gives what a process gives."""
    common.check_container(bench, _fit_request(bench))
    model = _fit(bench).outputs["model"]
    common.check_container(bench, _score_request(bench, model, _rows(SCORED)))
    return None


def _shape(answer: Answer, name: str) -> str:
    """Shape of an output, as text."""
    return str(answer.array(name).shape)


def _rows(count: int) -> NDArray[Any]:
    """Rows to score: as in training, every third far away."""
    rows = samples.features(count, seed=samples.SEED + 7)
    rows[::3] *= 3
    return rows


def _fit_request(bench: Bench, params: dict[str, Any] | None = None, *, values: Any = None) -> Request:
    import numpy as np

    chosen = common.complete(bench) if params is None else params
    values = samples.features(ROWS) if values is None else values
    section = bench.block.spec.edgewright
    labelled = section is not None and section.training in ("labelled", "few-abnormal")
    targets = {"targets": (np.arange(len(values)) % 3).astype(np.int32)} if labelled else {}
    return Request(
        "fit",
        chosen,
        features={"features": FeatureBatch(values, LABELS)},
        arrays=targets,
        classes=CLASSES if labelled else (),
    )


def _fit(bench: Bench, params: dict[str, Any] | None = None) -> Answer:
    return bench.ask(_fit_request(bench, params))


def _score_request(bench: Bench, model: Path, rows: Any, params: dict[str, Any] | None = None) -> Request:
    chosen = common.complete(bench) if params is None else params
    return Request("score", chosen, features={"features": FeatureBatch(rows, LABELS)}, paths={"model": model})


def _score(bench: Bench, model: Path, rows: Any, params: dict[str, Any] | None = None) -> Answer:
    return bench.ask(_score_request(bench, model, rows, params))


def _compare_description(bench: Bench, params: dict[str, Any]) -> None:
    import numpy as np

    request = Request("describe", params, features={"features": FeatureBatch(None, LABELS)})
    described = bench.ask(request).document("description")
    answer = _score(bench, _fit(bench, params).outputs["model"], _rows(SCORED), params)
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


CHECKS = (
    Check("spec", "parameters.json is valid and complete", common.check_spec),
    Check("defaults", "the defaults learn and score", check_defaults),
    Check("description", "what is described is what comes", check_description),
    Check("bounds", "every limit, option and showIf branch works or is refused plainly", check_bounds),
    Check("deterministic", "the same request gives the same bytes", check_deterministic),
    Check("warm", "a warm worker gives what a cold run gives", check_warm),
    Check("batch", "a window's score doesn't depend on its neighbours", check_batch),
    Check("empty", "no windows give no scores", check_empty),
    Check("not-finite", "NaN is refused plainly", check_not_finite),
    Check("degenerate", "little or constant data are learned from or refused plainly", check_degenerate),
    Check("device", "C++ scores as Python does", check_device),
    Check("container", "a container gives what a process gives", check_container),
)
