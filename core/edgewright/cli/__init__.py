"""The command line. Commands parse and print; what they do is in the library."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command that ``sys.argv`` names and exit: 0 done, 1 a task failed, 2 usage or spec error, 130 Ctrl-C."""
    from edgewright.cli.app import run

    sys.exit(run(sys.argv[1:]))
