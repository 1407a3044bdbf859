"""What a package's self-test found, with the names of the windows that it speaks of."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def read_verification(path: Path, impulse: Path) -> dict[str, Any]:
    """Read ``verification.json``; where it lists decisions that differ, ``sample`` and ``start`` say of which window.

    Parameters
    ----------
    path : Path
        What `verify` wrote. It knows windows of the self-test by their number only.
    impulse : Path
        The deployment folder that the package was built from. Another one (of a self-test on other data) names nothing.
    """
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    decisions = impulse / "selftest" / "decisions.json"
    listed = document.get("decisions_differ")
    if isinstance(listed, list) and listed and decisions.is_file():
        windows = json.loads(decisions.read_text(encoding="utf-8"))
        document["decisions_differ"] = [{**_name(one, windows), **one} for one in listed]
    return document


def _name(differing: Mapping[str, Any], windows: list[dict[str, Any]]) -> dict[str, Any]:
    number = differing.get("window")
    if not isinstance(number, int) or not 0 <= number < len(windows):
        return {}
    window = windows[number]
    score = window["nodes"].get(differing.get("node"), {}).get("score", math.nan)
    if not math.isclose(score, differing.get("python_score", math.inf), rel_tol=1e-6, abs_tol=1e-30):
        return {}
    return {"sample": window["sample"], "start": window["start"]}
