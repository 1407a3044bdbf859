"""``edgewright data split``."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from edgewright.cli.console import Console
from edgewright.cli.lazy import examples
from edgewright.cli.options import json_option
from edgewright_specs.interface import SPLITS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edgewright.cli.state import State


@click.command(
    "split",
    epilog=examples("edgewright data split impulse.yaml", "edgewright data split impulse.yaml --json"),
)
@click.argument("impulse", type=click.Path(path_type=Path))
@click.option("--list", "listed", is_flag=True, help="List every recording or image with its split.")
@json_option
@click.pass_obj
def command(state: State, impulse: Path, listed: bool, as_json: bool) -> None:
    """Show which recordings an impulse trains, calibrates and tests on, how many windows each split has, and leakage.

    Leakage: near-duplicate windows (the same up to a shift, a factor and an offset) on two sides of the split.
    """
    from edgewright.data import index, inventory, read
    from edgewright.data.leakage import leakage_of
    from edgewright.planner.nodes import training_of
    from edgewright.registry import resolve
    from edgewright.single import workspace
    from edgewright_specs.loading import load_impulse

    console = Console(as_json)
    spec = load_impulse(impulse)
    base = impulse.resolve().parent
    learned = [
        training_of(
            resolve(node.block, base, state.plugins, operates_on=node.operates_on, otherwise="learning")
        )
        for node in spec.learning
    ]
    with workspace() as folder:
        files = inventory(spec.data, base, state.plugins)
        read(files, spec.data, spec.input, folder)
        summary = index(
            folder, spec.data, spec.input, folder,
            normal_only="normal-only" in learned, by_label="labelled" in learned, seed=spec.seed,
        )  # fmt: skip
        samples = json.loads((folder / "samples.json").read_text(encoding="utf-8"))
        windows = json.loads((folder / "windows.json").read_text(encoding="utf-8"))
        leakage = leakage_of(folder, folder)
    counts = Counter((sample["label"], sample["split"]) for sample in samples)
    labels = sorted({sample["label"] for sample in samples}, key=lambda label: (label is None, label or ""))
    rows: list[list[object]] = [
        ["(none)" if label is None else label, *(counts[label, split] for split in SPLITS)]
        for label in labels
    ]
    ranges = windows["splits"]
    sizes = {split: ranges[split][1] - ranges[split][0] if split in ranges else 0 for split in SPLITS}
    images = windows["kind"] == "image"
    console.table(["images" if images else "recordings", *SPLITS], rows)
    if not images:  # each of which is one window
        console.print()
        console.table(["windows", *SPLITS], [["", *sizes.values()]])
    for line in summary.lines:
        console.print(line)
    for warning in (*summary.warnings, *leakage["warnings"]):
        console.print(f"warning: {warning}", fg="yellow")
    _show_leakage(console, leakage, images=images)
    if listed:
        console.table(
            ["split", "label", "image" if images else "recording", "file"],
            [
                [s["split"], "(none)" if s["label"] is None else s["label"], s["name"], s["file"]]
                for s in samples
            ],
        )
    console.document(
        {"ok": True, "windows": sizes, "samples": samples, "lines": list(summary.lines), "leakage": leakage}
    )


def _show_leakage(console: Console, leakage: Mapping[str, Any], *, images: bool) -> None:
    what = "images" if images else "windows"
    if not leakage["pairs"]:
        console.print(
            f"no near-duplicates across splits among {leakage['looked_at']} of {leakage['windows']} {what}"
        )
        return
    if images:
        pairs = [
            [*(f"{side['recording']} ({side['split']})" for side in pair["sides"]), pair["correlation"]]
            for pair in leakage["pairs"]
        ]
        console.table(["image", "and", "correlation"], pairs)
        return
    places = [
        [f"{side['recording']} ({side['split']}, {side['seconds']:.1f} s)" for side in pair["sides"]]
        for pair in leakage["pairs"]
    ]
    rows = [
        [*place, pair["windows"], pair["correlation"]]
        for place, pair in zip(places, leakage["pairs"], strict=True)
    ]
    console.table(["recording", "and", "shared windows", "correlation"], rows)
