"""``edgewright features``."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from edgewright.cli.console import Console
from edgewright.cli.importance import read_labels, show_importance
from edgewright.cli.lazy import examples
from edgewright.cli.options import json_option, runner_option, trust_option
from edgewright.cli.parameters import params_options, read_params
from edgewright.errors import DataError, UsageError
from edgewright.trees import replacing

if TYPE_CHECKING:
    from edgewright.cli.state import State

#: How many of the windows a page is about.
PLOTTED = 6


@click.command(
    epilog=examples(
        "edgewright features flatten X.npy -o F.npy --axes accX,accY,accZ",
        "edgewright features spectral_analysis X.npy -o F.npy --frequency 62.5 -p fft-length=64 --json",
        "edgewright features ./my_block X.npy -o F.npy --runner docker",
        "edgewright features spectral_analysis X.npy -o F.npy --frequency 62.5 --plot features.html",
        "edgewright features flatten X.npy --importance --labels y.txt",
        "edgewright features spectral impulse.yaml --importance    # of the node `spectral`",
    )
)
@click.argument("block")
@click.argument("windows", type=click.Path(path_type=Path), metavar="X.npy|IMPULSE")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="F.npy",
    help="Where the features go: float32, shape (n, f). Needed, but with --importance.",
)
@params_options
@click.option(
    "--frequency", type=float, metavar="HZ", help="Samples a second of the windows; 1 if not given."
)
@click.option("--axes", metavar="A,B", help="Names of the axes, which begin the labels.")
@click.option(
    "--plot",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="OUT.html",
    help="Also write a page with what the block draws, the features and the windows.",
)
@click.option(
    "--importance",
    is_flag=True,
    help="Rank the features by how well they tell labels apart: those of --labels, or of an impulse's training windows.",
)
@click.option(
    "--labels",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="One label a window of X.npy: text with one a line, a list in .json, a .npy. Empty: none.",
)
@runner_option
@trust_option
@json_option
@click.pass_obj
def command(
    state: State,
    block: str,
    windows: Path,
    output: Path | None,
    pairs: tuple[str, ...],
    params_file: Path | None,
    frequency: float | None,
    axes: str | None,
    plot: Path | None,
    importance: bool,
    labels: Path | None,
    runner: str,
    trust: bool,
    as_json: bool,
) -> None:
    """Compute a processing block's features of an array of windows.

    X.npy holds float32 windows of shape (n, length, axes), or uint8 images of shape (n, height, width, channels). With
    --importance it may be an impulse.yaml, and BLOCK the id of one of its nodes.
    """
    from edgewright.face import open_block
    from edgewright.single import as_windows, window_spec

    console = Console(as_json)
    if windows.suffix in (".yaml", ".yml"):
        given = {
            "-o": output, "-p": pairs, "--params": params_file, "--frequency": frequency, "--axes": axes,
            "--plot": plot, "--labels": labels,
        }  # fmt: skip
        _of_impulse(
            console, state, block, windows, [name for name, value in given.items() if value],
            importance=importance, options={"runner": runner, "trust": trust},
        )  # fmt: skip
        return
    _check_words(importance, labels, output or plot)
    if output is not None and output.suffix != ".npy":
        raise UsageError(
            f"-o {output}: features are written as .npy", hint=f"-o {output.with_suffix('.npy')}"
        )
    values = load_windows(windows)
    if plot is not None and not len(values):
        raise UsageError(f"--plot: {windows} holds no window to draw", hint="leave --plot out")
    said = None if labels is None else read_labels(labels)
    names = None if axes is None else [name.strip() for name in axes.split(",")]
    started = time.perf_counter()
    with open_block(block, runner=runner, trust=trust, plugins=state.plugins) as opened:
        params = read_params(opened.block.spec, pairs, params_file)
        features = opened.transform(values, frequency=frequency, axes=names, params=params)
        ran, used = opened.seconds, opened.runner
        drawn = []
        if plot is not None:
            drawn = opened.plots(values[:PLOTTED], frequency=frequency, axes=names, params=params)
    total = time.perf_counter() - started
    for warning in opened.warnings:
        console.note(f"warning: {warning}", fg="yellow")
    ranking = None
    if said is not None:
        from edgewright.ranking import rank_features

        ranking = rank_features(features, said, runner=runner, plugins=state.plugins)
    if output is not None:
        save_array(output, features.values)
    if plot is not None:
        from edgewright.report.block_page import render_block_page
        from edgewright.report.page import save

        shown = values[:PLOTTED]
        about = {"runner": used, **{name: str(value) for name, value in params.items()}}
        page = render_block_page(
            opened.block.name,
            windows=shown,
            window=window_spec(as_windows(shown), frequency=frequency, axes=names),
            features=replace(features, values=features.values[:PLOTTED]),
            plots=drawn,
            about=about,
        )
        save(page, plot)
    console.print(
        f"{output or opened.block.name}: {features.values.shape[0]} windows × {features.values.shape[1]} features "
        f"in {ran * 1000:.1f} ms ({used})"
    )
    if plot is not None:
        console.print(f"{plot}: {len(drawn)} plots of the block")
    if ranking is not None:
        show_importance(console, opened.block.name, ranking)
    console.document(
        {
            "block": opened.block.name,
            "output": None if output is None else str(output),
            "page": None if plot is None else str(plot),
            "windows": features.values.shape[0],
            "features": features.values.shape[1],
            "labels": list(features.labels),
            "shape": features.shape,
            "params": opened.complete(params),
            "runner": used,
            "seconds": {"transform": ran, "total": total},
            **({} if ranking is None else {"importance": ranking}),
        }
    )


def _check_words(importance: bool, labels: Path | None, output: Path | None) -> None:
    if importance and labels is None:
        raise UsageError(
            "--importance ranks features by how well they tell labels apart, and there are none",
            hint="give one a window by --labels FILE, or an impulse.yaml in the place of X.npy",
        )
    if labels is not None and not importance:
        raise UsageError("--labels is for --importance", hint="add --importance, or leave --labels out")
    if output is None and not importance:
        raise UsageError(
            "nowhere to write the features", hint="give -o F.npy, or --plot OUT.html to look at them"
        )


def _of_impulse(
    console: Console,
    state: State,
    node: str,
    impulse: Path,
    given: list[str],
    *,
    importance: bool,
    options: dict[str, Any],
) -> None:
    """Rank the features at a node of an impulse."""
    from edgewright.cli.run import RunListener
    from edgewright.ranking import rank_impulse
    from edgewright.running import Options

    if not importance:
        raise UsageError(
            f"{impulse} is an impulse", hint="`edgewright run` computes its features; --importance ranks them"
        )
    if given:
        raise UsageError(f"{given[0]} doesn't go with an impulse", hint="the impulse says it, or its data")
    with console.progress("ranking") as update:
        listener = RunListener(console, update)
        document = rank_impulse(
            impulse, node, options=Options(**options), plugins=state.plugins, listeners=(listener,)
        )
    show_importance(console, node, document)
    console.document({"node": node, "impulse": str(impulse), "importance": document})


def load_windows(path: Path) -> Any:
    """Read an array of windows.

    Raises
    ------
    DataError
        The file isn't there or is no ``.npy`` of numbers.
    """
    import numpy as np

    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except FileNotFoundError:
        raise DataError(f"{path}: no such file") from None
    except (OSError, ValueError, EOFError) as error:
        raise DataError(
            f"{path}: not an array that can be read: {error}",
            hint="write it by numpy.save: float32 windows of shape (n, length, axes)",
        ) from None
    if not isinstance(array, np.ndarray):
        raise DataError(f"{path}: an archive of arrays", hint="save the windows alone, by numpy.save")
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise DataError(f"{path}: holds NaN or infinity", hint="blocks take finite windows only")
    return array


def save_array(path: Path, array: Any) -> None:
    """Write an array beside its place, then rename it: nobody ever sees half a file."""
    import numpy as np

    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as unfinished, unfinished.open("wb") as file:
        np.save(file, array, allow_pickle=False)
