"""Features that a run chooses: ``features: suggested`` becomes labels before a learning block hears of it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from edgewright.planner.features import feature_tasks
from edgewright.running.choosing import with_choices
from edgewright.running.importance_steps import (
    forest_task,
    labels_task,
    ranker_node,
    ranking_task,
)
from edgewright_specs.parameters import FEATURES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edgewright.planner.nodes import Node
    from edgewright.running.run import Run
    from edgewright.running.session import Session


def resolve_suggestions(session: Session) -> None:
    """Put labels into the parameters of every learning node that left them to the run, or ``all`` with the reason.

    Processing nodes must have been described. What was chosen is told, and kept in ``session.suggestions`` and the record.
    """
    asked = [node for node in session.learning if node.wants_suggestion]
    if not asked:
        return
    documents = rank(session, asked)
    for node in asked:
        document = documents[node.id]
        chosen = document["suggested"]
        session.suggestions[node.id] = {FEATURES: chosen or "all", "note": _told(document)}
        text = f"{node.id}: features: suggested is {', '.join(chosen) or 'all'} ({_told(document)})"
        session.recorder.event("note", text=text)
    session.learning = [_with(node, session.suggestions.get(node.id)) for node in session.learning]
    session.recorder.set(nodes=[_noted(entry, session) for entry in session.recorder.document["nodes"]])
    session.open_planner()


def rank(session: Session, nodes: Sequence[Node]) -> dict[str, dict[str, Any]]:
    """Rank the features that learning nodes read, or that processing nodes give; ``importance.json`` of each by its id.

    Where fewer than two labels are there, nothing is ranked, and ``note`` says so.
    """
    planner, engine = session.planner, session.engine
    ranker = ranker_node(session.plugins)
    engine.run([labels_task(node, planner, numbers=_learns_numbers(node, session)) for node in nodes])
    found: dict[str, dict[str, Any]] = {}
    ready: list[tuple[Node, list[str]]] = []
    for node in nodes:
        path = engine.path(f"{node.id}/labels/importance", "labels")
        labels = json.loads(path.read_text(encoding="utf-8"))
        if labels["note"]:
            found[node.id] = {"features": [], "suggested": [], "share": 0.0, **labels}
        else:
            ready.append((node, labels["classes"]))
    needed = {name for node, _ in ready for name in (*node.inputs, node.id)}
    tasks = feature_tasks(planner, nodes=needed, splits=("training",))
    for node, classes in ready:
        tasks += [forest_task(node, planner, ranker, classes), ranking_task(node)]
    engine.run(tasks)
    for node, _ in ready:
        path = engine.path(f"{node.id}/importance", "importance")
        found[node.id] = json.loads(path.read_text(encoding="utf-8"))
    return found


def chosen_before(nodes: Sequence[Node], run: Run) -> list[Node]:
    """The nodes of a finished run, with the features and parameters that it chose for them."""
    kept, choices = suggestions_of(run), choices_of(run)
    return [
        with_choices(_with(node, kept.get(node.id) if node.wants_suggestion else None), choices.get(node.id))
        for node in nodes
    ]


def suggestions_of(run: Run) -> dict[str, dict[str, Any]]:
    """What a run chose, by learning node: ``features``, and the ``note`` that says why."""
    return {entry["id"]: entry["suggested"] for entry in run.nodes if "suggested" in entry}


def choices_of(run: Run) -> dict[str, list[dict[str, Any]]]:
    """What blocks of a run chose for the device, by learning node: ``parameter``, ``value`` and ``reason`` of each."""
    return {entry["id"]: entry["chosen"] for entry in run.nodes if entry.get("chosen")}


def _told(document: dict[str, Any]) -> str:
    if document["note"]:
        return str(document["note"])
    return f"{document['share']:.0%} of importance by {len(document['suggested'])} of {len(document['features'])} features"


def _with(node: Node, suggestion: dict[str, Any] | None) -> Node:
    return (
        node if suggestion is None else replace(node, params={**node.params, FEATURES: suggestion[FEATURES]})
    )


def _noted(entry: dict[str, Any], session: Session) -> dict[str, Any]:
    suggestion = session.suggestions.get(entry["id"])
    if suggestion is None:
        return entry
    params = {**entry["params"], FEATURES: suggestion[FEATURES]}
    return {**entry, "params": params, "suggested": suggestion}


def _learns_numbers(node: Node, session: Session) -> bool:
    """Whether labels are numbers to learn: for this node, or for all that learn labels beside a processing node."""
    readers = [node] if node.block.type == "learning" else session.learning
    modes = [
        one.blocks[0].spec.operates_on in ("regression", ("regression",))
        for one in readers
        if one.training == "labelled"
    ]
    return bool(modes) and all(modes)
