"""``impulse.lock``: digests of everything a run used, and the build id that packages carry."""

from __future__ import annotations

import platform
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from edgewright_specs.interface import CONTRACT_VERSION, digest_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from edgewright.planner.nodes import Node
    from edgewright.running.engine import Engine
    from edgewright.store import Entry

LOCK_VERSION = 1


def identity(
    impulse: Mapping[str, Any], nodes: Sequence[Node], entries: Mapping[str, Entry]
) -> dict[str, Any]:
    """What makes a trained impulse this one and no other, wherever it was trained.

    Graph, parameters, block digests and the digest of every output that a device computes with; not the library versions or
    images, which the lock names beside it: equal outputs are the same build.
    """
    outputs = {
        f"{task}:{name}": output.sha256
        for task, entry in sorted(entries.items())
        if task.endswith(("/describe", "/export", "/threshold", "data/index"))
        for name, output in entry.outputs.items()
    }
    return {
        "contract": CONTRACT_VERSION,
        "name": impulse["name"],
        "seed": impulse.get("seed", 0),
        "nodes": [
            {
                "id": node.id,
                "block": node.block.name,
                "digest": node.block.digest,
                "params": dict(node.params),
                **_trainer(node),
            }
            for node in nodes
            if node.block.type != "deployment"
        ],
        "outputs": outputs,
    }


def _trainer(node: Node) -> dict[str, Any]:
    trainer = node.trainer
    if trainer is None:
        return {}
    block = trainer.block
    return {"trainer": {"block": block.name, "digest": block.digest, "params": dict(trainer.params)}}


def build_id(identity_document: Mapping[str, Any]) -> str:
    """16 hex digits that name a trained impulse."""
    return digest_json(identity_document)[:16]


def lock(
    impulse: Mapping[str, Any],
    identity_document: Mapping[str, Any],
    engine: Engine,
    earlier: Mapping[str, Any],
    images: Mapping[str, str],
    suggestions: Mapping[str, Mapping[str, Any]],
    choices: Mapping[str, Sequence[Mapping[str, Any]]],
    origin: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """The whole lock: identity and build id, blocks as they were run, and the key and outputs of every task.

    ``earlier`` are the blocks of the lock that this one takes the place of: a run that goes on prepares only what it adds.
    ``images`` say which image each image reference of the impulse stood for, ``suggestions`` which features the run chose
    for a learning node, and why; ``choices`` which parameters its block chose for the device; ``origin`` which run this one decided again, and how.
    """
    return {
        "version": LOCK_VERSION,
        "edgewright": version("edgewright"),
        "python": platform.python_version(),
        "build_id": build_id(identity_document),
        "identity": dict(identity_document),
        "impulse": digest_json(impulse),
        "blocks": {
            **earlier,
            **{
                digest: {
                    "name": ready.block.name,
                    "runner": ready.runner,
                    "environment": list(ready.environment),
                    "image": ready.image,
                    **ready.detail,
                }
                for digest, ready in engine.prepared().items()
            },
        },
        "images": dict(sorted(images.items())),
        **({"decided_from": dict(origin)} if origin is not None else {}),
        "suggested": {node: dict(chosen) for node, chosen in sorted(suggestions.items())},
        "chosen": {node: [dict(one) for one in made] for node, made in sorted(choices.items()) if made},
        "tasks": {
            task: {
                "key": entry.key,
                "outputs": {name: output.sha256 for name, output in entry.outputs.items()},
            }
            for task, entry in sorted(engine.entries.items())
        },
    }
