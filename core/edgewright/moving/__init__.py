"""Moving over from Edge Impulse: what a project exported becomes an impulse, and what could not come along is named."""

from edgewright.moving.bringing import Imported, import_edge_impulse

__all__ = ["Imported", "import_edge_impulse"]
