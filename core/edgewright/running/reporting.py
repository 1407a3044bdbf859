"""The report of a run: its panels are computed once a set of outputs, its page is put together each time."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgewright_specs.interface import digest_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edgewright.plugins import Plugins
    from edgewright.running.engine import Engine
    from edgewright.running.run import Run

VERSION = 1


def write_report(run: Run, out: Path, *, engine: Engine, plugins: Plugins) -> None:
    """Write ``report.html``; what was drawn before from the same outputs comes from the store."""
    from edgewright.report import page

    parts = {
        "operation": "report",
        "step": VERSION,
        "code": _code_digest(engine),
        "plugins": plugins.names(),
        "nodes": run.nodes,
        "fits": run.record.get("fits"),
        "inputs": {
            f"{task}:{name}": output.sha256
            for task, entry in engine.entries.items()
            for name, output in entry.outputs.items()
            if name != "package"
        },
    }
    key = digest_json(parts)
    entry = engine.store.lookup(key)
    if entry is None:
        from edgewright.report.panels import panels

        document = panels(run, plugins.report_panels())
        with engine.store.staging() as staged:
            (staged / "panels.json").write_text(json.dumps(document), encoding="utf-8")
            outputs = {"panels": engine.store.describe(staged, "panels.json", "json")}
            entry = engine.store.publish(
                key, staged, outputs, parts={"operation": "report"}, meta={"runner": "host"}
            )
    panels_document: Mapping[str, Any] = json.loads(entry.file("panels").read_text(encoding="utf-8"))
    page.save(page.render(panels_document, page.run_info(run)), out)


def _code_digest(engine: Engine) -> str:
    """Digest of the report's own Python, so that a change of it draws again."""
    from edgewright.report import page

    folder = Path(page.__file__).parent
    return digest_json({path.name: engine.store.digest_file(path) for path in sorted(folder.glob("*.py"))})
