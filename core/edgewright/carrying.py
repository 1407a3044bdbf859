"""Carry one request to a block and its outputs back: what a run's engine and a single call share.

The block's contract says what it sees and starts, a runner runs it, the harvest takes what it wrote once it is dead.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from edgewright.contracts import contract_of
from edgewright.errors import TaskError
from edgewright.runners.grants import NO_GRANTS
from edgewright_specs.interface import REQUEST_FILE

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from threading import Event

    from edgewright.harvest.collect import Harvested
    from edgewright.runners.base import Job, Limits, OnMessage, Outcome, Prepared, Runner
    from edgewright.runners.grants import Grants

LOG_TAIL_BYTES = 4096
#: A disk with less left is full: the last write that failed may have been a small one.
FULL_BYTES = 64 << 10
SHOWN_FILES = 5


@dataclass(frozen=True)
class Carried:
    """How a request ended: ``harvested`` is None unless ``outcome`` is ok; its paths are relative to the staged folder."""

    outcome: Outcome
    harvested: Harvested | None
    log_tail: str


def carry_out(
    runner: Runner,
    prepared: Prepared,
    request_dir: Path,
    work: Path,
    staged: Path,
    *,
    id: str,  # noqa: A002
    run_id: str,
    limits: Limits,
    cancel: Event,
    on_message: OnMessage,
    grants: Grants = NO_GRANTS,
    shapes: Mapping[str, tuple[int | None, ...]] | None = None,
) -> Carried:
    """Do one request.

    Parameters
    ----------
    request_dir : Path
        ``request.json``, which is ours, and the files that it names.
    work : Path
        A new or empty folder for what the task needs while it runs; its log is left there as ``log.txt``.
    staged : Path
        An empty folder for the outputs that were accepted.
    id, run_id : str
        Name the task, and whose it is.
    grants : Grants
        What the task has beyond its limits. Its secrets are read now, and masked in all that it leaves.
    shapes : mapping, optional
        Exact shapes of arrays, where the plan knows them.

    Raises
    ------
    TaskError
        ``refused``, when the block's contract has no such operation. What the block does wrong is in the outcome.
    UsageError
        A secret that was granted isn't there.
    """
    from edgewright.runners.base import Job
    from edgewright.runners.secrets import opened

    block = prepared.block
    contract = contract_of(block)
    request: dict[str, Any] = json.loads((request_dir / REQUEST_FILE).read_text(encoding="utf-8"))
    operation = request["operation"]
    refusal = contract.refusal(block, operation)
    if refusal is not None:
        raise TaskError(f"{block.name} {operation}", "refused", refusal)
    out_dir, log_path = work / "out", work / "log.txt"
    out_dir.mkdir(parents=True)
    in_dir = contract.enter(block, request, request_dir, work / "seen")
    with opened(grants.secrets) as secrets:
        job = Job(
            id=id, run_id=run_id, prepared=prepared, contract=contract, request=request, in_dir=in_dir, out_dir=out_dir,
            log_path=log_path, limits=limits, threads=int(request.get("threads", 1)), grants=grants, secrets=secrets,
        )  # fmt: skip
        if secrets is None:
            return _judge(job, runner.run(job, cancel, on_message), staged, shapes)
        mask = secrets.mask
        try:
            outcome = runner.run(job, cancel, lambda message: on_message(mask.plain(message)))
        finally:  # also of a task that we were interrupted in
            if log_path.exists():
                mask.file(log_path)
        outcome = replace(outcome, message=mask.text(outcome.message))
        return _judge(job, outcome, staged, shapes)


def _judge(
    job: Job, outcome: Outcome, staged: Path, shapes: Mapping[str, tuple[int | None, ...]] | None
) -> Carried:
    from edgewright.harvest import HarvestError
    from edgewright.runners.logs import tail

    log_tail = tail(job.log_path, LOG_TAIL_BYTES) if job.log_path.exists() else ""
    if outcome.reason == "block_error" and _is_full(job.out_dir):
        message = f"the disk of {job.out_dir} is full, and {outcome.message or 'the block failed'}; free some space and run again"
        outcome = replace(outcome, reason="infra", message=message)
    if outcome.reason != "ok":
        return Carried(outcome, None, log_tail)
    try:
        masked = _mask_outputs(job)
        harvested = _take(job, staged, shapes)
        warnings = (*job.prepared.warnings, *harvested.warnings, *masked)
        return Carried(outcome, replace(harvested, warnings=warnings), log_tail)
    except HarvestError as problem:
        return Carried(replace(outcome, reason=problem.reason, message=problem.message), None, log_tail)


def _is_full(folder: Path) -> bool:
    """Whether nothing more can be written there: a block that fails then is not to blame."""
    try:
        info = os.statvfs(folder)
    except (OSError, AttributeError):  # not on this system
        return False
    return info.f_blocks > 0 and info.f_bavail * info.f_frsize < FULL_BYTES  # some systems tell no size


def _mask_outputs(job: Job) -> tuple[str, ...]:
    """Overwrite secrets in what the dead block left; what of it the harvest takes is hashed after that."""
    from edgewright.harvest.errors import bad
    from edgewright.terminal import printable_line

    if job.secrets is None:
        return ()
    try:
        files, named = job.secrets.mask.tree(job.out_dir)
    except OSError as problem:  # folders that can't be entered: the harvest would refuse them too
        raise bad(f"the outputs can't be searched for secrets: {problem.strerror}") from None
    if named:
        raise bad("the name of an output holds the value of a secret")
    if not files:
        return ()
    shown = ", ".join(printable_line(name, 80) for name in files[:SHOWN_FILES])
    return (f"the value of a secret was masked in {shown}{' …' if len(files) > SHOWN_FILES else ''}",)


def _take(job: Job, staged: Path, shapes: Mapping[str, tuple[int | None, ...]] | None) -> Harvested:
    from edgewright.harvest import harvest, harvest_folder, output_rules

    block, operation = job.prepared.block, job.request["operation"]
    whole = job.contract.whole_folder(operation)
    if whole is not None:
        harvested = harvest_folder(job.out_dir, staged, whole, job.limits)
        warnings = job.contract.check(block, operation, staged / whole)
        return replace(harvested, warnings=(*harvested.warnings, *warnings))
    section = block.spec.edgewright
    rules = output_rules(operation, section.outputs if section is not None else None, shapes)
    undeclared = section.undeclared_files if section is not None else "warn"
    return harvest(job.out_dir, staged, rules, job.limits, undeclared=undeclared)
