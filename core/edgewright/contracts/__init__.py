"""How a block is spoken to: our file contract, or one of Edge Impulse's, chosen by the block's spec.

:func:`contract_of` is all that the rest of core asks; nothing else knows how many contracts there are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgewright.contracts.base import Contract, Launch, Part, Seen
from edgewright.contracts.native import NATIVE

if TYPE_CHECKING:
    from edgewright.registry import Block

__all__ = ["Contract", "Launch", "Part", "Seen", "contract_of"]


def contract_of(block: Block) -> Contract:
    """Return the contract of a block: ours where its spec has an ``edgewright`` object, else Edge Impulse's of its type."""
    if not block.spec.legacy:
        return NATIVE
    if block.type == "processing":
        from edgewright.contracts.http_processing import HTTP_PROCESSING

        return HTTP_PROCESSING
    if block.type == "learning":
        from edgewright.contracts.training import TRAINING

        return TRAINING
    if block.type == "deployment":
        from edgewright.contracts.deployment import DEPLOYMENT

        return DEPLOYMENT
    from edgewright.contracts.transformation import TRANSFORMATION

    return TRANSFORMATION
