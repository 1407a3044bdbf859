"""No fault is without a test: ``cases.yaml`` is whole, and what it names is there."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SERIES = {"F": 41, "S": 7, "G": 4, "C": 3, "W": 1, "R": 1}
RUNNERS = ("docker", "bwrap", "process")
CASES: dict[str, dict[str, Any]] = YAML(typ="safe").load(HERE / "cases.yaml")


@lru_cache
def functions(file: Path) -> dict[str, str]:
    """Tests of a file, each with its text."""
    parts = re.split(r"^def (test_\w+)\(", file.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def here() -> dict[str, str]:
    return {name: text for file in HERE.glob("test_*.py") for name, text in functions(file).items()}


def runners_of(text: str) -> set[str]:
    """Under which runners a test of this folder says anything."""
    if "evil: Any" not in text.split(") -> None:")[0]:
        return {"docker"}  # it makes a runner of its own
    left = re.search(r"^    only\(([^)]*)\)", text, flags=re.MULTILINE)
    return set(re.findall(r'"(\w+)"', left[1])) if left else set(RUNNERS)


def test_no_case_is_missing() -> None:
    assert list(CASES) == [f"{letter}{n:02}" for letter, last in SERIES.items() for n in range(1, last + 1)]
    fixtures = {path.name[:3] for path in HERE.glob("[A-Z][0-9][0-9]_*")} - {"F00"}
    assert fixtures <= set(CASES)


def test_each_case_is_held_where_it_says() -> None:
    ours, wrong = here(), []
    for case, entry in CASES.items():
        held = {runner for name in entry.get("evil", ()) for runner in runners_of(ours[name])}
        for place in (*RUNNERS, "unit"):
            for named in entry.get(place, ()):
                file, _, name = named.partition("::")
                if name in functions(ROOT / file):
                    held.add(place)
                else:
                    wrong.append(f"{case}: there is no {named}")
        missing = set(entry["where"]) - held
        if missing or not (entry["where"] or entry.get("nothing")):
            wrong.append(f"{case}: no test for {sorted(missing)}")
    assert wrong == []


def test_each_test_of_a_fault_is_in_the_list() -> None:
    listed = {name for entry in CASES.values() for name in entry.get("evil", ())}
    assert {name for name in here() if re.match(r"test_f(?!00)\d\d_", name)} == listed
