"""One task: its container, and beside it that of its service where it has one, watched to the end."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING, Any

from edgewright.runners.docker.container import Container
from edgewright.runners.docker.errors import engine_failures, explain, is_not_found
from edgewright.runners.docker.flags import create_arguments, launch_of, task_user
from edgewright.runners.docker.verdict import REMOVED, Verdict, judge_exit, judge_service
from edgewright.runners.watch import OutWatch

if TYPE_CHECKING:
    from collections.abc import Mapping
    from threading import Event

    from docker import APIClient

    from edgewright.contracts import Part
    from edgewright.runners.base import Job, OnMessage
    from edgewright.runners.docker.capabilities import Capabilities
    from edgewright.runners.logs import LogFile

POLL_SECONDS = 0.05
#: For a task whose service has ended to notice, and to say what it lacks.
WITHOUT_SERVICE_SECONDS = 1.0
BAD_REQUEST = 400
#: Blocks of Edge Impulse's were written for containers that can be written to anywhere.
READ_ONLY = "Read-only file system"
WRITABLE_ROOT = "; it tried to write outside of its folders: if it must, let it by `grants: {writable-root: true}` at its node"
LOOKED_AT_BYTES = 4096


class Task:
    """The containers of one task. All of them are gone when :meth:`run` returns or raises, or :attr:`clean` is false."""

    def __init__(
        self, api: APIClient, job: Job, capabilities: Capabilities, labels: Mapping[str, str], log: LogFile
    ) -> None:
        self._api = api
        self._job = job
        self._capabilities = capabilities
        self._labels = labels
        self._log = log
        self._made: list[Container] = []

    @property
    def clean(self) -> bool:
        """Whether no container is left."""
        return all(container.removed for container in self._made)

    def run(self, cancel: Event, on_message: OnMessage) -> Verdict:
        """Run it to its end; raises what the engine raises when a container can't be made."""
        verdict = self._run(cancel, on_message)
        foreign = self._job.prepared.block.spec.legacy and not self._job.grants.writable_root
        said = f"{verdict.message} {self._log.last(LOOKED_AT_BYTES)}" if foreign else ""
        if verdict.reason == "block_error" and READ_ONLY in said:
            return verdict._replace(message=f"{verdict.message}{WRITABLE_ROOT}")
        return verdict

    def arguments(self) -> dict[str, Any] | Verdict:
        """What its one container would be created with, or why it can't be: for who speaks to it meanwhile."""
        image = self._image(self._job.prepared.image)
        if isinstance(image, Verdict):
            return image
        return self._arguments(launch_of(self._job, image).main, image)

    def _run(self, cancel: Event, on_message: OnMessage) -> Verdict:
        prepared = self._job.prepared
        own = self._image(prepared.image)
        if isinstance(own, Verdict):
            return own
        launch = launch_of(self._job, own)
        parts = [part for part in (launch.service, launch.main) if part is not None]
        driver = self._image(prepared.driver) if any(part.driver for part in parts) else own
        if isinstance(driver, Verdict):
            return driver
        with contextlib.ExitStack() as stack:
            deadline = time.monotonic() + self._job.limits.seconds
            service: Container | None = None
            for part in parts:
                container = self._container(
                    part,
                    driver if part.driver else own,
                    on_message if part is launch.main else None,
                    hosts=launch.hosts,
                    beside=service.id if service is not None else None,
                )
                try:
                    stack.enter_context(container)
                    container.start()
                except engine_failures() as problem:
                    if service is not None and service.wait(0.0):
                        return judge_service(service.state(), service.first_error, service.last_line)
                    if not container.id and getattr(problem, "status_code", None) != BAD_REQUEST:
                        raise  # nobody knows whether it was made
                    return judge_start(problem)
                if part is not launch.main:
                    service = container
            return self._watch(container, service, cancel, deadline)

    def _image(self, name: str | None) -> dict[str, Any] | Verdict:
        """Describe an image, or say why it can't be run."""
        from edgewright.images.engine import inspect_image

        image = inspect_image(name) if name else None
        if image is None:
            return Verdict("infra", f"its image {name or '(none)'} is gone; run again to have it built")
        ours = self._capabilities.architecture
        if image.get("Architecture") not in (None, "", ours):
            return Verdict("refused", f"its image is for {image['Architecture']}, the engine runs {ours}")
        return image

    def _container(
        self, part: Part, image: Mapping[str, Any], on_message: OnMessage | None, **network: Any
    ) -> Container:
        arguments = self._arguments(part, image, **network)
        container = Container(self._api, arguments, self._log, on_message)
        self._made.append(container)
        return container

    def _arguments(self, part: Part, image: Mapping[str, Any], **network: Any) -> dict[str, Any]:
        return create_arguments(
            self._api,
            self._job,
            part,
            image=image,
            capabilities=self._capabilities,
            user=task_user(self._capabilities),
            labels=self._labels,
            **network,
        )

    def _watch(
        self, container: Container, service: Container | None, cancel: Event, deadline: float
    ) -> Verdict:
        """Wait for the end of the main container, or bring it about."""
        limits = self._job.limits
        watch = OutWatch(self._job.out_dir, limits)
        stopped: Verdict | None = None
        dead = True
        while not container.wait(POLL_SECONDS):
            exceeded = watch.due()
            if exceeded:
                stopped, dead = Verdict("limit", exceeded), container.kill()
            elif cancel.is_set():
                stopped, dead = (
                    Verdict("cancelled", "cancelled"),
                    container.stop(limits.grace_seconds, cancel),
                )
            elif time.monotonic() >= deadline:
                message = f"ran longer than its limit of {limits.seconds:g} s"
                stopped, dead = Verdict("timeout", message), container.stop(limits.grace_seconds, cancel)
            elif service is not None and service.wait(0.0) and not container.wait(WITHOUT_SERVICE_SECONDS):
                dead = container.kill()
                break
            if stopped is not None:
                break
        if not dead:
            return Verdict(
                "infra", f"{stopped.message if stopped else ''}; but the engine can't end its container"
            )
        if container.problem is not None:
            return _judge_lost(container.problem)
        try:
            verdict = self._judge(container, stopped, watch)
            if stopped is None and service is not None:
                if verdict.reason not in ("ok", "infra"):
                    return _judge_beside(service) or verdict
                if verdict.reason == "ok" and self._service_writes() and service.wait(0.0):
                    return _judge_beside(service) or verdict
        except engine_failures() as problem:
            return _judge_lost(problem)
        return verdict

    def _service_writes(self) -> bool:
        """Whether the service makes the outputs: one that ended early has not made them all, whatever the block says."""
        return self._job.contract.whole_folder(self._job.request.get("operation", "describe")) is not None

    def _judge(self, container: Container, stopped: Verdict | None, watch: OutWatch) -> Verdict:
        state = container.state()
        if stopped is not None:
            return stopped._replace(exit_code=int(state.get("ExitCode", -1)))
        verdict = judge_exit(state, container.first_error)
        exceeded = watch.look()
        if exceeded and verdict.reason in ("ok", "block_error"):
            return verdict._replace(reason="limit", message=exceeded)
        if verdict.reason == "block_error" and container.last_error:
            return verdict._replace(message=f"{verdict.message}: {container.last_error}")
        return verdict


def _judge_beside(service: Container) -> Verdict | None:
    """Judge the service of a task that failed: None if it was alive and well, so that the fault isn't there."""
    ended = service.wait(POLL_SECONDS)
    if not ended:
        service.kill()
    if service.problem is not None:
        return _judge_lost(service.problem)
    state = service.state()
    if ended or state.get("OOMKilled"):
        return judge_service(state, service.first_error, service.last_line)
    return None


def judge_start(problem: Exception) -> Verdict:
    """Judge a container that never ran: an image whose command can't run is the block's fault, the rest is not."""
    text = explain(problem)
    faults = (
        "executable file not found",
        "permission denied",
        "no such file or directory",
        "exec format error",
    )
    if "could not select device driver" in text.lower():
        return Verdict(
            "refused",
            "it is granted a GPU, and this engine has none to give (`docker info` lists its runtimes)",
        )
    asked_wrong = getattr(problem, "status_code", None) == BAD_REQUEST
    if asked_wrong and any(fault in text.lower() for fault in faults):
        return Verdict("refused", f"its command can't be executed: {text}")
    if asked_wrong and "no command specified" in text.lower():
        return Verdict("refused", "its Dockerfile names no command: neither ENTRYPOINT nor CMD")
    return Verdict("infra", f"the container can't be started: {text}")


def _judge_lost(problem: Exception) -> Verdict:
    if is_not_found(problem):
        return Verdict("infra", REMOVED)
    return Verdict("infra", f"the engine failed: {explain(problem)}")
