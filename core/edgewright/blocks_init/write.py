"""Write a template out under a new name: names in texts and files replaced, parts that aren't wanted left out."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from dataclasses import replace
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from edgewright.errors import UsageError
from edgewright.scratch import scratch_folder
from edgewright_specs.problems import SpecError

if TYPE_CHECKING:
    from edgewright.blocks_init.new_block import NewBlock
    from edgewright_specs.problems import Problem

#: How the templates call themselves: as a name, a class and a title.
_NAME, _CLASS, _TITLE = "template_block", "TemplateBlock", "Template block"

#: The lines between two markers (a comment with ``[device``, one with ``device]``) belong to device code; the blank line
#: before a marker belongs to it.
_DEVICE_PART: Final = re.compile(
    r"\n?^[^\S\n]*(?:#|<!--) \[device.*\n(?P<part>(?:.*\n)*?)^[^\S\n]*(?:#|<!--) device\].*\n", re.MULTILINE
)
_LINE: Final = 100


def write_block(new: NewBlock) -> list[Path]:
    """Write a new block that runs, with its test, Dockerfile and device code.

    Returns
    -------
    list of Path
        The files written.

    Raises
    ------
    UsageError
        The folder holds something already, or its name can't be a block's.
    edgewright_specs.problems.SpecError
        The parameters asked for can't be parameters: every problem, by the parameter's name.
    """
    new.check()
    folder = new.folder.resolve()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{new.folder} is there already", hint="choose a new folder, or an empty one")
    folder.parent.mkdir(parents=True, exist_ok=True)
    # Written beside its place and moved in whole: a full disk or a wrong parameter leaves no half block.
    with scratch_folder("block", folder.parent) as staging:
        built = _build(staging, new)
        if folder.exists():
            folder.rmdir()
        built.rename(folder)
    return sorted(path for path in folder.rglob("*") if path.is_file())


def try_out(new: NewBlock) -> None:
    """Raise what :func:`write_block` would raise of the spec, and write nothing."""
    new.check()
    with tempfile.TemporaryDirectory(prefix="edgewright-") as folder:
        _build(Path(folder), new)


def _build(folder: Path, new: NewBlock) -> Path:
    built = folder / new.name
    with as_file(files("edgewright.blocks_init").joinpath(new.template)) as template:
        shutil.copytree(template, built, ignore=shutil.ignore_patterns("__pycache__", "__init__.py"))
    _rename(built, new)
    _complete_spec(built, new)
    return built


def _rename(built: Path, new: NewBlock) -> None:
    words = [word for word in new.name.split("_") if word]
    plain = " ".join(words).capitalize()
    device = new.device and (built / "device").is_dir()
    if not device:
        shutil.rmtree(built / "device", ignore_errors=True)
    for path in sorted(path for path in built.rglob("*") if path.is_file()):
        text = path.read_text(encoding="utf-8")
        text = _DEVICE_PART.sub(_kept if device else "", text)
        if path.name == "README.md":
            text = _with_texts(text, new)
        text = text.replace(_NAME, new.name).replace(_CLASS, "".join(word.capitalize() for word in words))
        path.write_text(text.replace(_TITLE, plain), encoding="utf-8")
        if _NAME in path.name:
            path.rename(path.with_name(path.name.replace(_NAME, new.name)))


def _kept(found: re.Match[str]) -> str:
    part = found["part"]
    return part[:-1] if part.endswith("\n\n") else part


def _with_texts(readme: str, new: NewBlock) -> str:
    heading = f"# {_TITLE}\n"
    told = f"\n{new.description}\n" if new.description else ""
    return readme.replace(heading, (f"# {new.title}\n" if new.title else heading) + told, 1)


def _complete_spec(built: Path, new: NewBlock) -> None:
    """Give ``parameters.json`` its texts and parameters, and let the loader judge it."""
    from edgewright_specs.parameters import load_block_spec
    from edgewright_specs.readme import README_FILE, with_table

    path = built / "parameters.json"
    spec = json.loads(path.read_text(encoding="utf-8"))
    info: dict[str, Any] = spec["info"]
    for name in ("title", "author", "description"):
        if getattr(new, name):
            info[name] = getattr(new, name)
    place = f"/parameters/{len(spec['parameters'])}/items/"
    if new.params:
        spec["parameters"].append({"group": "Parameters", "items": list(new.params)})
    section = spec["edgewright"]
    if not (built / "device").is_dir():
        section.pop("device", None)
        section["operations"] = [name for name in section["operations"] if name != "export"]
    path.write_text(_json(spec) + "\n", encoding="utf-8")
    try:
        loaded = load_block_spec(built)
    except SpecError as error:
        raise SpecError([_named(problem, place, new) for problem in error.problems]) from None
    readme = built / README_FILE
    readme.write_text(with_table(readme.read_text(encoding="utf-8"), loaded), encoding="utf-8")


def _named(problem: Problem, place: str, new: NewBlock) -> Problem:
    """A problem by the parameter as it was asked for: nobody ever sees the file it was found in."""
    if not problem.pointer.startswith(place):
        return replace(problem, path=str(new.folder / "parameters.json"), line=None)
    number, _slash, field = problem.pointer.removeprefix(place).partition("/")
    return replace(problem, path=f"--param {new.params[int(number)]['param']}", line=None, pointer=field)


def _json(value: Any, indent: str = "") -> str:
    """JSON as people write it: a short list of words or numbers stays on one line."""
    line = json.dumps(value, ensure_ascii=False)
    words = isinstance(value, list) and not any(isinstance(inner, (dict, list)) for inner in value)
    if not isinstance(value, (dict, list)) or not value or (words and len(line) <= _LINE):
        return line
    deeper = indent + "  "
    if isinstance(value, list):
        return "[\n" + ",\n".join(f"{deeper}{_json(inner, deeper)}" for inner in value) + f"\n{indent}]"
    pairs = [
        f"{deeper}{json.dumps(name, ensure_ascii=False)}: {_json(inner, deeper)}"
        for name, inner in value.items()
    ]
    return "{\n" + ",\n".join(pairs) + f"\n{indent}}}"
