"""Every kind of document: its name, its model, and how to load one from a file."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Final

from edgewright_specs.documents import load_document, parse_document
from edgewright_specs.problems import SpecError, problem
from edgewright_specs.validation import build

if TYPE_CHECKING:
    from pydantic import BaseModel

    from edgewright_specs.documents import Document

#: name of the schema -> (module, class). The file of that name may have another suffix (``impulse.yaml``).
DOCUMENTS: Final[dict[str, tuple[str, str]]] = {
    "parameters": ("block_file", "BlockFile"),
    "impulse": ("impulse", "ImpulseSpec"),
    "device": ("impulse", "DeviceSpec"),
    "request": ("task", "RequestFile"),
    "result": ("task", "ResultFile"),
    "description": ("description", "DescriptionFile"),
    "plots": ("plots", "PlotsFile"),
    "model": ("model_file", "ModelFile"),
    "export": ("export_file", "ExportFile"),
    "deployment": ("deployment_file", "DeploymentFile"),
    "run": ("record", "RunFile"),
    "lock": ("lock", "LockFile"),
}


def model_of(name: str) -> type[BaseModel]:
    """Return the pydantic class of a kind of document."""
    module, attribute = DOCUMENTS[name]
    found: type[BaseModel] = getattr(import_module(f"edgewright_specs.{module}"), attribute)
    return found


def load_file(name: str, path: Path | str) -> BaseModel:
    """Load one document by the model of its kind.

    Parameters
    ----------
    name
        A key of ``DOCUMENTS``. For ``parameters`` and ``impulse`` use their own loaders, which check more.

    Raises
    ------
    SpecError
        With every problem of the file.
    """
    return check(name, load_document(Path(path)))


def check_text(name: str, text: str, path: Path | str) -> BaseModel:
    """Check the text of a document; as :func:`load_file`."""
    return check(name, parse_document(text, Path(path)))


def check(name: str, document: Document) -> BaseModel:
    """Check a parsed document; as :func:`load_file`."""
    model, problems = build(model_of(name), document, schema=name)
    document.refuse([*(problem("is given twice", p) for p in document.duplicates), *problems])
    if model is None:
        raise SpecError(document.place([problem("is not as its schema says")]))
    return model
