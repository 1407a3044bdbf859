"""``docker``: every task in a container of its own, by the strict profile of :mod:`.flags`."""

from __future__ import annotations

import threading
import time
from contextlib import ExitStack, suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from edgewright.contracts import contract_of
from edgewright.errors import RunnerUnavailableError, TaskError
from edgewright.runners.base import Outcome, Prepared
from edgewright.runners.docker.capabilities import ask_capabilities
from edgewright.runners.docker.errors import engine_failures, explain
from edgewright.runners.docker.flags import enforced_limits, task_user
from edgewright.runners.docker.lease import Lease, sweep
from edgewright.runners.docker.task import Task, judge_start
from edgewright.runners.docker.verdict import Verdict
from edgewright.runners.logs import LogFile
from edgewright.runners.ownership import hand_over, take_back
from edgewright_specs.interface import LEGACY_OPERATIONS

if TYPE_CHECKING:
    from threading import Event

    from docker import APIClient

    from edgewright.registry import Block
    from edgewright.runners.base import Job, OnMessage
    from edgewright.runners.docker.capabilities import Capabilities
    from edgewright.runners.warm import Channel


class DockerRunner:
    """Runs tasks in containers of the engine that ``DOCKER_HOST`` or the current docker context names."""

    name = "docker"

    def __init__(self) -> None:
        self._lease = Lease()
        self._lock = threading.Lock()
        self._capabilities: Capabilities | None = None
        self._clean = True  # no container may be left

    def available(self) -> str | None:
        """Return None when an engine on this machine answers, else why none does."""
        from edgewright.images.engine import why_unreachable

        return why_unreachable()

    def ready(self) -> bool:
        """Whether the framework's images that built-in blocks stand on are present, so that none must be built."""
        from edgewright.images.engine import image_id
        from edgewright.images.frameworks import framework_tag

        return all(image_id(framework_tag(name)) is not None for name in ("base", "classical"))

    def prepare(self, block: Block, on_message: OnMessage) -> Prepared:
        """Find the block's image, or build it.

        Raises
        ------
        RunnerUnavailableError
            No engine answers, or it can't enforce the limits.
        ImageError
            The image can't be built.
        """
        from edgewright.images.blocks import build_block
        from edgewright.images.driver import build_driver

        missing = self.available()
        if missing:
            raise RunnerUnavailableError(
                f"runner 'docker' can't work here: {missing}", hint="start Docker, or set DOCKER_HOST"
            )

        def tell(line: str) -> None:
            on_message({"type": "log", "text": line})

        image = build_block(block, tell)
        driver = build_driver(tell) if _has_service(block) else None
        detail = {"image": image.id, "tag": image.tag, **({} if driver is None else {"driver": driver})}
        return Prepared(block, self.name, image.environment, image=image.id, driver=driver, detail=detail)

    def run(self, job: Job, cancel: Event, on_message: OnMessage) -> Outcome:
        """Run one task to its end. What the block or the engine does wrong is in the outcome, never raised."""
        from edgewright.images.engine import connect

        started = time.monotonic()
        with LogFile(job.log_path, job.limits.log_bytes) as log:
            try:
                api = connect()
                capabilities = self._begin(api)
            except RunnerUnavailableError as problem:
                return Outcome("infra", problem.message)
            except engine_failures() as problem:
                return Outcome("infra", f"the engine does not answer: {explain(problem)}")
            refusal = capabilities.refusal()
            if refusal:
                return Outcome("refused", refusal)
            user = task_user(capabilities)
            hand_over(job, user)
            try:
                verdict = self._contain(api, job, cancel, on_message, log, capabilities)
            except engine_failures() as problem:
                self._clean = False  # a creation that seemed to fail may have made a container
                verdict = Verdict("infra", f"the engine failed: {explain(problem)}")
            finally:
                take_back(job.out_dir, user)
        return Outcome(
            verdict.reason,
            verdict.message,
            exit_code=verdict.exit_code,
            signal=verdict.signal,
            seconds=time.monotonic() - started,
            log_truncated_bytes=log.truncated_bytes,
            enforced=enforced_limits(job, capabilities, user),
        )

    def warm(self, job: Job, log: LogFile) -> Channel:
        """Start a block that then waits for requests, in a container like a task's (:class:`KeepsWarm`)."""
        from edgewright.images.engine import connect
        from edgewright.runners.warm.docker import DockerChannel
        from edgewright.runners.warm.spoken import named_pipes

        name = job.prepared.block.name
        try:
            api = connect()
            capabilities = self._begin(api)
            refusal = capabilities.refusal()
            if refusal:
                raise TaskError(name, "refused", refusal)
            user = task_user(capabilities)
            hand_over(job, user)
            with ExitStack() as stack:
                if capabilities.shares_kernel:
                    job = replace(job, pipes=stack.enter_context(named_pipes(user)))
                task = Task(api, job, capabilities, self._lease.labels(job.run_id, job.id), log)
                arguments = task.arguments()
                if isinstance(arguments, Verdict):
                    raise TaskError(name, arguments.reason, arguments.message)
                enforced = enforced_limits(job, capabilities, user)
                around = stack.pop_all()
            return DockerChannel(api, arguments, job, log, enforced=enforced, gone=self._note, around=around)
        except engine_failures() as problem:
            verdict = judge_start(problem)
            raise TaskError(name, verdict.reason, verdict.message) from problem

    def _note(self, removed: bool) -> None:
        self._clean = self._clean and removed

    def sweep(self) -> int:
        """Remove the containers of dead runs of this host."""
        if self.available() is not None:
            return 0
        from edgewright.images.engine import connect

        return len(sweep(connect()))

    def close(self) -> None:
        """End the reaper."""
        with self._lock:
            self._lease.close(clean=self._clean)

    def _begin(self, api: APIClient) -> Capabilities:
        """Once, before the first task: sweep what dead runs left, start the reaper, ask what the engine can do."""
        with self._lock:
            if self._capabilities is None:
                self._capabilities = ask_capabilities(api)
                with suppress(*engine_failures()):
                    sweep(api)
            if not self._lease.started:
                self._lease.start()
            return self._capabilities

    def _contain(
        self,
        api: APIClient,
        job: Job,
        cancel: Event,
        on_message: OnMessage,
        log: LogFile,
        capabilities: Capabilities,
    ) -> Verdict:
        task = Task(api, job, capabilities, self._lease.labels(job.run_id, job.id), log)
        try:
            return task.run(cancel, on_message)
        finally:
            self._clean = self._clean and task.clean


def _has_service(block: Block) -> bool:
    """Whether a task of this block may have a part that is not the block's own."""
    if not block.spec.legacy:
        return False
    contract = contract_of(block)
    return any(contract.has_service(block, operation) for operation in LEGACY_OPERATIONS[block.type])
