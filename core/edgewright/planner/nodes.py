"""Nodes: the blocks of an impulse with complete parameters, each where the impulse file names it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from edgewright.errors import UsageError
from edgewright.runners.grants import NO_GRANTS, Grants, grants_of
from edgewright.runners.limits import limits_of
from edgewright_specs.interface import IMAGE_SCALINGS
from edgewright_specs.parameters import asks_for_suggestion
from edgewright_specs.problems import Problem, SpecError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from edgewright.registry import Block
    from edgewright.runners.base import Limits
    from edgewright_specs.impulse import ImpulseSpec, RegionSpec
    from edgewright_specs.interface import Operation

    Resolve = Callable[[str, str, str | None], Block]
    Complete = Callable[[Block, Mapping[str, Any], str], dict[str, Any]]

#: The built-in block that makes models of what a training program elsewhere left.
CONVERTER = "converted_model"


@dataclass(frozen=True)
class Trainer:
    """A block of Edge Impulse's that trains for a node; the node's own block converts and scores what it leaves."""

    block: Block
    params: Mapping[str, Any]
    limits: Limits
    mode: str
    grants: Grants = NO_GRANTS

    @property
    def scaling(self) -> str:
        """How it wants the pixels of images; one that nobody knows is refused when it trains."""
        asked = self.block.spec.info.image_input_scaling
        return asked if asked in IMAGE_SCALINGS else "0..1"


@dataclass(frozen=True)
class Region:
    """A part of the images that a node decides by, on the map of another node; ``shape`` as in the impulse."""

    of: str
    shape: Mapping[str, Any]


@dataclass(frozen=True)
class Node:
    """One block of the graph with complete parameters and the place where the impulse file names it."""

    id: str
    block: Block
    params: Mapping[str, Any]
    inputs: tuple[str, ...]
    axes: tuple[str, ...] | None
    labels: tuple[str, ...] | None  # `train: {labels: …}`
    limits: Limits
    place: str
    trainer: Trainer | None = None
    grants: Grants = NO_GRANTS
    region: Region | None = None  # of a node without tasks of its block's
    given: frozenset[str] = frozenset()  # parameters that the impulse gives
    regions: tuple[str, ...] = ()  # ids of the nodes that decide by this one's map, where it doesn't itself

    @property
    def describe(self) -> str:
        """Id of the task that describes it."""
        return f"{self.id}/describe"

    @property
    def blocks(self) -> tuple[Block, ...]:
        """All that run for it."""
        return (self.block,) if self.trainer is None else (self.trainer.block, self.block)

    @property
    def title(self) -> str:
        """Name of the block that the impulse names."""
        return self.blocks[0].name

    @property
    def training(self) -> str | None:
        """What it may learn from (``normal-only``, ``labelled`` …); None where its block doesn't say."""
        return training_of(self.blocks[0])

    @property
    def reads_windows(self) -> bool:
        """Whether it learns from the windows themselves, not from features of them."""
        section = self.block.spec.edgewright
        return section is not None and section.reads == "windows"

    @property
    def chooses(self) -> bool:
        """Whether its block may choose parameters for the device."""
        section = self.block.spec.edgewright
        return (self.trainer, self.region) == (None, None) and section is not None and section.chooses

    @property
    def wants_suggestion(self) -> bool:
        """Whether the choice of its features is left to the run, and not made yet."""
        return (self.trainer, self.region) == (None, None) and asks_for_suggestion(
            self.block.spec, self.params
        )

    @property
    def wants_validation(self) -> bool:
        """Whether windows are kept from its training to validate."""
        if self.trainer is not None:
            return self.training == "labelled"
        section = self.block.spec.edgewright
        return section is not None and section.validation

    @property
    def wants_folds(self) -> bool:
        """Whether ``fit`` is told the folds of its training windows."""
        section = self.block.spec.edgewright
        asked = section is not None and section.folds and self.trainer is None
        return asked or self.scores_its_training

    @property
    def scores_its_training(self) -> bool:
        """Whether ``fit`` gives the scores of its training windows as if unseen, so that no folds are needed."""
        return "train_scores" in self.own_outputs

    @property
    def own_outputs(self) -> frozenset[str]:
        """Outputs that its block's spec names beyond those of each operation."""
        section = self.block.spec.edgewright
        own = frozenset(section.outputs if section is not None and self.trainer is None else ())
        return own if self.region is None else own & {"train_scores"}

    def can(self, operation: Operation) -> bool:
        """Whether its block says that it has an operation, or doesn't say which it has."""
        section = self.block.spec.edgewright
        return section is not None and (section.operations is None or operation in section.operations)

    def no_device_code(self) -> str | None:
        """Say why it can't be deployed, as far as its spec tells; None where it can, or where only its export knows."""
        from edgewright.contracts import contract_of

        if self.region is not None:  # that of the node whose map it reads
            return None
        where = f"node {self.id!r} (block {self.title!r}) can't be deployed: "
        refusal = contract_of(self.block).refusal(self.block, "export")
        if refusal is not None:
            return where + refusal
        section = self.block.spec.edgewright
        if (
            section is not None
            and not section.device
            and (section.operations is None or not self.can("export"))
        ):
            return where + "it has no device code (its parameters.json declares no `edgewright.device`)"
        return None


def training_of(block: Block) -> str | None:
    """Return what a learning block may learn from; None where it doesn't say."""
    if not block.spec.legacy:
        return block.training
    from edgewright.contracts.training import mode_of

    return "labelled" if mode_of(block) in ("classification", "regression") else "normal-only"


def build_nodes(
    impulse: ImpulseSpec, resolve: Resolve, complete: Complete, base: Path
) -> tuple[list[Node], list[Node], list[Node]]:
    """Resolve every block of an impulse: processing, learning and deployment nodes, each of the right type.

    Parameters
    ----------
    impulse : ImpulseSpec
    resolve : callable
        ``(reference, type, operates on) -> Block``.
    complete : callable
        ``(block, given parameters, pointer) -> all parameters``.
    base : Path
        Where relative paths of the impulse start, also where a copy of it lies elsewhere.

    Raises
    ------
    SpecError
        Blocks that are not there or of another type, parameters that they do not take, and nodes that the impulse
        wants deployed but that can't be: all of them, with their lines.
    """
    problems: list[Problem] = []
    sections: list[list[Node]] = []
    for kind in ("processing", "learning", "deployment"):
        nodes = []
        for number, entry in enumerate(getattr(impulse, kind)):
            pointer = f"/{kind}/{number}"
            try:
                nodes += _node(impulse, kind, entry, pointer, resolve, complete, base)
            except UsageError as error:
                place = impulse.locate(f"{pointer}/block")
                problems.append(Problem(error.message, f"{pointer}/block", hint=error.hint or "", path=place))
            except SpecError as error:
                problems += error.problems
        sections.append(nodes)
    processing, learning, deployment = sections
    if deployment:
        problems += _undeployable(impulse, [*processing, *learning])
    if problems:
        raise SpecError(problems)
    return processing, learning, deployment


def _node(
    impulse: ImpulseSpec,
    kind: str,
    entry: Any,
    pointer: str,
    resolve: Resolve,
    complete: Complete,
    base: Path,
) -> list[Node]:
    """The node of an entry, and those of its regions."""
    block = resolve(entry.block, kind, getattr(entry, "operates_on", None))
    if block.type != kind:
        raise UsageError(
            f"{entry.block!r} is a {block.type} block, listed under {kind}",
            hint=f"move it to {block.type}, or choose one of `edgewright blocks list --type {kind}`",
        )
    params = complete(block, entry.params, f"{pointer}/params")
    limits = limits_of(block, entry.grants)
    grants, problems = grants_of(block, entry.grants, base, f"{pointer}/grants")
    if problems:
        raise SpecError([replace(found, path=impulse.locate(found.pointer)) for found in problems])
    trainer = None
    if kind == "learning" and block.spec.legacy:
        trainer = replace(_trainer(block, params, limits), grants=grants)
        block = resolve(CONVERTER, kind, None)
        given = {"mode": trainer.mode, "image-input-scaling": trainer.scaling}
        params, limits = complete(block, given, ""), limits_of(block)
        grants = NO_GRANTS
    train = getattr(entry, "train", None)
    node = Node(
        id=entry.name if kind == "deployment" else entry.id,
        block=block,
        params=params,
        inputs=tuple(getattr(entry, "input", None) or ["input"]),
        axes=tuple(entry.axes) if getattr(entry, "axes", None) else None,
        labels=tuple(train.labels) if train is not None and train.labels else None,
        limits=limits,
        place=impulse.locate(pointer),
        trainer=trainer,
        grants=grants,
        given=frozenset(name.replace("_", "-") for name in entry.params),
        regions=tuple(getattr(entry, "regions", ())),
    )
    return [node, *(_region(impulse, node, name, entry.regions[name], pointer) for name in node.regions)]


def _region(impulse: ImpulseSpec, node: Node, name: str, spec: RegionSpec, pointer: str) -> Node:
    shape = spec.model_dump(mode="json", exclude_none=True)
    return replace(
        node, id=name, params=shape, inputs=(node.id,), place=impulse.locate(f"{pointer}/regions/{name}"),
        region=Region(node.id, shape), regions=(),
    )  # fmt: skip


def _trainer(block: Block, params: Mapping[str, Any], limits: Limits) -> Trainer:
    from edgewright.contracts.training import mode_of, why_not

    mode, refusal = mode_of(block), why_not(block)
    if mode is None:
        raise UsageError(
            refusal or "",
            hint="say what it works on by `operates-on`, where its parameters.json doesn't",
        )
    return Trainer(block, params, limits, mode)


def _undeployable(impulse: ImpulseSpec, nodes: list[Node]) -> list[Problem]:
    reasons = [reason for node in nodes if (reason := node.no_device_code()) is not None]
    place = impulse.locate("/deployment")
    hint = "take `deployment` out of the impulse to train and score without it"
    return [Problem(reason, "/deployment", hint=hint, path=place) for reason in reasons]
