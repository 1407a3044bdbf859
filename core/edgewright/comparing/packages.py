"""The other side is a WebAssembly package: one of ours, or one that Edge Impulse built.

Ours has a module without imports, which can reach nothing but its own memory: it is run as it is, without the
package's JavaScript. Theirs comes with JavaScript that may do anything, and is run as a block
(:mod:`edgewright.comparing.programs`).
"""

from __future__ import annotations

import json
import math
import shutil
import subprocess
import tempfile
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright.comparing.sides import Answer
from edgewright.errors import DataError, UsageError
from edgewright.moving.unpacking import unpack

if TYPE_CHECKING:
    from edgewright.comparing.sides import Question

THEIRS = "edge-impulse-standalone"
SECONDS = 3600


def answer_of_package(path: Path, question: Question) -> Answer:
    """Run a package over every window.

    Raises
    ------
    DataError
        No package that is known, or one for other windows.
    UsageError
        No Node here.
    """
    with tempfile.TemporaryDirectory(prefix="edgewright-package-") as work:
        folder = path
        if path.suffix.lower() == ".zip":
            folder = unpack(path, Path(work))
        elif path.is_file():
            folder = path.parent
        theirs = _find(folder, f"{THEIRS}.js")
        if path.name == f"{THEIRS}.wasm" and theirs is None:
            raise DataError(f"{path}: {THEIRS}.js is not beside it", hint="give the whole package")
        if theirs is not None and (path.suffix.lower() != ".wasm" or path.stem == THEIRS):
            from edgewright.comparing.programs import answer_of_embind

            return answer_of_embind(theirs, path.name, question)
        modules = [path] if path.suffix.lower() == ".wasm" else sorted(folder.glob("*.wasm"), reverse=True)
        for module in modules:
            # NAME.wasm, or NAME.scalar.wasm for engines without SIMD: both have one wrapper.
            wrapper = module.with_name(f"{module.name.split('.')[0]}.mjs")
            if wrapper.is_file():
                return _ours(module, wrapper, path.name, question)
    raise DataError(
        f"{path}: no WebAssembly package is in it",
        hint=f"expected NAME.wasm with NAME.mjs (`edgewright deploy --target wasm`), or {THEIRS}.js with its .wasm",
    )


def node_program() -> str:
    """Path of Node. Raises UsageError where there is none."""
    found = shutil.which("node")
    if found is None:
        raise UsageError(
            "a WebAssembly package is run by Node, and there is none here", hint="install Node 18 or later"
        )
    return found


def _find(folder: Path, name: str) -> Path | None:
    """The file in the folder itself, or in its ``node/`` or ``browser/``."""
    places = (folder / name, folder / "node" / name, folder / "browser" / name)
    return next((place for place in places if place.is_file()), None)


def _ours(module: Path, wrapper: Path, name: str, question: Question) -> Answer:
    info = _info(wrapper)
    shape = question.shape
    if info.get("shape") != shape:
        raise DataError(
            f"{module}: takes windows of {info.get('shape')}, the run's are {shape}",
            hint="compare a package with a run of the same window",
        )
    outputs = [
        (number, str(output["name"]))
        for number, output in enumerate(info["outputs"])
        if output["kind"] == question.kind
    ]
    wished = question.wishes.other_node
    if wished is None and question.node in [name for _, name in outputs]:
        wished = question.node
    chosen = [output for output in outputs if wished in (None, output[1])]
    if not chosen:
        raise UsageError(
            f"{module}: has no {question.kind} output {wished or ''}",
            hint=f"it has: {', '.join(n for _, n in outputs) or 'none'}",
        )
    with tempfile.TemporaryDirectory(prefix="edgewright-wasm-") as work:
        values, size = Path(work, "windows"), 1 if question.images else 4
        with values.open("wb") as file:
            for piece in question.pieces():
                piece.astype("|u1" if question.images else "<f4").tofile(file)
        driver = files("edgewright.comparing") / "drivers" / "module.mjs"
        command = [
            node_program(),
            str(driver),
            str(module),
            str(chosen[0][0]),
            str(values),
            str(math.prod(shape)),
            str(size),
        ]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
            result = json.loads(done.stdout)
        except subprocess.TimeoutExpired:
            raise DataError(f"{module}: did not finish within {SECONDS} s") from None
        except ValueError:
            raise DataError(f"{module}: can't be run: {done.stderr.strip()[-400:]}") from None
    notes = (f"build {info.get('buildId')}, output {chosen[0][1]!r}",)
    names = [str(name) for name in info["outputs"][chosen[0][0]].get("classes") or ()]
    shares = np.array(result["classes"], dtype=np.float64).reshape(question.count, -1)
    return Answer(
        "WebAssembly package", name, np.array(result["scores"], dtype=np.float64), threshold=float(result["threshold"]),
        seconds=float(result["seconds"]) / max(question.count, 1), size=module.stat().st_size, notes=notes,
        timed="inference alone", sized="module",
        classes={each: shares[:, number] for number, each in enumerate(names[: shares.shape[1]])},
    )  # fmt: skip


def _info(wrapper: Path) -> dict[str, Any]:
    """What a package says of itself: the one JSON object in its wrapper, read as text."""
    text = wrapper.read_text(encoding="utf-8", errors="replace")
    mark = "Object.freeze("
    try:
        info = json.JSONDecoder().raw_decode(text, text.index(mark) + len(mark))[0]
        if not isinstance(info["outputs"], list):
            raise TypeError("outputs is no list")
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise DataError(
            f"{wrapper}: is not the wrapper of a package of ours: {error}",
            hint="`edgewright deploy RUN --target wasm -o DIR` makes one",
        ) from error
    return dict(info)
