"""``package.json``: what makes the folder a package for npm and bundlers."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from edgewright_sdk.codegen.header import comment_text

from .module import module_cpus

if TYPE_CHECKING:
    from edgewright_sdk.codegen.graph import Graph

_LONGEST = 214  # of a package's name, says npm


def package_name(name: str) -> str:
    """Turn the name of an impulse into one that npm takes.

    Examples
    --------
    >>> package_name("_Pump_Monitor_2")
    'pump-monitor-2'
    """
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:_LONGEST] or "impulse"


def package_json(graph: Graph) -> str:
    """Write ``package.json``: ES module, types and modules by their names, nothing to install."""
    name = graph.name
    modules = list(module_cpus(name))
    document = {
        "name": package_name(name),
        "version": "1.0.0",
        "description": f"{comment_text(str(graph.document['name']))}: a trained impulse, build {graph.build_id}",
        "license": "SEE LICENSE IN LICENSE.txt",
        "type": "module",
        "types": f"./{name}.d.mts",
        "exports": {
            ".": {"types": f"./{name}.d.mts", "default": f"./{name}.mjs"},
            **{f"./{module}": f"./{module}" for module in modules},
            "./package.json": "./package.json",
        },
        "files": [f"{name}.mjs", f"{name}.d.mts", f"{name}.h", *modules],
        "sideEffects": False,
        "engines": {"node": ">=18"},
        "edgewright": {"buildId": graph.build_id},
    }
    return json.dumps(document, indent=2) + "\n"
