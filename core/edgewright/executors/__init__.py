"""Where tasks go: executors submit, poll and cancel *run this one task*; they know no graph, key or record."""

from edgewright.executors.base import Executor, Handle, Submission

__all__ = ["Executor", "Handle", "Submission"]
