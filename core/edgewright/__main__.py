"""``python -m edgewright`` is the command line."""

from __future__ import annotations

from edgewright.cli import main

if __name__ == "__main__":
    main()
