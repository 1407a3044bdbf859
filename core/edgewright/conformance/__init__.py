"""What every block must keep, as checks that anybody can run: ``edgewright blocks check``, or under pytest.

The checks start blocks as tasks by the runners that real runs use; nothing here imports a block.
"""

from edgewright.conformance.bench import Bench
from edgewright.conformance.checks import Check, Verdict, checks_for, judge

__all__ = ["Bench", "Check", "Verdict", "checks_for", "judge"]
