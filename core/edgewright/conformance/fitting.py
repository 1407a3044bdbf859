"""What a learning block is asked: to learn from made-up rows, to score others, and all else that its spec names."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from edgewright.conformance import common
from edgewright.conformance.bench import RefusedError
from edgewright.conformance.checks import BrokenPromiseError, NotApplicableError
from edgewright.conformance.rows import Rows, rows_of

if TYPE_CHECKING:
    from pathlib import Path

    from edgewright.conformance.bench import Answer, Bench
    from edgewright.conformance.requests import Request


def scored_rows(bench: Bench) -> Any:
    """Rows to score."""
    return rows_of(bench).scored()


def fit_request(bench: Bench, params: dict[str, Any] | None = None, *, values: Any = None) -> Request:
    """Learn from made-up rows, or from these. Raises NotApplicableError where a block doesn't learn."""
    chosen = common.complete(bench) if params is None else params
    values = rows_of(bench).training() if values is None else values
    section = bench.block.spec.edgewright
    if section is not None and section.operations is not None and "fit" not in section.operations:
        raise NotApplicableError("the block doesn't learn: its operations leave out fit")
    return rows_of(bench).request("fit", chosen, values)


def fit(bench: Bench, params: dict[str, Any] | None = None) -> Path:
    """Return the model of made-up rows."""
    return bench.ask(fit_request(bench, params)).outputs["model"]


def score_request(bench: Bench, model: Path, rows: Any, params: dict[str, Any] | None = None) -> Request:
    """Score rows with a model."""
    chosen = common.complete(bench) if params is None else params
    return rows_of(bench).request("score", chosen, rows, model=model)


def score(bench: Bench, model: Path, rows: Any, params: dict[str, Any] | None = None) -> Answer:
    """Return what a model makes of rows."""
    return bench.ask(score_request(bench, model, rows, params))


def must_score(bench: Bench) -> None:
    """Nothing more is to be checked of a block that scores nothing. Raises NotApplicableError."""
    if not common.declares(bench, "score"):
        raise NotApplicableError("the spec declares no `score`")


def kept_requests(bench: Bench, params: dict[str, Any] | None = None) -> list[Request]:
    """The operations that make what a run keeps: a model, scores, device code."""
    params = common.complete(bench) if params is None else params
    section = bench.block.spec.edgewright
    learning = fit_request(bench, params)
    model = bench.ask(learning).outputs["model"]
    found = [learning]
    if common.declares(bench, "score"):
        found.append(score_request(bench, model, scored_rows(bench), params))
    if section is not None and section.device:
        found.append(rows_of(bench).request("export", params, model=model))
    return found


def all_requests(bench: Bench, params: dict[str, Any] | None = None) -> list[Request]:
    """One of each operation that the spec names; no more than two where the block refuses to learn."""
    params = common.complete(bench) if params is None else params
    describe = rows_of(bench).request("describe", params)
    try:
        found = kept_requests(bench, params)
    except RefusedError:
        return [describe, fit_request(bench, params)]
    section = bench.block.spec.edgewright
    if section is not None and "plot" in (section.operations or ()) and common.declares(bench, "score"):
        found.append(replace(found[1], operation="plot"))
    return [describe, *found]


def watchable(bench: Bench) -> list[Request]:
    """Every operation, or the first one of a block that fails: it may fail for want of what it must not use."""
    try:
        return all_requests(bench)
    except (BrokenPromiseError, RefusedError):
        values = Rows(None).training()
        return [Rows(None).request("fit", common.complete(bench), values)]
