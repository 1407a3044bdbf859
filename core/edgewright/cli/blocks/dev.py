"""``edgewright blocks dev``."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from edgewright.cli.console import Console
from edgewright.cli.lazy import examples
from edgewright.cli.options import json_option
from edgewright.cli.parameters import params_options, read_params
from edgewright.errors import DataError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edgewright.cli.state import State
    from edgewright.devloop import Attempt, Changes, Sample
    from edgewright_specs.parameters import BlockSpec

#: Rows of the table on a terminal; the page has all.
SHOWN = 30


@click.command(
    epilog=examples(
        "edgewright blocks dev my_block",
        "edgewright blocks dev my_block --sample walking.csv -p scale-axes=2 --plot out.html",
        "edgewright blocks dev my_block --sample data/ --window-ms 1000 --once",
    )
)
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False), metavar="DIR")
@click.option(
    "--sample",
    "sample_path",
    type=click.Path(path_type=Path, exists=True),
    metavar="FILE|DIR",
    help="What to run it on: windows or a signal as .npy, a recording (csv, wav, …), or a data folder. Made up if not given.",
)
@params_options
@click.option("--frequency", type=float, metavar="HZ", help="Samples a second, where the file doesn't say.")
@click.option("--axes", metavar="A,B", help="Names for an array's columns; of a recording, which to take.")
@click.option(
    "--window-ms", type=float, default=2000.0, show_default=True, help="Length of a window cut from a signal."
)
@click.option(
    "--windows", "most", type=int, default=8, show_default=True, help="How many windows to take at most."
)
@click.option(
    "--plot",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="OUT.html",
    help="Write a page with plots, features and windows at each run.",
)
@click.option(
    "--once", is_flag=True, help="Run once and end: exit code 0, 1 if it failed, 2 if the spec is wrong."
)
@click.option(
    "--runner",
    default="process",
    show_default=True,
    help="How it is isolated: process (not at all), docker or bwrap.",
)
@json_option
@click.pass_obj
def command(
    state: State,
    folder: Path,
    sample_path: Path | None,
    pairs: tuple[str, ...],
    params_file: Path | None,
    frequency: float | None,
    axes: str | None,
    window_ms: float,
    most: int,
    plot: Path | None,
    once: bool,
    runner: str,
    as_json: bool,
) -> int:
    """Run a block at each save on a sample, and show what comes out and what changed. Ctrl-C ends it.

    Its code runs as a plain process with your own rights, as in its own tests: use it for blocks that you write. --runner
    isolates it.
    """
    from edgewright.devloop import Watched, attempt, compare, read_sample

    console = Console(as_json)
    if as_json and not once:
        raise UsageError("--json prints one document, a loop has no end", hint="add --once")
    if frequency is not None and not 0 < frequency < float("inf"):
        raise UsageError(f"--frequency {frequency}", hint="allowed: a positive number of samples a second")
    names = None if axes is None else [name.strip() for name in axes.split(",")]

    def sampled() -> Sample | None:
        if sample_path is None:
            return None
        readers = state.plugins.readers()
        return read_sample(
            sample_path, readers, frequency=frequency, axes=names, window_ms=window_ms, most=most
        )

    def params_of(spec: BlockSpec) -> dict[str, Any]:
        return read_params(spec, pairs, params_file)

    def show(tried: Attempt, changes: Changes | None) -> None:
        _show(console, tried, changes)
        if plot is not None:
            _draw(console, plot, folder.resolve().name, tried)

    sample = sampled()
    if once:
        tried = attempt(folder, state.plugins, sample, params_of, runner=runner)
        show(tried, None)
        console.document(_document(tried))
        return {"ok": 0, "failed": 1, "spec": 2}[tried.status]
    beside = [path for path in (sample_path, params_file) if path is not None and path.is_file()]
    watched = Watched(folder, beside, [plot] if plot is not None else [])
    last: Attempt | None = None
    with contextlib.suppress(KeyboardInterrupt):  # how a loop is ended
        while True:
            tried = attempt(
                folder, state.plugins, sample, params_of, None if last is None else last.window, runner
            )
            changes = None
            if tried.table is not None:
                if last is not None and last.table is not None:
                    changes = compare(last.table, tried.table)
                last = tried
            show(tried, changes)
            console.print(f"\n{time.strftime('%H:%M:%S')}  {_some(watched.wait())}", bold=True)
            try:
                sample = sampled()
            except DataError as error:  # while it is being replaced: go on with the one before
                console.print(str(error), fg="red")
    return 0


def _some(files: Sequence[str]) -> str:
    return ", ".join(files[:4]) + (", …" if len(files) > 4 else "")


def _show(console: Console, tried: Attempt, changes: Changes | None) -> None:
    for number, problem in enumerate(tried.problems):
        console.print(f"{'' if tried.status == 'spec' or number == 0 else '    '}{problem}", fg="red")
    table = tried.table
    if table is None:
        return
    rows, columns = table.values.shape
    console.print(
        f"{columns} {'features' if tried.what == 'transform' else 'values'} of {rows} {'rows' if tried.window is None else 'windows'} in {tried.seconds * 1000:.2f} ms · {tried.origin}{_window(tried)}",
        fg="green",
    )
    moved = changes.before if changes is not None else {}
    heads = ["", *tried.names[:2], *(["before"] if moved else [])]
    lines = []
    for place in range(min(columns, SHOWN)):
        label = table.labels[place]
        line: list[object] = [label, *(f"{value:.6g}" for value in table.values[:2, place])]
        if moved:
            line.append(f"{moved[label]:.6g}" if label in moved else "")
        lines.append(line)
    console.table(heads, lines, indent=2)
    if columns > SHOWN:
        console.print(f"  … and {columns - SHOWN} more: --plot OUT.html shows them all")
    if changes is not None:
        console.print(changes.summary(columns))


def _window(tried: Attempt) -> str:
    window = tried.window
    if window is None:
        return ""
    if window["kind"] == "image":
        return f", {window['width']}×{window['height']}×{window['channels']}"
    return f", {window['length']} × {', '.join(window['axes'][:6])} at {window['frequency']:g} Hz"


def _draw(console: Console, plot: Path, name: str, tried: Attempt) -> None:
    from edgewright.face import BlockFeatures
    from edgewright.report.block_page import render_block_page
    from edgewright.report.page import save

    table = tried.table
    page = render_block_page(
        name,
        windows=tried.windows,
        window=tried.window,
        features=None if table is None else BlockFeatures(table.values, table.labels, table.shape),
        plots=tried.plots,
        names=tried.names,
        about={"sample": tried.origin} if tried.origin else {},
        warnings=tried.problems,
    )
    save(page, plot)
    console.print(f"{plot}: {len(tried.plots)} plots of the block")


def _document(tried: Attempt) -> dict[str, Any]:
    table = tried.table
    return {
        "status": tried.status,
        "problems": list(tried.problems),
        "sample": tried.origin,
        "window": tried.window,
        "rows": list(tried.names),
        "columns": [] if table is None else list(table.labels),
        "values": [] if table is None else table.values.tolist(),
        "seconds": tried.seconds,
        "plots": list(tried.plots),
    }
