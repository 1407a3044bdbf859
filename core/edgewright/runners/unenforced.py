"""A limit that nothing can hold is a reason not to run, unless the user says otherwise."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Run although a limit is not enforced; the record then says which.
ALLOW_VARIABLE: Final = "EDGEWRIGHT_ALLOW_UNENFORCED"


def allowed() -> bool:
    """Whether tasks may run without a limit that can't be enforced."""
    return os.environ.get(ALLOW_VARIABLE, "") not in ("", "0")


def refusal(who: str, limits: Sequence[str], why: str) -> str:
    """Say why no task may run."""
    return f"{who} can't enforce: {', '.join(limits)} ({why}; {ALLOW_VARIABLE}=1 runs without, and the record says so)"
