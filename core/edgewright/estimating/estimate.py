"""Let the footprint block look at a trained impulse, for a run or for whoever asks about a finished one."""

from __future__ import annotations

import json
import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgewright.errors import UsageError
from edgewright.estimating.fits import TASK, Room, fits_document
from edgewright.running.packaging import build_packages, deployment_node, export_nodes, selftest_data
from edgewright_specs.devices import device_of, device_of_impulse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edgewright.plugins import Plugins
    from edgewright.running.record import Listener
    from edgewright.running.run import Run
    from edgewright.running.session import Options, Session
    from edgewright_specs.devices import DeviceProfile
    from edgewright_specs.impulse import DeviceSpec

BLOCK = "footprint"
PLAN = "plan.json"
DEFAULT_CPU = "cortex-m4f"
#: What the block looks for; which of these are here belongs to its key, so that one installed later counts.
TOOLS = ("arm-none-eabi-gcc", "qemu-system-arm", "valgrind", "g++", "clang++")
WHEELS = ("ziglang", "wasmtime")


def estimate(
    run: Run,
    device: str | DeviceSpec | None = None,
    *,
    optimisation: str = "-O2",
    base: Path | None = None,
    options: Options | None = None,
    plugins: Plugins | None = None,
    listeners: Sequence[Listener] = (),
) -> dict[str, Any]:
    """Compile a finished run's impulse for a device and say what it takes there, beside what there is.

    Parameters
    ----------
    run : Run
    device : str or DeviceSpec, optional
        A profile, a file or values; without it the impulse's own.
    optimisation : {"-Os", "-O2", "-O3"}
    base : Path, optional
        Where a file's path starts; by default the impulse's folder.

    Returns
    -------
    dict
        :func:`~edgewright.estimating.fits.fits_document`.

    Raises
    ------
    UsageError
        No device is named, neither here nor in the impulse.
    """
    from edgewright.plugins import make_plugins
    from edgewright.running.impulse import reopened
    from edgewright.running.session import Options

    plugins, options = plugins or make_plugins(), options or Options()
    folder = Path(run.record["base"])
    with reopened(run, options, plugins=plugins, listeners=listeners) as session:
        if device is None:
            profile = device_of_impulse(session.impulse, folder)
            if profile is None:
                raise UsageError(
                    f"{run.path}: its impulse names no device", hint="--device NAME; `edgewright estimate --list` shows the profiles"
                )  # fmt: skip
        else:
            profile = device_of(device, base or folder)
        return look(session, export_nodes(session), profile, optimisation=optimisation)


def fits_of_run(session: Session, build: str) -> dict[str, Any] | None:
    """What a run's exported nodes take at least, where the impulse names a device or a budget; nothing is compiled.

    None where nothing is named, or a node has no device code.
    """
    impulse = session.impulse
    nodes = (*session.processing, *session.learning)
    if (impulse.device is None and impulse.budget is None) or not all(
        session.engine.has(f"{node.id}/export", "export") for node in nodes
    ):
        return None
    profile = device_of_impulse(impulse, Path(session.recorder.document["base"]))
    return look(session, build, profile)


def look(
    session: Session, build: str, device: DeviceProfile | None, *, optimisation: str | None = None
) -> dict[str, Any]:
    """Ask the block, compiling where an ``optimisation`` is given, and keep what was found in the record."""
    compiles = optimisation is not None
    mode = next((selftest_data(node) for node in session.deployment), "recorded")
    params = {
        "cpu": DEFAULT_CPU if device is None else device.cpu,
        "selftest-data": mode,
        **({"optimisation": optimisation} if compiles else {}),
    }
    node = deployment_node(BLOCK, Path.cwd(), session.plugins, None, params, name=TASK)
    if compiles and session.chooser.choose(node.block).name == "process":
        node = deployment_node(
            BLOCK, Path.cwd(), session.plugins, None, {**params, "tools": _tools()}, name=TASK
        )
    build_packages(session, [node], build, verify=compiles)
    package = session.engine.path(f"{TASK}/build", "package")
    plan = json.loads((package / PLAN).read_text(encoding="utf-8"))
    measured = None
    if compiles:
        path = session.engine.path(f"{TASK}/verify", "verification")
        measured = json.loads(path.read_text(encoding="utf-8"))
    room = Room.of(device, session.impulse.budget)
    document = fits_document(plan, measured, device, room, period_ms=_period(session))
    session.recorder.set(fits=document)
    return document


def _tools() -> str:
    here = [name for name in TOOLS if shutil.which(name)] + [name for name in WHEELS if find_spec(name)]
    return " ".join(here)


def _period(session: Session) -> float | None:
    """Milliseconds from one window of a stream to the next."""
    window = session.planner.samples.window
    if window["kind"] != "time-series":
        return None
    return 1000 * session.planner.samples.stride / float(window["frequency"])
