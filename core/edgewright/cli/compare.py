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
    """Put what RUN says of the recordings in DATA beside what OTHER says: anomaly scores, or classes.

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
    classes = document["kind"] == "classification"
    rows: list[tuple[str, str, str]] = [("", str(first["kind"]), str(second["kind"]))]
    if not classes:
        rows.append(("threshold", _shown(first["threshold"]), _shown(second["threshold"])))
    for name in ("windows", "recordings"):
        table = document[name]
        if table is not None:
            rows += _class_rows(name, table) if classes else _score_rows(name, table)
    for title, key, form in (("time of a window", "seconds_per_window", duration), ("size", "bytes", size)):
        rows.append((title, _shown(first[key], form), _shown(second[key], form)))
    console.table(("", str(first["name"]), str(second["name"])), rows)
    for name in ("windows", "recordings"):
        table = document[name]
        if table is None:
            continue
        correlation = [
            f"{word} {_shown(table[word.lower()])}"
            for word in ("Pearson", "Spearman")
            if word.lower() in table
        ]
        told = f"correlation {', '.join(correlation)}; " if correlation else ""
        console.print(
            f"{name}: {told}{table['differ']} of {table['n']} decided otherwise",
            fg="yellow" if table["differ"] else None,
        )
    for window in document["differing"]:
        verdicts = "  ".join(_verdict(window[side], classes) for side in ("first", "second"))
        console.print(f"  {window['sample']}  {window['time']:8.3f} s  {window['label'] or '–'}  {verdicts}")
    if not classes:
        console.print(f"threshold of the second: {second['threshold_from']}")
    for note in document["notes"]:
        console.print(f"note: {note}")


def _score_rows(name: str, table: dict[str, Any]) -> list[tuple[str, str, str]]:
    first, second = table["first"], table["second"]
    called = f"{first['anomalous']} of {table['n']}", f"{second['anomalous']} of {table['n']}"
    rows = [(f"{name} called anomalous", *called)]
    if table["normal"] + table["abnormal"]:
        figures = ("auroc", "fpr", "recall")
        rows += [(f"{name} {figure}", _shown(first[figure]), _shown(second[figure])) for figure in figures]
    return rows


def _class_rows(name: str, table: dict[str, Any]) -> list[tuple[str, str, str]]:
    if not table["labelled"]:
        return []
    first, second = table["first"], table["second"]
    figures = ("accuracy", "macro_f1", "log_loss")
    return [(f"{name} {figure}", _shown(first[figure]), _shown(second[figure])) for figure in figures]


def _verdict(side: dict[str, Any], classes: bool) -> str:
    if classes:
        return f"{side['class']} {side['probability']:.3g}"
    return f"{'ANOMALY' if side['anomalous'] else 'normal '} {side['score']:.4g}"


def _shown(value: float | None, form: Any = number) -> str:
    return "–" if value is None else str(form(value))
