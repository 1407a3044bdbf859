"""Two runs side by side: what went in differently, and what came out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from edgewright.trees import measure

if TYPE_CHECKING:
    from pathlib import Path

    from edgewright.running import Run

Section = Literal["impulse", "parameters", "blocks", "environment", "data", "metrics", "sizes", "times"]

METRICS = (
    "accuracy", "precision", "recall", "specificity", "f1", "auroc", "average_precision", "fpr", "fnr",
    "macro_f1", "log_loss", "mae", "rmse", "r2",
)  # fmt: skip


@dataclass(frozen=True)
class Row:
    """One thing of both runs; None where a run has no such thing."""

    section: Section
    name: str
    first: Any
    second: Any

    @property
    def differs(self) -> bool:
        """Whether the two runs differ in it."""
        return bool(self.first != self.second)


def compare(first: Run, second: Run) -> list[Row]:
    """List everything that can be told of both runs, section by section, whether it differs or not."""
    facts = [_facts(first), _facts(second)]
    keys = list(dict.fromkeys([*facts[0], *facts[1]]))
    order = list(Section.__args__)  # type: ignore[attr-defined]
    keys.sort(key=lambda key: order.index(key[0]))
    return [Row(section, name, *(fact.get((section, name)) for fact in facts)) for section, name in keys]


def _facts(run: Run) -> dict[tuple[Section, str], Any]:
    facts: dict[tuple[Section, str], Any] = {
        ("impulse", "name"): run.record["name"],
        ("impulse", "build id"): run.record.get("build_id"),
        ("impulse", "status"): run.record["status"],
    }
    for node in run.nodes:
        facts["impulse", f"{node['id']} block"] = node["block"]
        for name, value in (node.get("params") or {}).items():
            facts["parameters", f"{node['id']}.{name}"] = value
    for digest, block in (run.lock.get("blocks") or {}).items():
        name = block.get("name")
        facts["blocks", f"{name} digest"] = digest[:12]
        facts["blocks", f"{name} runner"] = block.get("runner")
        for line in block.get("environment") or ():
            package, _equals, version = str(line).partition("==")
            facts["environment", package] = version
    facts.update(_outcome(run))
    return facts


def _outcome(run: Run) -> dict[tuple[Section, str], Any]:
    facts: dict[tuple[Section, str], Any] = {}
    if (run.path / "outputs" / "data" / "windows.json").is_file():
        for split, (begin, end) in run.windows_info["splits"].items():
            facts["data", f"{split} windows"] = end - begin
    for node in run.node_ids("learning"):
        if (run.path / "outputs" / node / "threshold.json").is_file():
            facts["metrics", f"{node} threshold"] = run.threshold(node)["value"]
        if (run.path / "outputs" / node / "metrics.json").is_file():
            metrics = run.metrics(node)
            for table in ("windows", "recordings"):
                for name in METRICS:
                    value = (metrics.get(table) or {}).get(name)
                    if value is not None:
                        facts["metrics", f"{node} {table} {name}"] = value
        _add_size(facts, f"{node} model", run.model(node))
    for target in run.node_ids("deployment"):
        _add_size(facts, f"{target} package", run.package(target))
    facts["times", "run"] = run.record.get("seconds")
    for task in run.record.get("tasks", []):
        facts["times", task["id"]] = task.get("ran_seconds", task.get("seconds"))
    return facts


def _add_size(facts: dict[tuple[Section, str], Any], name: str, folder: Path) -> None:
    if folder.is_dir():
        facts["sizes", name] = measure(folder.resolve())[0]
