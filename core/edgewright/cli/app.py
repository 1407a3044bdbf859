"""The list of commands, and the one place where a command's end becomes an exit code."""

from __future__ import annotations

import os
import sys
import warnings
from typing import TYPE_CHECKING, Any

import click

import edgewright
from edgewright.cli.console import Console
from edgewright.cli.lazy import LazyGroup
from edgewright.cli.state import State

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Every command: where its ``command`` object is, and what ``--help`` says without importing it.
COMMANDS = {
    "init": ("edgewright.cli.init", "Look at a folder of data and write an impulse.yaml for it."),
    "run": ("edgewright.cli.run", "Run an impulse: features, models, thresholds, report."),
    "score": ("edgewright.cli.score", "Score new recordings with a finished run."),
    "test": ("edgewright.cli.test", "Show how a run does on its test split."),
    "threshold": ("edgewright.cli.threshold", "Show or choose the threshold of a run."),
    "calibrate": (
        "edgewright.cli.calibrate",
        "Weigh false alarms an hour against missed events on a stream.",
    ),
    "compare": (
        "edgewright.cli.compare",
        "Put a run's scores beside another run's, a program's or a list's.",
    ),
    "label": ("edgewright.cli.label", "Label recordings by the clusters or scores that a run found."),
    "report": ("edgewright.cli.report", "Write a run's report again, or open it."),
    "deploy": ("edgewright.cli.deploy", "Build a package for a target from a run."),
    "verify": ("edgewright.cli.verify", "Read what a board's self-test found, over a serial port."),
    "parity": (
        "edgewright.cli.parity",
        "Compare everything that can run a run's impulse: runners, CPUs, boards, wasm.",
    ),
    "estimate": ("edgewright.cli.estimate", "Say what a run takes on a device, and whether it fits."),
    "runs": ("edgewright.cli.runs", "List finished runs, or compare two of them."),
    "features": ("edgewright.cli.features", "Compute a block's features of an array of windows."),
    "blocks": ("edgewright.cli.blocks", "List, show, write, check and run blocks."),
    "data": ("edgewright.cli.data", "Look at a folder of data, split it, or import it."),
    "import": ("edgewright.cli.import_project", "Bring a project along from Edge Impulse."),
    "images": ("edgewright.cli.images", "Build container images, or move them offline."),
    "store": ("edgewright.cli.store", "Check, clean and list the store of results."),
    "doctor": ("edgewright.cli.doctor", "Say what is present here, and how to get what is missing."),
    "demo": ("edgewright.cli.demo", "See it all work on a small motion data set."),
}


@click.command(
    cls=LazyGroup,
    commands_by_name=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="\b\nExamples:\n  edgewright demo\n  edgewright init data/pump -o impulse.yaml\n"
    "  edgewright run impulse.yaml\n  edgewright deploy runs/latest --target cpp -o out/",
)
@click.version_option(edgewright.__version__, prog_name="edgewright")
@click.pass_context
def application(context: click.Context) -> None:
    """Blocks in, a portable C++ or WASM library out: machine learning for the edge, on your own machine."""
    if context.obj is None:
        context.obj = State()


def run(arguments: Sequence[str], *, state: State | None = None) -> int:
    """Run one command line and return its exit code; every error is printed, none is raised.

    ``EDGEWRIGHT_DEBUG=1`` shows tracebacks.
    """
    _plain_warnings()
    as_json = "--json" in arguments
    try:
        result = application.main(
            args=list(arguments), prog_name="edgewright", standalone_mode=False, obj=state or State()
        )
        sys.stdout.flush()
    except BrokenPipeError:
        # Our reader (head, less) has gone; nobody is left to tell. Keep the interpreter from trying again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 1
    except (Exception, KeyboardInterrupt) as error:
        from edgewright.cli.failures import report  # with tempfile and traceback, a tenth of `--help`

        return report(error, as_json=as_json)
    return result if isinstance(result, int) and not isinstance(result, bool) else 0


def _plain_warnings() -> None:
    """Warnings are for people here: one line, without the place in our code."""

    def show(message: Warning | str, category: type[Warning], *_place: Any, **_more: Any) -> None:
        if not issubclass(category, (DeprecationWarning, PendingDeprecationWarning, ResourceWarning)):
            Console().note(f"warning: {message}", fg="yellow")

    if os.environ.get("EDGEWRIGHT_DEBUG", "") in ("", "0"):
        warnings.showwarning = show
