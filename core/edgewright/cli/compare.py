"""``edgewright compare``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from edgewright.cli.amounts import duration, number, size
from edgewright.cli.console import Console
from edgewright.cli.lazy import examples
from edgewright.cli.options import json_option, runner_option, trust_option

if TYPE_CHECKING:
    from edgewright.cli.state import State


@click.command(
    "compare",
    epilog=examples(
        "edgewright compare runs/latest runs/before data/new",
        "edgewright compare runs/latest out/wasm data/new -o compare.html",
        "edgewright compare runs/latest model.eim data/new",
        "edgewright compare runs/latest model.onnx data/new --classes idle,wave --normal idle",
        "edgewright compare runs/latest scores.csv data/new --threshold 0.3",
    ),
)
@click.argument("run", type=click.Path(path_type=Path))
@click.argument("other", type=click.Path(path_type=Path))
@click.argument("data", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="PAGE",
    help="Write a page (HTML) too.",
)
@click.option("--node", help="Anomaly node of RUN; needed where it has several.")
@click.option("--other-node", help="Anomaly node of OTHER, where it is a run or a package with several.")
@click.option(
    "--threshold",
    type=float,
    help="Threshold of OTHER; its own, or one that flags as much as RUN's, if not given.",
)
@click.option(
    "--by",
    type=click.Choice(["anomaly", "classes"]),
    help="Which result of OTHER is its score, where it gives both.",
)
@click.option("--classes", help="Names of an ONNX file's classes in order, with commas.")
@click.option(
    "--normal", multiple=True, metavar="CLASS", help="Class of OTHER that is normal; may be repeated."
)
@click.option(
    "--input", "takes", type=click.Choice(["features", "windows"]), help="What an ONNX file is fed with."
)
@click.option(
    "--top", default=12, show_default=True, type=click.IntRange(0, 200), help="Differing decisions to show."
)
@runner_option
@trust_option
@json_option
@click.pass_obj
def command(
    state: State,
    run: Path,
    other: Path,
    data: Path,
    output: Path | None,
    node: str | None,
    other_node: str | None,
    threshold: float | None,
    by: Any,
    classes: str | None,
    normal: tuple[str, ...],
    takes: Any,
    top: int,
    runner: str,
    trust: bool,
    as_json: bool,
) -> None:
    """Put the scores of RUN beside those of OTHER over the recordings in DATA.

    OTHER is another run, a WebAssembly package (of ours, or Edge Impulse's with its JavaScript), a Linux .eim, an ONNX
    file, a CSV of scores (sample or file, start in seconds or start_ms, score or a column for each class) or K-means
    tables. An .eim and Edge Impulse's JavaScript are foreign programs: they run in a container, or with --runner process
    --trust with your own rights. `edgewright runs compare` compares the records of two runs instead: parameters,
    versions, metrics.
    """
    from edgewright.comparing import Wishes, compare_scores
    from edgewright.running import Options, Run

    console = Console(as_json)
    names = [name.strip() for name in classes.split(",")] if classes else []
    wishes = Wishes(node, other_node, threshold, by, names, normal, takes)
    compared = compare_scores(
        Run(run),
        other,
        data,
        wishes=wishes,
        options=Options(runner=runner, trust=trust),
        plugins=state.plugins,
        most=top,
    )
    document = compared.document
    if output is not None:
        from edgewright.comparing.page import write_page

        write_page(compared, output)
    _print(console, document)
    if output is not None:
        console.print(f"wrote {output}", bold=True)
    console.document({**document, "page": None if output is None else str(output)})


def _print(console: Console, document: dict[str, Any]) -> None:
    first, second = document["first"], document["second"]
    rows: list[tuple[str, str, str]] = [
        ("", str(first["kind"]), str(second["kind"])),
        ("threshold", _shown(first["threshold"]), _shown(second["threshold"])),
    ]
    for name in ("windows", "recordings"):
        table = document[name]
        if table is None:
            continue
        sides = table["first"], table["second"]
        rows.append((f"{name} called anomalous", *(f"{side['anomalous']} of {table['n']}" for side in sides)))  # type: ignore[arg-type]
        if table["normal"] + table["abnormal"]:
            rows += [
                (f"{name} {figure}", _shown(sides[0][figure]), _shown(sides[1][figure]))
                for figure in ("auroc", "fpr", "recall")
            ]
    rows += [
        ("time of a window", *(_shown(side["seconds_per_window"], duration) for side in (first, second))),  # type: ignore[list-item]
        ("size", *(_shown(side["bytes"], size) for side in (first, second))),  # type: ignore[list-item]
    ]
    console.table(("", str(first["name"]), str(second["name"])), rows)
    for name in ("windows", "recordings"):
        table = document[name]
        if table is not None:
            console.print(
                f"{name}: correlation Pearson {_shown(table['pearson'])}, Spearman {_shown(table['spearman'])}; "
                f"{table['differ']} of {table['n']} decided otherwise",
                fg="yellow" if table["differ"] else None,
            )
    for window in document["differing"]:
        verdicts = "  ".join(
            f"{'ANOMALY' if side['anomalous'] else 'normal '} {side['score']:.4g}"
            for side in (window["first"], window["second"])
        )
        console.print(f"  {window['sample']}  {window['time']:8.3f} s  {window['label'] or '–'}  {verdicts}")
    console.print(f"threshold of the second: {second['threshold_from']}")
    for note in document["notes"]:
        console.print(f"note: {note}")


def _shown(value: float | None, form: Any = number) -> str:
    return "–" if value is None else str(form(value))
