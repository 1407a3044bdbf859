"""Blocks of a project as nodes of an impulse: the same block where there is one, else a comment and a note."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from edgewright.data.suggestion import Choice
from edgewright.errors import EdgewrightError
from edgewright_specs.problems import SpecError
from edgewright_specs.values import MisfitError, convert

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from edgewright.moving.notes import Notes
    from edgewright.moving.studio import StudioBlock
    from edgewright.plugins import Plugins
    from edgewright_specs.interface import WindowSpec
    from edgewright_specs.parameters import BlockSpec

#: Their types whose name is not ours with dashes.
PROCESSING_NAMES = {"spectral-analysis": "spectral_analysis", "raw-data": "raw"}


@dataclass(frozen=True)
class Node:
    """A node of the impulse. One that is not ``active`` is written as a comment."""

    id: str
    block: str
    active: bool
    title: str
    axes: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    params: Mapping[str, Choice] = field(default_factory=dict)
    why: str = ""
    source: int = 0
    threshold: float | None = None
    anomaly: bool = False


class Translator:
    """Turns the blocks of one project into nodes.

    Parameters
    ----------
    plugins : Plugins
        Only blocks that they list are written as active nodes.
    notes : Notes
        Where every difference is noted.
    window : WindowSpec or None
        What the impulse's windows are; without it no block is asked whether its parameters work.
    """

    def __init__(self, plugins: Plugins, notes: Notes, window: WindowSpec | None) -> None:
        from edgewright.registry import builtin_folders

        self._plugins = plugins
        self.folders: Mapping[str, Path] = builtin_folders(plugins)
        self.notes = notes
        self._window = window
        self._ids: set[str] = {"input", "data"}
        #: Feature labels of each active processing node, where they could be asked for.
        self.labels: dict[str, list[str]] = {}

    def processing(self, block: StudioBlock) -> Node:
        """The node of one processing block."""
        what = f"processing block “{block.name}” ({block.type or 'no type'})"
        name = PROCESSING_NAMES.get(block.type, block.type.replace("-", "_"))
        identity = self.new_id(block.type if not block.custom else block.name, "features")
        if block.custom:
            folder = f"./{identity}"
            self.notes.left(
                what, f"it is {block.custom}, and its code is not in the export",
                f"put the block's folder (parameters.json, Dockerfile, code) at {folder} beside impulse.yaml and take the "
                "comment signs off its node; it runs unchanged. It has no device code, so `deployment` must go, or get some",
            )  # fmt: skip
            return self.comment(block, identity, folder, "put its folder there and uncomment")
        if name not in self.folders:
            self.notes.left(
                what, f"this version has no block {name}",
                "use a block of your own, or one of `edgewright blocks list --type processing`",
            )  # fmt: skip
            return self.comment(block, identity, name, f"there is no block {name} here")
        spec = self.spec(name)
        params = self._options(block, spec, what)
        if not block.options and spec.parameters:
            self.notes.changed(
                what,
                "its settings are not in what was given: the defaults are used",
                "import deployment-metadata.json, or lay the API's answer for the block (GET dsp/ID) beside the impulse",
            )
        problem = self._problem(identity, name, block, params)
        if problem:
            self.notes.left(what, problem, "change its parameters in impulse.yaml and uncomment the node")
            return self.comment(block, identity, name, problem, params)
        wanted = spec.info.latest_implementation_version
        if wanted is not None and block.version is not None and block.version != wanted:
            self.notes.changed(
                what,
                f"the project uses version {block.version} of the block, ours computes what version {wanted} does: "
                "its features differ",
                "compare by `edgewright compare`; models learn anew from these features",
            )
        else:
            self.notes.carried(what, f"as {name}, node {identity}")
        return Node(
            identity, name, True, block.name, axes=block.axes, params=params, source=block.id,
            why=f"“{block.name}” of the project" + (f", version {block.version}" if block.version else ""),
        )  # fmt: skip

    def _options(self, block: StudioBlock, spec: BlockSpec, what: str) -> dict[str, Choice]:
        """The options that our block has too, typed by its spec."""
        parameters = {parameter.key: parameter for parameter in spec.parameters}
        params: dict[str, Choice] = {}
        for option, value in block.options.items():
            parameter = parameters.get(option)
            if parameter is None:
                self.notes.left(f"{what}, option {option} = {value!r}", "our block has no such parameter",
                                 "nothing, unless your features depend on it")  # fmt: skip
                continue
            if parameter.show_for_implementation_version == []:
                continue  # accepted and ignored by both
            try:
                typed = convert(parameter, value, lenient=True)
            except MisfitError as error:
                self.notes.left(
                    f"{what}, option {option} = {value!r}", f"{error.message}; allowed: {error.allowed}",
                    f"the default {parameter.value!r} is used; set it in impulse.yaml",
                )  # fmt: skip
                continue
            if typed is not None:
                params[option] = Choice(typed)
        return params

    def _problem(self, identity: str, name: str, block: StudioBlock, params: Mapping[str, Choice]) -> str:
        """Ask the block for its labels; what it says where it can't work, or nothing."""
        if self._window is None:
            return ""
        from edgewright.face import open_block

        window: Any = dict(self._window)
        if block.axes and "axes" in window:
            window["axes"] = list(block.axes)
        try:
            with open_block(name, runner="process", plugins=self._plugins) as opened:
                description = opened.describe(window, {key: choice.value for key, choice in params.items()})
        except (EdgewrightError, SpecError) as error:
            return f"our block refuses its settings: {str(error).splitlines()[0]}"
        self.labels[identity] = list(description["labels"])
        return ""

    def spec(self, name: str) -> BlockSpec:
        from edgewright.registry import resolve

        return resolve(name, self.folders[name], self._plugins).spec

    def comment(
        self,
        block: StudioBlock,
        identity: str,
        name: str,
        why: str,
        params: Mapping[str, Choice] | None = None,
        inputs: tuple[str, ...] = (),
    ) -> Node:
        given = {key: Choice(value) for key, value in block.options.items()} if params is None else params
        return Node(
            identity, name, False, block.name, block.axes, inputs, given, why, block.id, block.threshold
        )

    def new_id(self, wanted: str, otherwise: str) -> str:
        """A node id that no other has, differing by more than case, dash and underscore."""
        base = re.sub(r"[^A-Za-z0-9_-]+", "-", wanted).strip("-_").lower()[:48].replace("-", "_")
        base = base if re.match(r"[a-z]", base) else otherwise
        name, number = base, 2
        while name.replace("_", "") in self._ids:
            name, number = f"{base}_{number}", number + 1
        self._ids.add(name.replace("_", ""))
        return name
