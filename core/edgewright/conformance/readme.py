"""The parameter table of a block's README: that of its ``parameters.json``, or a reader is told what isn't so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgewright.conformance.checks import BrokenPromiseError, NotApplicableError
from edgewright.errors import UsageError
from edgewright.trees import replacing
from edgewright_specs.readme import README_FILE, has_table, with_table

if TYPE_CHECKING:
    from edgewright.conformance.bench import Bench
    from edgewright.registry import Block


def check_readme(bench: Bench) -> str | None:
    """A README that holds a table holds the right one."""
    block = bench.block
    if block.folder is None or block.spec.legacy:
        raise NotApplicableError("only folders with a spec of ours have a generated table")
    text = _text(block)
    if text is None:
        raise NotApplicableError(f"there is no {README_FILE}: `edgewright blocks readme` writes one")
    if not has_table(text):
        raise NotApplicableError(f"{README_FILE} has no parameter table: `edgewright blocks readme` adds one")
    if with_table(text, block.spec) != text:
        raise BrokenPromiseError(
            f"the parameter table of {README_FILE} is not that of parameters.json",
            f"edgewright blocks readme {block.folder}",
        )
    return None


def renew(block: Block, *, write: bool = True) -> bool:
    """Write the parameter table of a block's README; return whether it was another one.

    Raises
    ------
    UsageError
        The block is no folder, or one of Edge Impulse's, whose files are left as they are.
    """
    if block.folder is None:
        raise UsageError(f"{block.name} is an image", hint="give the block's folder")
    if block.spec.legacy:
        raise UsageError(
            f"{block.folder} has no `edgewright` object in its parameters.json",
            hint="the files of such blocks are left as they are",
        )
    old = _text(block) or ""
    new = with_table(old or f"# {block.spec.title}\n\n{block.spec.description}\n", block.spec)
    if write and new != old:
        with replacing(block.folder / README_FILE) as unfinished:
            unfinished.write_text(new, encoding="utf-8")
    return new != old


def _text(block: Block) -> str | None:
    assert block.folder is not None
    path = block.folder / README_FILE
    return path.read_text(encoding="utf-8") if path.is_file() else None
