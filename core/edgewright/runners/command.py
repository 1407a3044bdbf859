"""The command line that runs a block, the same under every runner but for its paths."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

DRIVER = "edgewright_sdk"


def block_command(
    block_dir: str,
    declared: Sequence[str] | None,
    *,
    python: str,
    in_dir: str,
    out_dir: str,
) -> list[str]:
    """The argv of one cold run; a list, never a shell's text.

    Parameters
    ----------
    block_dir, in_dir, out_dir
        Paths as the block sees them.
    declared
        The spec's ``edgewright.command``. ``--in DIR --out DIR`` is appended; a first word with a slash is relative
        to the block's folder, which is also the working folder.
    python
        The interpreter for blocks on the SDK.
    """
    paths = ["--in", in_dir, "--out", out_dir]
    if declared is None:
        return [python, "-m", DRIVER, "run", "--block", block_dir, *paths]
    first, *rest = declared
    if "/" in first and not first.startswith("/"):
        first = f"{block_dir}/{first}"
    return [first, *rest, *paths]


def serve_command(block_dir: str, *, python: str, pipes: str | None) -> list[str]:
    """The argv of the warm driver, which takes requests on stdin, or by the named pipes of a folder."""
    mode: Literal["serve"] = "serve"
    return [python, "-m", DRIVER, mode, "--block", block_dir, *([] if pipes is None else ["--pipes", pipes])]
