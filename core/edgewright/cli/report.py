"""``edgewright report``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from edgewright.cli.console import Console
from edgewright.cli.lazy import examples
from edgewright.cli.options import json_option, runner_option, trust_option

if TYPE_CHECKING:
    from edgewright.cli.state import State
    from edgewright.report.panels import Panel


@click.command(
    "report",
    epilog=examples(
        "edgewright report runs/latest",
        "edgewright report runs/latest -o pump.html --open",
        "edgewright report runs/latest --sample walking_3 --sample running_1",
    ),
)
@click.argument("run", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="Where to write; default report.html in the run folder.",
)
@click.option("--open", "show", is_flag=True, help="Open it in the browser.")
@click.option(
    "--sample", "samples", multiple=True, metavar="NAME",
    help="Also show this recording beside its reconstruction; as often as you like.",
)  # fmt: skip
@runner_option
@trust_option
@json_option
@click.pass_obj
def command(
    state: State,
    run: Path,
    output: Path | None,
    show: bool,
    samples: tuple[str, ...],
    runner: str,
    trust: bool,
    as_json: bool,
) -> None:
    """Write a run's report again: one self-contained page that needs no network.

    With --sample, nodes that rebuild windows (pca_reconstruction, autoencoder) draw the oddest windows of these recordings, in
    a task of their own that --runner isolates: original and reconstructed features, and of spectra the signal.
    """
    from edgewright.report import write
    from edgewright.report.rebuilt import NamedSamples
    from edgewright.running import Options, Run
    from edgewright.running.rebuilding import rebuilt_samples

    console = Console(as_json)
    finished = Run(run)
    path = output or finished.path / "report.html"
    asked: list[Panel] = []
    if samples:
        drawn = rebuilt_samples(finished, samples, Options(runner=runner, trust=trust), state.plugins)
        asked = [NamedSamples(node, plots) for node, plots in drawn.items()]
    write(finished, path, extra=[*asked, *state.plugins.report_panels()])
    console.print(path)
    console.document({"ok": True, "report": str(path)})
    if show:
        click.launch(path.resolve().as_uri())
