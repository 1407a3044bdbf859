"""Has a command that is not there."""

raise SystemExit("this file is never run")
