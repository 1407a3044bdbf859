"""The package by the names and calls of Edge Impulse's: ``node/`` and ``browser/`` with ``edge-impulse-standalone``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from edgewright_sdk.codegen.edge_impulse import project_of, properties_of
from edgewright_sdk.codegen.templates import fill

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from edgewright_sdk.codegen.graph import Graph

STEM = "edge-impulse-standalone"
FOLDERS = ("node", "browser")
_LICENSE = "// SPDX-License-Identifier: 0BSD\n"


def standalone_files(
    graph: Graph, wrapper: str, templates: Path, values: Mapping[str, str]
) -> dict[str, str]:
    """Text of both folders, by relative path; ``wrapper`` is the package's own ES module."""
    folder = templates / "edge_impulse"
    baked = {"properties": _json(properties_of(graph)), "project": _json(project_of(graph))}
    script = fill(folder / f"{STEM}.js", **values, **baked)
    # The same module under the name that stands beside it.
    module = wrapper
    for suffix in (".wasm", ".scalar.wasm"):
        module = module.replace(f"./{graph.name}{suffix}", f"./{STEM}{suffix}")
    classifier = (folder / "classifier.js").read_text(encoding="utf-8")
    tail = (folder / "node-tail.js").read_text(encoding="utf-8")
    files = {
        f"{place}/{STEM}.{kind}": text
        for place in FOLDERS
        for kind, text in (("js", script), ("mjs", module))
    }
    files["node/package.json"] = '{"type": "commonjs"}\n'
    files["node/run-impulse.js"] = f'{_LICENSE}const Module = require("./{STEM}");\n\n{classifier}{tail}'
    files["browser/run-impulse.js"] = f"{_LICENSE}{classifier}"
    files["browser/index.html"] = fill(folder / "index.html", **values)
    return files


def modules_of(name: str) -> dict[str, str]:
    """Where each module of the package goes besides: path -> name."""
    return {
        f"{place}/{STEM}{suffix}": f"{name}{suffix}"
        for place in FOLDERS
        for suffix in (".wasm", ".scalar.wasm")
    }


def _json(document: Mapping[str, object]) -> str:
    return json.dumps(document, indent=2).replace("\n", "\n  ").replace("<", "\\u003c")
