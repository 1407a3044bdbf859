"""Every parser of bytes that strangers wrote: how it is called, and what it may raise."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from edgewright.data.readers import builtin_readers
from edgewright.data.readers.base import BadFileError, PictureReader
from edgewright.errors import EdgewrightError
from edgewright.harvest import HarvestError, harvest, output_rules
from edgewright.images.layers import unpack_images
from edgewright.runners.base import Limits
from edgewright.runners.messages import parse_message
from edgewright_sdk.compiler import compile_graph, optimise, read_graph
from edgewright_sdk.errors import BlockError
from edgewright_specs.loading import load_impulse
from edgewright_specs.parameters import load_block_spec
from edgewright_specs.problems import SpecError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

#: What a parser may raise: each says the place, what was got and what is allowed.
REFUSALS: Final = (BadFileError, EdgewrightError, HarvestError, BlockError, SpecError)


def _recordings(path: Path) -> None:
    for reader in builtin_readers():
        if reader.detect(path):
            for recording in reader.recordings(path, {}):
                assert recording.values is None or recording.values.ndim == 2
            if reader.kind == "image":
                picture: PictureReader = reader  # type: ignore[assignment]
                assert picture.picture(path, {}).pixels.ndim == 3
            return


def _result(path: Path) -> None:
    out, staged = path.parent / "out", path.parent / "staged"
    for folder in (out, staged):
        folder.mkdir()
    (out / "result.json").write_bytes(path.read_bytes())
    (out / "features.npy").write_bytes(b"\x93NUMPY\x01\x00")
    harvest(out, staged, output_rules("transform"), Limits())


def _array(path: Path) -> None:
    out, staged = path.parent / "out", path.parent / "staged"
    for folder in (out, staged):
        folder.mkdir()
    output = {"kind": "array", "path": "features.npy", "dtype": "float32", "shape": [4, 2]}
    (out / "result.json").write_text(json.dumps({"contract": 1, "outputs": {"features": output}}))
    (out / "features.npy").write_bytes(path.read_bytes())
    harvest(out, staged, output_rules("transform"), Limits())


def _spec(path: Path) -> None:
    (path.parent / "parameters.json").write_bytes(path.read_bytes())
    load_block_spec(path.parent)


def _network(path: Path) -> None:
    compile_graph(optimise(read_graph(path.read_bytes(), path.name, [4, 3], "y")))


def _images(path: Path) -> None:
    made = path.parent / "made"
    made.mkdir()
    list(unpack_images(path, made, known=lambda _: False))


def _messages(path: Path) -> None:
    for line in path.read_bytes().split(b"\n"):
        parse_message(line)


#: Folder of the corpus -> what reads its files.
PARSERS: Final[dict[str, Callable[[Path], None]]] = {
    "recordings": _recordings,
    "results": _result,
    "arrays": _array,
    "specs": _spec,
    "impulses": load_impulse,
    "networks": _network,
    "image-archives": _images,
    "messages": _messages,
}
