"""The one error of harvesting."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgewright.errors import EdgewrightError

if TYPE_CHECKING:
    from edgewright_specs.interface import Reason


class HarvestError(EdgewrightError):
    """Outputs that can't be taken: ``reason`` is ``bad_output`` or ``limit``, of a warm block also ``infra``."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason: Reason = reason


def bad(message: str) -> HarvestError:
    """An output that breaks the contract."""
    return HarvestError("bad_output", message)
