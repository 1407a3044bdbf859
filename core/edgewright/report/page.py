"""Put panels into one HTML page that needs nothing from outside and runs nothing but its own script.

Everything that a block, a data set or a user wrote goes in as one JSON block, in which ``<`` is written ``\\u003c``, and
reaches the page as text nodes or through :file:`assets/chart.js`, which escapes what plotly would read as markup. The
policy names the hashes of the two scripts, so that no other can run, whatever slipped through.
"""

from __future__ import annotations

import base64
import hashlib
import importlib.util
import json
import shlex
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgewright.errors import EdgewrightError
from edgewright.report.panels import panels, plain
from edgewright.trees import replacing
from edgewright.wording import wording

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from edgewright.report.panels import Panel
    from edgewright.running.run import Run

#: In the order they run; each is a small script over the global ``ew``.
SCRIPTS = (
    "dom.js", "chart.js", "graph.js", "overview.js", "features.js", "importance.js", "map.js", "anomaly.js", "scores.js", "worst.js", "gallery.js", "plots.js", "memory.js", "comparison.js", "page.js"
)  # fmt: skip
MAX_BYTES = 30_000_000


def write(run: Run, out: Path, *, extra: Sequence[Panel] = ()) -> None:
    """Write the report of a run.

    Parameters
    ----------
    run : Run
        A run folder, finished or failed.
    out : Path
        The HTML file; it appears whole or not at all.
    extra : sequence of Panel
        Panels of plugins.

    Raises
    ------
    EdgewrightError
        Plotly isn't installed whole, or the file can't be written.
    """
    save(render(panels(run, extra), run_info(run)), out)


def save(page: bytes, out: Path) -> None:
    """Write a page so that it appears whole or not at all. Raises EdgewrightError."""
    try:
        with replacing(out) as unfinished:
            unfinished.write_bytes(page)
    except OSError as error:
        raise EdgewrightError(
            f"{out}: the report can't be written: {error.strerror}", hint="choose another place with -o"
        ) from None


def run_info(run: Run) -> dict[str, Any]:
    """What the page shows of a run's record: name, place, times, tasks by node, nodes, versions, warnings."""
    record = run.record
    nodes: dict[str, dict[str, Any]] = {}
    for task in record.get("tasks", []):
        name = str(task.get("node") or str(task["id"]).partition("/")[0])
        node = nodes.setdefault(name, {"hit": 0, "ran": 0, "failed": 0, "skipped": 0, "seconds": 0.0})
        node[task["status"]] = node.get(task["status"], 0) + 1
        node["seconds"] += float(task.get("seconds") or 0.0)
    slowest = sorted(record.get("tasks", []), key=lambda task: -float(task.get("seconds") or 0.0))
    keep = ("id", "node", "operation", "status", "reason", "message", "log_tail", "seconds", "key")
    document = {
        "name": str(record.get("name", "")),
        "unit": wording(run).window,
        "path": _place(run),
        "status": str(record.get("status", "")),
        "started": str(record.get("started", "")),
        "seconds": record.get("seconds"),
        "runner": str(record.get("runner", "")),
        "build_id": str(record.get("build_id") or ""),
        "versions": {str(key): str(value) for key, value in (record.get("versions") or {}).items()},
        "warnings": [str(text) for text in record.get("warnings", [])],
        "nodes": [
            {
                "id": str(n["id"]),
                "type": str(n["type"]),
                "block": str(n.get("block", "")),
                "inputs": list(n.get("inputs", [])),
            }
            for n in record.get("nodes", [])
        ],
        "times": nodes,
        "tasks": [{key: task[key] for key in keep if key in task} for task in slowest[:40]],
        "failed": [
            {key: task[key] for key in keep if key in task}
            for task in record.get("tasks", [])
            if task["status"] == "failed" and record.get("status") != "ok"  # else nothing was lost by it
        ][:10],
    }
    shown: dict[str, Any] = plain(document)
    return shown


def _place(run: Run) -> str:
    """The run folder as a shell's word, from the folder of its impulse where it lies in that."""
    path = run.path.resolve()
    base = Path(run.record.get("base") or path.parent).resolve()
    return shlex.quote(path.relative_to(base).as_posix() if path.is_relative_to(base) else str(path))


def render(panels: Mapping[str, Any], info: Mapping[str, Any]) -> bytes:
    """Render the page.

    Parameters
    ----------
    panels : mapping
        From :func:`edgewright.report.panels.panels`.
    info : mapping
        From :func:`run_info`.

    Returns
    -------
    bytes
        HTML in UTF-8, at most 30 MB.

    Raises
    ------
    EdgewrightError
        Plotly isn't installed whole, or the page would be larger.
    """
    assets = files("edgewright.report") / "assets"
    plotly = _script(_plotly())
    own = _script(b"\n".join((assets / name).read_bytes() for name in SCRIPTS))
    template = (assets / "page.html").read_bytes()
    policy = (
        f"default-src 'none'; script-src {_source(plotly)} {_source(own)}; style-src 'unsafe-inline'; "
        "img-src data: blob:; base-uri 'none'; form-action 'none'"
    )
    parts = {
        b"POLICY": policy.encode(),
        b"TITLE": _text(f"{info['name']} · Edgewright"),
        b"STYLE": (assets / "style.css").read_bytes(),
        b"DATA": _json({"panels": panels, "info": info}),
        b"PLOTLY": plotly,
        b"SCRIPT": own,
    }
    page = b"".join(
        parts[piece] if number % 2 else piece for number, piece in enumerate(template.split(b"@@"))
    )  # one pass: what was put in is never searched again
    if len(page) > MAX_BYTES:
        raise EdgewrightError(
            f"the report would be {len(page) / 1e6:.0f} MB, more than {MAX_BYTES / 1e6:.0f} MB"
        )
    return page


def _plotly() -> bytes:
    """plotly.js as the plotly package ships it, found without importing the package (which takes a second)."""
    found = importlib.util.find_spec("plotly")
    for place in (found.submodule_search_locations or []) if found else []:
        path = Path(place) / "package_data" / "plotly.min.js"
        if path.is_file():
            return path.read_bytes()
    raise EdgewrightError("plotly.js wasn't found", hint="pip install --force-reinstall plotly")


def _script(source: bytes) -> bytes:
    """A script that can't end its element early: those character runs only ever occur inside string literals."""
    source = source.replace(b"\r\n", b"\n")  # as a browser reads it before it compares the hash
    return source.replace(b"</script", b"<\\/script").replace(b"<!--", b"<\\!--")


def _source(script: bytes) -> str:
    digest = base64.b64encode(hashlib.sha256(script).digest()).decode("ascii")
    return f"'sha256-{digest}'"


def _json(document: Any) -> bytes:
    """JSON that an HTML parser reads as nothing but text. Lone surrogates, which UTF-8 has no bytes for, are escaped."""
    text = json.dumps(document, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026").encode("ascii")


def _text(text: str) -> bytes:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").encode("utf-8", "replace")
