"""The loop of writing a block: run it on a sample at each save, and say what came out and what changed."""

from edgewright.devloop.attempt import Attempt, Table, attempt
from edgewright.devloop.changes import Changes, compare
from edgewright.devloop.sample import Sample, read_sample
from edgewright.devloop.watching import Watched

__all__ = ["Attempt", "Changes", "Sample", "Table", "Watched", "attempt", "compare", "read_sample"]
