"""Exits with code 3 at once."""

import sys

sys.exit(3)
