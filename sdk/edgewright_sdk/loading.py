"""Import a block's code from its folder, and take it out again."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import inspect
import sys
import types
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from edgewright_sdk import blocks
from edgewright_sdk.errors import BlockFolderError

if TYPE_CHECKING:
    from edgewright_sdk.context import Context

_BASES = (
    blocks.ProcessingBlock,
    blocks.LearningBlock,
    blocks.WindowLearningBlock,
    blocks.DeploymentBlock,
    blocks.TransformBlock,
)


@dataclass(frozen=True)
class LoadedBlock:
    """A block's class and where it came from."""

    folder: Path
    package: str
    block_class: type[blocks.Block]
    _before: frozenset[str] = field(repr=False)

    @property
    def type(self) -> str:
        """``processing``, ``learning``, ``deployment`` or ``transform``."""
        return self.block_class.type

    def new(self, context: Context | None = None) -> blocks.Block:
        """Make a fresh object: one a request."""
        return self.block_class(self.folder, context)

    def close(self) -> None:
        """Forget the block's modules, so that another block's helpers of the same name are their own."""
        _forget(self.folder, self.package, self._before)


def load_block(folder: str | Path) -> LoadedBlock:
    """Import ``block.py`` of a block folder.

    Files beside it can be imported as ``from .helper import …`` or ``import helper``; the relative form keeps two
    blocks in one process apart.

    Raises
    ------
    BlockFolderError
        When there is no ``block.py``, or it doesn't define exactly one block class.
    """
    root = Path(folder).resolve()
    if not (root / "block.py").is_file():
        raise BlockFolderError(f"{root} is no block folder: it has no block.py")
    package = "edgewright_block_" + hashlib.sha256(str(root).encode()).hexdigest()[:12]
    before = frozenset(sys.modules)
    parent = types.ModuleType(package)
    parent.__path__ = [str(root)]
    sys.modules[package] = parent
    sys.path.insert(0, str(root))
    try:
        module = importlib.import_module(f"{package}.block")
        loaded = LoadedBlock(root, package, _block_class(module, root), before)
    except BaseException:
        _forget(root, package, before)
        raise
    return loaded


def _block_class(module: types.ModuleType, root: Path) -> type[blocks.Block]:
    found = [
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, _BASES) and value.__module__ == module.__name__
    ]
    concrete = [value for value in found if not inspect.isabstract(value)]
    if len(concrete) == 1:
        return concrete[0]
    where = root / "block.py"
    if len(concrete) > 1:
        names = ", ".join(value.__name__ for value in concrete)
        raise BlockFolderError(
            f"{where} defines {len(concrete)} blocks ({names}); a folder holds exactly one"
        )
    if found:
        missing = ", ".join(sorted(getattr(found[0], "__abstractmethods__", ())))
        raise BlockFolderError(f"{where}: {found[0].__name__} doesn't define {missing}")
    raise BlockFolderError(
        f"{where} defines no block: a class on {', '.join(base.__name__ for base in _BASES[:-1])} "
        f"or {_BASES[-1].__name__} of edgewright_sdk"
    )


def _forget(root: Path, package: str, before: frozenset[str]) -> None:
    if str(root) in sys.path:
        sys.path.remove(str(root))
    for name, module in list(sys.modules.items()):
        if name in before:
            continue
        file = getattr(module, "__file__", None)
        ours = name == package or name.startswith(package + ".")
        if ours or (isinstance(file, str) and root in Path(file).parents):
            del sys.modules[name]
    importlib.invalidate_caches()
