"""Write the parameter table of each built-in block's README, as ``edgewright blocks readme`` does for one block.

``python -m edgewright_blocks.parameter_tables`` writes, ``--check`` only compares.
"""

from __future__ import annotations

import sys
from pathlib import Path

from edgewright_specs.parameters import load_block_spec
from edgewright_specs.readme import README_FILE, has_table, with_table


def main(arguments: list[str]) -> int:
    """Write or check all built-in blocks; returns the exit code."""
    stale = 0
    for path in sorted(Path(__file__).parent.glob("*/*/parameters.json")):
        readme = path.parent / README_FILE
        old = readme.read_text(encoding="utf-8")
        new = with_table(old, load_block_spec(path.parent))
        if new == old:
            continue
        stale += 1
        if "--check" in arguments or not has_table(old):
            sys.stderr.write(f"{readme}: run python -m edgewright_blocks.parameter_tables\n")
        else:
            readme.write_text(new, encoding="utf-8")
    return 1 if stale and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
