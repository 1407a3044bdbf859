"""A block's spec: ``parameters.json`` loaded, and parameters completed from it.

>>> spec = load_block_spec(Path("blocks/edgewright_blocks/processing/flatten"))  # doctest: +SKIP
>>> resolve_params(spec, {"scale_axes": 2})["scale-axes"]  # doctest: +SKIP
2.0
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from edgewright_specs.block_checks import block_problems, unknown_type
from edgewright_specs.block_file import TYPES, BlockFile, EdgewrightSection, Info, Parameter
from edgewright_specs.conditions import resolve_visible
from edgewright_specs.documents import Document, load_document
from edgewright_specs.legacy import is_ours, sidecar, tolerate, unwrapped
from edgewright_specs.problems import Problem, SpecError, choices, problem, suggestion
from edgewright_specs.salvage import salvage, unaffected
from edgewright_specs.validation import build
from edgewright_specs.values import MisfitError, convert, describe, parse_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

PARAMETERS_FILE: Final = "parameters.json"
#: The parameter by which learning blocks choose features, and the word that leaves the choice to the run.
FEATURES: Final = "features"
SUGGESTED: Final = "suggested"
_SLUG: Final = re.compile(r"[a-z][a-z0-9_-]{0,63}\Z")
_TEXTS: Final = {"title", "name", "author", "description", "type", "category", "displayCategory", "repositoryUrl", "integrateUrl", "experimental"}  # fmt: skip


@dataclass(frozen=True)
class BlockSpec:
    """What a block is and takes.

    ``name`` is for machines (``info.name`` where it is one word, else the folder's name), ``title`` for people.
    ``type`` is ours (``processing``, ``learning``, ``deployment``, ``transform``) or one of the two that only Edge
    Impulse has. ``edgewright`` is None for a ``legacy`` block. ``defaults`` are typed, by key; None is "not set".
    """

    name: str
    title: str
    description: str
    type: str
    parameters: tuple[Parameter, ...]
    defaults: Mapping[str, Any]
    edgewright: EdgewrightSection | None
    path: Path
    info: Info = field(default_factory=Info)
    operates_on: str | tuple[str, ...] | None = None
    warnings: tuple[Problem, ...] = ()

    @property
    def legacy(self) -> bool:
        """True for a file of Edge Impulse's, without an ``edgewright`` object."""
        return self.edgewright is None

    def parameter(self, name: str) -> Parameter | None:
        """Return the parameter of that name, in either spelling."""
        key = name.replace("_", "-")
        return next((p for p in self.parameters if p.key == key), None)

    def without_texts(self) -> dict[str, Any]:
        """Return the spec as plain data without what only people read, for the block's digest."""
        info = self.info.model_dump(by_alias=True, exclude_defaults=True, mode="json")
        kept = (
            "type",
            "min",
            "max",
            "optional",
            "readonly",
            "showIf",
            "showForImplementationVersion",
            "configType",
        )
        items: dict[str, Any] = {}
        for p in self.parameters:
            item = p.model_dump(by_alias=True, exclude_defaults=True, mode="json")
            items[p.param] = {k: item[k] for k in kept if k in item} | {"value": self.defaults[p.key]}
            if p.options:
                items[p.param]["valid"] = p.options
        return {
            "type": self.type,
            "operates_on": list(self.operates_on)
            if isinstance(self.operates_on, tuple)
            else self.operates_on,
            "info": {k: v for k, v in sorted(info.items()) if k not in _TEXTS},
            "parameters": items,
            "edgewright": self.edgewright.model_dump(mode="json") if self.edgewright else None,
        }


def load_block_spec(
    path: Path,
    *,
    type: str | None = None,  # noqa: A002
    operates_on: str | None = None,
    otherwise: str | None = None,
) -> BlockSpec:
    """Load and check a block's spec.

    Parameters
    ----------
    path
        The block's folder, or its ``parameters.json``.
    type, operates_on
        What the block is, for the files of Edge Impulse's that don't say so (a bare list of parameters, or no file
        at all); also read from ``.ei-block-config``. A file that says another type is refused.
    otherwise
        The type of a block about which nothing else says what it is: how it is used.

    Raises
    ------
    SpecError
        With every problem of the file.
    """
    path = Path(path)
    folder, file = (path, path / PARAMETERS_FILE) if path.is_dir() else (path.parent, path)
    beside = sidecar(folder) if type is None or operates_on is None else {}
    wanted = type or beside.get("type") or otherwise
    if type is not None and type not in TYPES:
        raise SpecError([unknown_type(type, list(dict.fromkeys(TYPES)))])
    if path.is_dir() and not file.exists() and wanted is not None and TYPES[wanted] == "deployment":
        document = Document(
            {"type": wanted, "parameters": []}, file
        )  # Edge Impulse's template has no file at all
    else:
        document = load_document(file)
    model, problems = _model(document)
    if model is None:
        bare = isinstance(document.value, list)
        whole = {"parameters": document.value} if bare else document.value
        at = [replace(p, pointer=f"/parameters{p.pointer}") for p in problems] if bare else problems
        readable, removed = salvage(BlockFile, whole, at, _stand_in)
        removed = {unwrapped(r) for r in removed} if bare else removed
        if readable is not None:
            found = _cross_checks(readable, document, type, wanted)[2]
            problems += unaffected(found, removed)
        document.refuse(problems)
    assert model is not None  # for mypy: without a model there were problems
    block_type, defaults, found = _cross_checks(model, document, type, wanted)
    problems = [*problems, *found]
    document.refuse(problems)
    info = model.info
    name = info.name if info.name and _SLUG.match(info.name) else _slug(folder.resolve().name)
    title = info.title or info.name or beside.get("name") or name
    operates = info.operates_on or operates_on or beside.get("operates_on")
    return BlockSpec(
        name=name,
        title=title,
        description=info.description or "",
        type=block_type,
        parameters=tuple(p for _, p in model.flat),
        defaults=defaults,
        edgewright=model.edgewright,
        path=file,
        info=info,
        operates_on=tuple(operates) if isinstance(operates, list) else operates,
        warnings=tuple(document.place(p for p in problems if p.warning)),
    )


def _cross_checks(
    model: BlockFile, document: Document, asked: str | None, wanted: str | None
) -> tuple[str, dict[str, Any], list[Problem]]:
    block_type, problems = _type_of(model, document, asked, wanted)
    defaults, found = block_problems(model, block_type, legacy=model.edgewright is None)
    if isinstance(document.value, list):
        found = [replace(p, pointer=unwrapped(p.pointer)) for p in found]
    return block_type, defaults, [*problems, *found]


def _stand_in(pointer: str, item: Any) -> Any:
    """Keep the name of a parameter that is otherwise unreadable, so that conditions that name it are not blamed."""
    if not re.fullmatch(r"/parameters/[0-9]+(/items/[0-9]+)?", pointer):
        return None
    name = item.get("param") if isinstance(item, dict) else None
    readable = isinstance(name, str) and len(name) <= 100
    param = name if readable else f"unreadable{pointer.replace('/', '-')}"
    return {"param": param, "type": "string", "optional": True}


def _model(document: Document) -> tuple[BlockFile | None, list[Problem]]:
    if not isinstance(document.value, (dict, list)):
        return None, [problem("is not an object", "", got=document.value)]
    if not is_ours(document.value):
        return tolerate(document)
    model, problems = build(BlockFile, document, schema="parameters")
    return model, [*(problem("is given twice", p) for p in document.duplicates), *problems]


def _type_of(
    model: BlockFile, document: Document, asked: str | None, wanted: str | None
) -> tuple[str, list[Problem]]:
    said = model.type
    unsaid = said is None and wanted is None and model.edgewright is None
    if unsaid and isinstance(document.value, dict) and "info" in document.value:
        said = "dsp"  # files of processing blocks of old have no type
    if said is None:
        if wanted is None or model.edgewright is not None:
            names = choices(dict.fromkeys(TYPES.values()))
            return "", [
                problem(
                    'lacks "type"',
                    "",
                    allowed=names,
                    hint="say what type of block this is: --type, or by where an impulse lists it",
                )
            ]
        return TYPES[wanted], []
    if asked is not None and TYPES[asked] != TYPES[said]:
        message = f"is a {TYPES[said]} block, where a {TYPES[asked]} block is wanted"
        return TYPES[said], [problem(message, "/type" if model.type else "")]
    return TYPES[said], []


def _slug(text: str) -> str:
    slug = re.sub(r"[^a-z0-9_-]+", "-", text.lower()).strip("-_0123456789")
    return slug[:64] or "block"


def resolve_params(
    spec: BlockSpec,
    given: Mapping[str, Any],
    *,
    where: str = "",
    locate: Callable[[str], str] | None = None,
) -> dict[str, Any]:
    """Complete and type the parameters of a block.

    Parameters
    ----------
    spec
        The block's spec.
    given
        Values by name, dash or underscore. Text comes back byte for byte.
    where, locate
        For the messages: the JSON pointer of `given` in its file, and what turns a pointer into ``file:line``. A
        `where` that is no pointer (``--params p.json``) is put before each message as it is.

    Returns
    -------
    dict
        Every parameter but secrets, in the spec's order, by its name with dashes. A parameter hidden by ``showIf``
        keeps its default whatever was given for it (what was given is checked all the same). None is "not set".

    Raises
    ------
    SpecError
        With every wrong name and value.
    """
    typed, problems = _typed(spec, given, lambda p, v: convert(p, v, lenient=spec.legacy))
    if problems:
        raise SpecError([_placed(p, where, locate) for p in problems])
    visible = visible_parameters(spec, typed)
    return {
        p.key: typed[p.key] if p.key in typed and p.key in visible else _copied(spec.defaults[p.key])
        for p in spec.parameters
        if p.type != "secret"
    }


def taking_suggested(spec: BlockSpec) -> BlockSpec:
    """Let the list ``features`` of a learning block take the word ``suggested`` too, which a run resolves to labels.

    Any learning block that takes labels of features gets them worked out, whether its author thought of it or not.
    """
    chosen = spec.parameter(FEATURES)
    if spec.type != "learning" or chosen is None or chosen.type != "list" or SUGGESTED in chosen.options:
        return spec
    wider = chosen.model_copy(update={"valid": [*(chosen.valid or ()), SUGGESTED]})
    return replace(spec, parameters=tuple(wider if p is chosen else p for p in spec.parameters))


def asks_for_suggestion(spec: BlockSpec, params: Mapping[str, Any]) -> bool:
    """Whether these complete parameters leave the choice of features to the run."""
    chosen = spec.parameter(FEATURES)
    return (
        spec.type == "learning"
        and chosen is not None
        and chosen.type == "list"
        and params.get(FEATURES) in (SUGGESTED, [SUGGESTED])
    )


def _placed(found: Problem, where: str, locate: Callable[[str], str] | None) -> Problem:
    if where and not where.startswith("/"):
        return replace(found, path=where)
    pointer = where + found.pointer
    return replace(found, pointer=pointer, path=locate(pointer) if locate else "")


def visible_parameters(spec: BlockSpec, values: Mapping[str, Any]) -> frozenset[str]:
    """Return the keys of the parameters that apply with these typed values (by key) over the defaults."""
    version = spec.info.latest_implementation_version
    return frozenset(
        k for k, v in resolve_visible(spec.parameters, spec.defaults, values, version).items() if v
    )


def parse_params(spec: BlockSpec, given: Mapping[str, str]) -> dict[str, Any]:
    """Read parameters typed on a command line (``-p name=value``) into values for :func:`resolve_params`.

    Raises
    ------
    SpecError
        With every wrong name and value.
    """
    typed, problems = _typed(spec, given, parse_text)
    if problems:
        raise SpecError(problems)
    return typed


def _typed(
    spec: BlockSpec, given: Mapping[str, Any], read: Callable[[Parameter, Any], Any]
) -> tuple[dict[str, Any], list[Problem]]:
    typed: dict[str, Any] = {}
    problems: list[Problem] = []
    known = {p.key: p for p in spec.parameters}
    for name, value in given.items():
        pointer = "/" + str(name).replace("~", "~0").replace("/", "~1")
        parameter = known.get(name.replace("_", "-")) if isinstance(name, str) else None
        if parameter is None:
            message = f'is no parameter of "{spec.name}"'
            problems.append(
                problem(message, pointer, allowed=choices(known) or "none", hint=suggestion(name, known))
            )
            continue
        if parameter.key in typed:
            problems.append(problem(f"is given twice, as {parameter.key} too", pointer))
            continue
        try:
            typed[parameter.key] = read(parameter, value)
        except MisfitError as misfit:
            problems.append(
                problem(misfit.message, pointer, got=value, allowed=misfit.allowed, hint=misfit.hint)
            )
            continue
        if parameter.readonly and typed[parameter.key] != spec.defaults[parameter.key]:
            problems.append(problem("is read-only", pointer, got=value, allowed=describe(parameter)))
    return typed, problems


def _copied(value: Any) -> Any:
    return list(value) if isinstance(value, list) else value
