"""Learning blocks of a project as nodes: trained anew by the same block where there is one, with what its tables tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgewright.data.suggestion import Choice
from edgewright.moving.nodes import Node

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edgewright.moving.nodes import Translator
    from edgewright.moving.studio import StudioBlock
    from edgewright.moving.tables import KMeansTables, MixtureTables

#: Their types whose name is not ours with dashes.
LEARNING_NAMES = {
    "anomaly": "kmeans",
    "anomaly-gmm": "gmm",
    "keras-visual-anomaly": "patchcore",
    "keras": "neural_network",
}
#: What their number of clusters or components is called here, where a table tells it.
_COUNTS = ("clusters", "components", "n-components")


def learning_node(
    translator: Translator,
    block: StudioBlock,
    processing: Sequence[Node],
    tables: KMeansTables | None,
    mixture: MixtureTables | None,
) -> Node:
    """The node of one learning block over the processing nodes that it reads.

    Parameters
    ----------
    translator : Translator
        Has translated the processing blocks.
    block : StudioBlock
    processing : sequence of Node
    tables, mixture : optional
        What is known of the trained model.
    """
    what = f"learning block “{block.name}” ({block.type or 'no type'})"
    name = LEARNING_NAMES.get(block.type, block.type.replace("-", "_"))
    identity = translator.new_id("anomaly" if "anomaly" in block.type else block.type, "learning")
    sources = [node for node in processing if node.source in block.inputs] or list(processing)
    inputs = tuple(node.id for node in sources)
    counts = {
        "kmeans": len(tables.radii) if tables else None,
        "gmm": mixture.components if mixture else None,
    }
    params: dict[str, Choice] = {}
    if name not in translator.folders:
        why = (
            "networks trained there are not read; their weights are in no export of the impulse"
            if block.type.startswith("keras")
            else f"this version has no block {name}"
        )
        translator.notes.left(what, why, _instead(block.type))
        return translator.comment(block, identity, name, "not carried over, see imported.md", inputs=inputs)
    idle = [node.id for node in sources if not node.active]
    if idle or not sources:
        translator.notes.left(
            what, f"it reads {', '.join(idle) or 'no processing block'}, which could not be carried over",
            "bring that block along first, then take the comment signs off both nodes",
        )  # fmt: skip
        return translator.comment(block, identity, name, "what it reads is not there yet", inputs=inputs)
    spec = translator.spec(name)
    known = {parameter.key for parameter in spec.parameters}
    count = counts.get(name)
    if count is not None and (counter := next((n for n in _COUNTS if n in known), None)):
        params[counter] = Choice(count, "as trained there")
    trained = {"kmeans": tables, "gmm": mixture}.get(name)
    axes = trained.axes if trained is not None else ()
    anomaly = "anomaly" in block.type
    if anomaly:
        _features(translator, axes, sources, known, params, what)
    if name == "kmeans":
        params["radius"] = Choice(
            "max", "theirs: a cluster reaches to its farthest training window; 99 is sturdier"
        )
    if name == "gmm":
        params["score"] = Choice(
            "absolute-z", "theirs: unusually likely windows score high too; z is sturdier"
        )
    if name == "neural_network":
        translator.notes.changed(
            what, f"as {name}, node {identity}: layers and weights are in no export of the impulse; a small network learns anew",
            "set architecture, layers and units as there; or bring the network itself as ONNX (bring_your_own); `edgewright compare` "
            "shows how near it comes",
        )  # fmt: skip
    else:
        translator.notes.changed(
            what, f"as {name}, node {identity}: it is trained anew, so scores are near theirs, not the same",
            "`edgewright compare` with the old model's scores shows how near",
        )  # fmt: skip
    return Node(
        identity, name, True, block.name, inputs=inputs, params=params, source=block.id,
        why=f"“{block.name}” of the project", anomaly=anomaly,
        threshold=block.threshold if block.threshold is not None or trained is None else trained.threshold,
    )  # fmt: skip


def _features(
    translator: Translator,
    axes: Sequence[int],
    sources: Sequence[Node],
    known: set[str],
    params: dict[str, Choice],
    what: str,
) -> None:
    """The features that a table chooses by index, by label."""
    if "features" not in known:
        return
    labels = [label for node in sources for label in translator.labels.get(node.id, ())]
    if axes and max(axes) < len(labels) and all(node.id in translator.labels for node in sources):
        chosen = [labels[axis] for axis in axes]
        everything = len(set(axes)) == len(labels)
        params["features"] = Choice(
            "all" if everything else chosen, f"{len(chosen)} of {len(labels)} features, as chosen there"
        )
        return
    params["features"] = Choice("all", "the export doesn't tell which features were chosen")
    if axes:
        translator.notes.changed(
            what, f"its tables choose features {', '.join(map(str, list(axes)[:12]))} by number, which could not be "
            "matched to labels here",
            "list their labels as `features: [...]`; `edgewright features BLOCK X.npy --json` prints them",
        )  # fmt: skip
    else:
        translator.notes.changed(
            what, "the export doesn't tell which features it was trained on: all are used",
            "list those you had ticked as `features: [label, …]`",
        )  # fmt: skip


def _instead(kind: str) -> str:
    if kind == "keras-visual-anomaly":
        return "use the image anomaly block of `edgewright blocks list --type learning`, if it lists one"
    if kind.startswith("keras"):
        return (
            "bring the code that trained it along as a learning block (docs/from-edge-impulse.md), or take a block of "
            "`edgewright blocks list --type learning`; `edgewright compare` takes an ONNX file of the old model"
        )
    return "use one of `edgewright blocks list --type learning`"
