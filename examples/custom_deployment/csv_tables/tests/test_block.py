"""That the block keeps every promise of its spec."""

from pathlib import Path

from edgewright.testing import parametrize_with_checks

BLOCK = Path(__file__).parents[1]


@parametrize_with_checks(BLOCK)
def test_block_keeps_its_promises(check):
    check()
