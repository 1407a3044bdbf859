"""Where a block under test is started: warm, cold, or in a container, by the runners of real runs."""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from edgewright.errors import EdgewrightError, TaskError
from edgewright.runners.grants import NO_GRANTS
from edgewright.single import Finished, run_once, workspace
from edgewright.trees import iter_files
from edgewright_specs.interface import REQUEST_FILE

if TYPE_CHECKING:
    from types import TracebackType

    from numpy.typing import NDArray

    from edgewright.conformance.checks import Verdict
    from edgewright.conformance.programs import Deed
    from edgewright.conformance.requests import Request
    from edgewright.plugins import Plugins
    from edgewright.registry import Block
    from edgewright.runners.base import Prepared, Runner
    from edgewright.runners.grants import Grants
    from edgewright.runners.warm import WarmWorker
    from edgewright_specs.interface import Operation

#: ``watched`` is a cold run under Python's audit hooks.
How = Literal["warm", "cold", "watched", "docker"]
Cause = Literal["refused", "request", "output", "fault", "ended"]

ANSWER_SECONDS = 120.0


class RefusedError(Exception):
    """A block that ended other than ``ok``.

    ``cause`` is what it calls its error, or ``ended`` where it said nothing; ``clean`` says that it did so on purpose,
    with a sentence of its own.
    """

    def __init__(self, error: TaskError, deeds: tuple[Deed, ...] = ()) -> None:
        super().__init__(error.said)
        self.deeds = deeds  # of a watched run, before it ended
        self.error = error
        self.cause: Cause = error.kind if error.kind is not None else "ended"
        self.clean = error.reason == "block_error" and self.cause == "refused"


@dataclass(frozen=True)
class Answer:
    """Outputs of one request, in a folder that lives as long as the bench."""

    outputs: dict[str, Path]
    log: str = ""
    strays: tuple[str, ...] = ()  # files that no output names; not looked for in a warm worker's folder
    deeds: tuple[Deed, ...] = ()  # of a watched run

    def array(self, name: str) -> NDArray[Any]:
        """Read an output that is an array."""
        import numpy as np

        array: NDArray[Any] = np.load(self.outputs[name], allow_pickle=False)
        return array

    def document(self, name: str) -> dict[str, Any]:
        """Read an output that is a JSON document."""
        document: dict[str, Any] = json.loads(self.outputs[name].read_text(encoding="utf-8"))
        return document

    def digests(self) -> dict[str, str]:
        """Sha256 of every file of every output, by output and path."""
        found = {}
        for name, path in self.outputs.items():
            files = {"": path}
            if path.is_dir():
                files = {f"/{relative}": Path(entry.path) for relative, entry in iter_files(path)}
            for relative, file in files.items():
                found[name + relative] = sha256(file.read_bytes()).hexdigest()
        return found


class Bench:
    """One block, ready to be asked in every way it can be run.

    Parameters
    ----------
    block : Block
        Its code runs with this user's rights: checking a block means trusting it.
    plugins : Plugins
    docker : bool
        Whether containers may be used where an engine answers.
    grants : Grants
        What its tasks have beyond the strict profile, as an impulse would grant it.
    """

    def __init__(
        self, block: Block, plugins: Plugins, *, docker: bool = True, grants: Grants = NO_GRANTS
    ) -> None:
        self.block = block
        self.grants = grants
        self.plugins = plugins
        self._runners = plugins.runners()
        self._docker = docker
        self.made: dict[str, Any] = {}  # what checks made once and share
        self.verdicts: dict[str, Verdict] = {}
        self._known: dict[tuple[str, str], Answer | Exception] = {}
        self._numbers = count()
        self._stack = ExitStack()
        self._prepared: dict[str, Prepared] = {}
        for runner in self._runners.values():
            self._stack.callback(runner.close)
        self.folder = self._stack.enter_context(workspace())

    def __enter__(self) -> Bench:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def ask(self, request: Request, how: How = "warm") -> Answer:
        """Run one request.

        Raises
        ------
        RefusedError
            The block ended other than ``ok``.
        """
        return self._ask(self.written(request), request, how)

    def once(self, request: Request, how: How = "cold") -> Answer:
        """The first answer to a request, remembered: for checks that need one, whichever came before them.

        Raises
        ------
        RefusedError, EdgewrightError
            As the first time.
        """
        folder = self.written(request)
        key = (how, sha256((folder / "in" / REQUEST_FILE).read_bytes()).hexdigest())
        if key not in self._known:
            try:
                self._known[key] = self._ask(folder, request, how)
            except (RefusedError, EdgewrightError) as error:
                self._known[key] = error
        known = self._known[key]
        if isinstance(known, Exception):
            raise known
        return known

    def written(self, request: Request) -> Path:
        """A folder of its own with the request in ``in``."""
        folder = self.new_folder()
        (folder / "in").mkdir()
        request.write(folder / "in")
        return folder

    def _ask(self, folder: Path, request: Request, how: How) -> Answer:
        from edgewright.conformance.programs import observe

        in_dir = folder / "in"
        try:
            if how == "warm" and self.python:
                return self._warm(request.operation, in_dir, folder / "out")
            if how == "watched":
                return observe(self, folder, request.operation)
            runner = self.runner("docker" if how == "docker" else self.home)
            finished = run_once(
                runner, self.prepared(runner), in_dir, folder, operation=request.operation, grants=self.grants
            )
        except TaskError as error:
            raise RefusedError(error) from error
        return answer_of(finished)

    @property
    def python(self) -> bool:
        """Whether the SDK's driver runs it, from a folder: then it can be kept warm, and watched."""
        return self.block.folder is not None and not self.block.spec.legacy and self.block.command is None

    @property
    def apart(self) -> How:
        """A run in a process of its own: watched where that can be, so that it serves every check at once."""
        return "watched" if self.python else "cold"

    @property
    def home(self) -> str:
        """The runner that a cold request goes to: a container only where a process can't do."""
        foreign = self.block.folder is None or (self.block.spec.legacy and self.no_docker() is None)
        return "docker" if foreign else "process"

    def runner(self, name: str) -> Runner:
        """A runner by its name."""
        return self._runners[name]

    def prepared(self, runner: Runner) -> Prepared:
        """The block made ready by a runner, once."""
        if runner.name not in self._prepared:
            self._prepared[runner.name] = runner.prepare(self.block, lambda _message: None)
        return self._prepared[runner.name]

    def no_docker(self) -> str | None:
        """Why containers can't be used, or None."""
        if not self._docker:
            return "left out (--no-docker)"
        runner = self._runners.get("docker")
        return "the docker runner is disabled" if runner is None else runner.available()

    def environments(self) -> dict[str, tuple[str, ...]]:
        """Environment by runner, of those that were used."""
        return {name: prepared.environment for name, prepared in self._prepared.items()}

    def new_folder(self) -> Path:
        """An empty folder of its own."""
        folder = self.folder / str(next(self._numbers))
        folder.mkdir()
        return folder

    @cached_property
    def _worker(self) -> WarmWorker:
        from edgewright.runners.warm import WarmWorker

        runner = self._runners["process"]
        worker = WarmWorker(runner, self.prepared(runner), grants=self.grants)
        self._stack.callback(worker.close)
        return worker

    def _warm(self, operation: Operation, in_dir: Path, out_dir: Path) -> Answer:
        out_dir.mkdir()
        return Answer(dict(self._worker.request(operation, in_dir, out_dir, ANSWER_SECONDS).outputs))


def answer_of(finished: Finished, deeds: tuple[Deed, ...] = ()) -> Answer:
    """What a cold run gave."""
    return Answer(dict(finished.outputs), finished.log, tuple(finished.strays), deeds)
