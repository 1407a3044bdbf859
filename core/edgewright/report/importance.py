"""Which features tell the labels apart, and which of them a learning node was given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from edgewright.running.run import Run

MAX_FEATURES = 20
#: Labels that get a colour of their own in the bars.
MAX_CLASSES = 8


def build(run: Run, node: str) -> dict[str, Any] | None:
    """The most important features of one ranking with what was chosen by it; None where there is neither."""
    document, choice = run.importance(node), run.suggestion(node)
    if document is None and choice is None:
        return None
    document = document or {"features": [], "classes": [], "windows": 0, "suggested": [], "share": 0.0}
    known = sorted({str(sample["label"]) for sample in run.samples})
    # With two labels both have the same part of everything.
    classes = [str(name) for name in document["classes"]]
    apart = 2 < len(classes) <= MAX_CLASSES
    return {
        "node": node,
        "features": [
            {
                "label": str(entry["label"]),
                "importance": float(entry["importance"]),
                "parts": [float(part) for part in entry.get("by_label", ())] if apart else [],
            }
            for entry in document["features"][:MAX_FEATURES]
        ],
        "all_features": len(document["features"]),
        "classes": classes,
        "codes": [known.index(name) if name in known else number for number, name in enumerate(classes)],
        "windows": int(document["windows"]),
        "suggested": [str(label) for label in document["suggested"]],
        "share": float(document["share"]),
        "chosen": None if choice is None else {"features": choice["features"], "note": str(choice["note"])},
    }


def of_input(run: Run, node: str) -> list[str]:
    """Rankings to show beside the features of a processing node: its own, and those of nodes that read it alone.

    Its own is left out where one of theirs says the same.
    """
    readers = [name for name in run.node_ids("learning") if run.inputs_of(name) == [node]]
    own = run.importance(node)
    told = own is not None and any(run.importance(name) == own for name in readers)
    return readers if told else [node, *readers]


def of_several(run: Run) -> list[str]:
    """Learning nodes that read several processing nodes: their rankings stand beside none of them."""
    return [name for name in run.node_ids("learning") if len(run.inputs_of(name)) != 1]
