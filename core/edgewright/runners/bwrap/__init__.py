"""Runner ``bwrap``: the strict profile by bubblewrap, where no engine of containers may be installed."""

from edgewright.runners.bwrap.runner import BwrapRunner

__all__ = ["BwrapRunner"]
