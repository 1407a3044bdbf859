"""``docker``: every task in a container of its own, by the strict profile of :mod:`.flags`."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from edgewright.errors import RunnerUnavailableError
from edgewright.runners.base import Outcome, Prepared
from edgewright.runners.docker.capabilities import ask_capabilities
from edgewright.runners.docker.container import Container
from edgewright.runners.docker.errors import engine_failures, explain, is_not_found
from edgewright.runners.docker.flags import create_arguments, enforced_limits, launch_of, task_user
from edgewright.runners.docker.lease import Lease, sweep
from edgewright.runners.docker.ownership import open_task_folders, take_back
from edgewright.runners.docker.verdict import REMOVED, Verdict, judge_exit
from edgewright.runners.logs import LogFile
from edgewright.runners.watch import OutWatch

if TYPE_CHECKING:
    from threading import Event

    from docker import APIClient

    from edgewright.registry import Block
    from edgewright.runners.base import Job, OnMessage
    from edgewright.runners.docker.capabilities import Capabilities

POLL_SECONDS = 0.05


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

        missing = self.available()
        if missing:
            raise RunnerUnavailableError(
                f"runner 'docker' can't work here: {missing}", hint="start Docker, or set DOCKER_HOST"
            )
        image = build_block(block, lambda line: on_message({"type": "log", "text": line}))
        detail = {"image": image.id, "tag": image.tag}
        return Prepared(block, self.name, image.environment, image=image.id, detail=detail)

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
            open_task_folders(job.in_dir, job.out_dir, user)
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
        from edgewright.images.engine import inspect_image

        name = job.prepared.image or ""
        image = inspect_image(name) if name else None
        if image is None:
            return Verdict("infra", f"its image {name or '(none)'} is gone; run again to have it built")
        if image.get("Architecture") not in (None, "", capabilities.architecture):
            theirs, ours = image["Architecture"], capabilities.architecture
            return Verdict("refused", f"its image is for {theirs}, the engine runs {ours}")
        labels = self._lease.labels(job.run_id, job.id)
        arguments = create_arguments(
            api,
            job,
            launch_of(job).main,
            image=image,
            capabilities=capabilities,
            user=task_user(capabilities),
            labels=labels,
        )
        container = Container(api, arguments, log, on_message)
        try:
            with container:
                deadline = time.monotonic() + job.limits.seconds
                try:
                    container.start()
                except engine_failures() as problem:
                    return _judge_start(problem)
                return _watch(container, job, cancel, deadline)
        finally:
            self._clean = self._clean and container.removed


def _judge_start(problem: Exception) -> Verdict:
    """Judge a container that never ran: an image whose command can't run is the block's fault, the rest is not."""
    text = explain(problem)
    faults = (
        "executable file not found",
        "permission denied",
        "no such file or directory",
        "exec format error",
    )
    if getattr(problem, "status_code", None) == 400 and any(fault in text.lower() for fault in faults):
        return Verdict("refused", f"its command can't be executed: {text}")
    return Verdict("infra", f"the container can't be started: {text}")


def _watch(container: Container, job: Job, cancel: Event, deadline: float) -> Verdict:
    """Wait for the container's end, or bring it about."""
    limits = job.limits
    watch = OutWatch(job.out_dir, limits)
    stopped: Verdict | None = None
    dead = True
    while not container.wait(POLL_SECONDS):
        exceeded = watch.due()
        if exceeded:
            stopped, dead = Verdict("limit", exceeded), container.kill()
        elif cancel.is_set():
            stopped, dead = Verdict("cancelled", "cancelled"), container.stop(limits.grace_seconds, cancel)
        elif time.monotonic() >= deadline:
            message = f"ran longer than its limit of {limits.seconds:g} s"
            stopped, dead = Verdict("timeout", message), container.stop(limits.grace_seconds, cancel)
        if stopped is not None:
            break
    if not dead:
        return Verdict(
            "infra", f"{stopped.message if stopped else ''}; but the engine can't end its container"
        )
    if container.problem is not None:
        return _judge_lost(container.problem)
    try:
        state = container.state()
    except engine_failures() as problem:
        return _judge_lost(problem)
    if stopped is not None:
        return stopped._replace(exit_code=int(state.get("ExitCode", -1)))
    verdict = judge_exit(state, container.first_error)
    exceeded = watch.look()
    if exceeded and verdict.reason in ("ok", "block_error"):
        return verdict._replace(reason="limit", message=exceeded)
    if verdict.reason == "block_error" and container.last_error:
        return verdict._replace(message=f"{verdict.message}: {container.last_error}")
    return verdict


def _judge_lost(problem: Exception) -> Verdict:
    if is_not_found(problem):
        return Verdict("infra", REMOVED)
    return Verdict("infra", f"the engine failed: {explain(problem)}")
