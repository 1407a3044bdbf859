"""Whether everything that can run an impulse computes the same: one table of nodes and engines."""

from edgewright.parity.cells import Cell
from edgewright.parity.collecting import Parity, parity

__all__ = ["Cell", "Parity", "parity"]
