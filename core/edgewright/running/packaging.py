"""What comes of a trained impulse for devices: every node exported, a folder for targets, their packages, the self-tests."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgewright.errors import TaskError
from edgewright.planner.nodes import Node
from edgewright.planner.packages import build_tasks, export_tasks, self_test_tasks, verify_task
from edgewright.planner.plan import INDEX, READ
from edgewright.planner.tasks import FromTask, HostTask, Task
from edgewright.runners.grants import NO_GRANTS
from edgewright.runners.limits import limits_of
from edgewright.running import assemble
from edgewright.running.lock import build_id, identity
from edgewright_specs.interface import SPLITS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from edgewright.plugins import Plugins
    from edgewright.running.session import Session


#: Windows of one axis at so many Hz or more hold sound, which may be speech.
_SOUND = 3000
#: How programs for Linux begin.
ELF = b"\x7fELF"


def deployment_node(
    target: str,
    base: Path,
    plugins: Plugins,
    planned: Node | None,
    params: Mapping[str, Any],
    *,
    name: str | None = None,
) -> Node:
    """A deployment node for ``target``: as the impulse planned it, with ``params`` over its parameters, called ``name``."""
    from edgewright.errors import UsageError
    from edgewright.registry import resolve
    from edgewright_specs.parameters import resolve_params

    block = planned.block if planned is not None else resolve(target, base, plugins, otherwise="deployment")
    if block.type != "deployment":
        raise UsageError(
            f"{target!r} is a {block.type} block, not a target",
            hint="`edgewright blocks list --type deployment` lists the targets",
        )
    given = {**(planned.params if planned is not None else {}), **params}
    complete = resolve_params(block.spec, given, where=f"--target {target}")
    given_id, limits = (planned.id, planned.limits) if planned is not None else (block.name, limits_of(block))
    grants = planned.grants if planned is not None else NO_GRANTS
    return Node(
        name or given_id, block, complete, (), None, None, limits, f"--target {target}", grants=grants
    )


def library_node(plugins: Plugins) -> Node:
    """The node that makes the C++ library which deployment blocks of Edge Impulse's build on."""
    from edgewright.contracts.deployment import LIBRARY_BLOCK, LIBRARY_PARAMS
    from edgewright.registry import resolve
    from edgewright_specs.parameters import resolve_params

    block = resolve(LIBRARY_BLOCK, Path.cwd(), plugins)
    params = resolve_params(block.spec, LIBRARY_PARAMS)
    return Node("edge-impulse-library", block, params, (), None, None, limits_of(block), "")


def copy_of_package(source: str, target: str) -> None:
    """Copy one file of a package out of the store, which keeps no modes: a Linux program can be started where it lies."""
    shutil.copyfile(source, target)
    with Path(target).open("rb") as file:
        program = file.read(len(ELF)) == ELF
    if program:
        Path(target).chmod(0o755)


def selftest_data(node: Node) -> str:
    """What a deployment node's self-test runs on, as the impulse says it."""
    return str(node.params.get("selftest-data") or ("none" if node.block.spec.legacy else "auto"))


def shipped(mode: str, window: Mapping[str, Any]) -> str:
    """What ``auto`` is: recorded windows, but of pictures and sounds made-up ones, so that nothing private ships unasked."""
    if mode != "auto":
        return mode
    sound = len(window.get("axes", ())) == 1 and float(window.get("frequency") or 0) >= _SOUND
    return "synthetic" if sound or window["kind"] == "image" else "recorded"


def export_nodes(session: Session, *, needed: bool = True) -> str:
    """Turn every node into device code and tables; return the build id of the trained impulse.

    Parameters
    ----------
    needed : bool
        Whether something is to be built of them. If not, a node that has no device code is only told of.

    Raises
    ------
    TaskError
        ``refused``, with `needed`: a node that can't be deployed.
    """
    refusals = [node.no_device_code() for node in (*session.processing, *session.learning)]
    for refusal in refusals:
        if refusal is not None and needed:
            raise TaskError("export", "refused", refusal)
        if refusal is not None:
            session.recorder.event("note", text=refusal)
    try:
        session.engine.run(export_tasks(session.planner), keep_going=not needed)
    except TaskError as error:
        if needed or error.reason != "block_error":
            raise
        session.recorder.event("note", text=f"can't be deployed: {error.message}")
    document = session.impulse.model_dump(mode="json")
    session.identity = identity(document, [*session.processing, *session.learning], session.engine.entries)
    build = build_id(session.identity)
    session.recorder.set(build_id=build)
    return build


def build_packages(session: Session, nodes: Sequence[Node], build: str, *, verify: bool) -> None:
    """Build the package of each deployment node, and with ``verify`` compile and run its self-test."""
    from edgewright import toolchain

    tasks: dict[str, Task] = {}
    for node in nodes:
        if session.chooser.choose(node.block).name == "process":
            toolchain.ensure(
                node.block, compiles=verify, tell=lambda line: session.recorder.event("note", text=line)
            )
        foreign = node.block.spec.legacy
        mode = selftest_data(node)
        library = library_node(session.plugins) if foreign else None
        planned = [
            *assembly_tasks(session, mode, build),
            *build_tasks(node, session.planner, f"assemble/{mode}", library),
        ]
        if verify and foreign:
            session.recorder.event(
                "note", text=f"{node.id}: what a block of Edge Impulse's makes can't be verified"
            )
        elif verify:
            planned.append(verify_task(node, session.planner))
        tasks.update((task.id, task) for task in planned)
    for task in tasks:
        # Asked for again, since parameters may differ from those of an earlier time; what didn't change is a hit.
        session.engine.entries.pop(task, None)
    session.engine.run(tasks.values())
    for task in tasks:
        if task.endswith("/verify"):
            _check_verified(session, task)


def _check_verified(session: Session, task: str) -> None:
    """Refuse a package that doesn't compute what Python computed. Raises TaskError."""
    found = json.loads(session.engine.path(task, "verification").read_text(encoding="utf-8"))
    if found.get("ok") is not False:
        return
    beyond = [
        f"{node} by {result['largest_difference']:.3g}"
        for node, result in found.get("nodes", {}).items()
        if result.get("beyond_tolerance")
    ]
    what = ", ".join(beyond) or "in its decisions, its p-values or its stream"
    raise TaskError(task, "bad_output", f"the package's self-test differs from Python: {what}")


def assembly_tasks(session: Session, mode: str, build: str) -> list[Task]:
    """Tasks that lay out the deployment folder with a self-test on data of a kind (``mode``)."""
    planner, samples = session.planner, session.planner.samples
    test = f"selftest/{mode}"
    columns = {node.id: planner.columns(node) for node in session.processing}
    windows = HostTask(
        id=test, node="selftest", operation="selftest", step=assemble.self_test_windows, version=assemble.STEP_VERSION,
        settings={
            "mode": shipped(mode, samples.window), "length": samples.length, "splits": {split: list(samples.splits[split]) for split in SPLITS},
            "columns": {name: None if chosen is None else list(chosen) for name, chosen in columns.items()},
        },
        reads=(FromTask(READ, "signal"), FromTask(INDEX, "index"), FromTask(INDEX, "samples")),
    )  # fmt: skip
    reads = [FromTask(test, "windows"), FromTask(test, "origin")]
    nodes: list[dict[str, Any]] = []
    for node in session.processing:
        chosen = columns[node.id]
        axes = list(range(len(samples.window.get("axes", ())))) if chosen is None else list(chosen)
        nodes.append(
            {
                "id": node.id,
                "type": "processing",
                "block": node.block.name,
                "inputs": ["input"],
                "axes": axes,
                "params": dict(node.params),
            }
        )
        reads += [FromTask(f"{node.id}/export", "export"), FromTask(node.describe, "description")]
        reads.append(FromTask(f"{node.id}/transform/selftest-{mode}", "features"))
    for node in session.learning:
        nodes.append(
            {
                "id": node.id,
                "type": "learning",
                "block": node.title,
                "inputs": list(node.inputs),
                "params": dict(node.params),
            }
        )
        reads += [FromTask(f"{node.id}/export", "export"), FromTask(node.describe, "description")]
        kind = session.description(node.id)["kind"]
        given = "probabilities" if kind == "classification" else "scores"
        reads.append(FromTask(f"{node.id}/score/selftest-{mode}", given))
        if session.engine.has(f"{node.id}/scale", "scale"):
            reads.append(FromTask(f"{node.id}/scale", "scale"))
        if kind == "anomaly" and not node.regions:
            reads.append(FromTask(f"{node.id}/threshold", "threshold"))
    window = {**samples.window, "stride": samples.stride}
    if samples.window["kind"] == "image":
        window["resize"] = session.impulse.input.fit
    if session.impulse.input.whole:
        window["whole"] = True
    together = HostTask(
        id=f"assemble/{mode}", node="assemble", operation="assemble", step=assemble.assemble, version=assemble.STEP_VERSION,
        settings={"mode": mode, "name": session.impulse.name, "build_id": build, "window": window, "nodes": nodes},
        reads=tuple(reads),
    )  # fmt: skip
    return [windows, *self_test_tasks(planner, mode, test), together]
