"""Runs a block by what its Dockerfile says, without building an image: for the process runner, on trusted blocks.

``plan.py`` reads what the Dockerfile asks for, ``environment.py`` makes the virtual environment, ``program.py`` lays
the files out for a task and says what to start.
"""

from edgewright.runners.unpacked.program import Program, prepare_program

__all__ = ["Program", "prepare_program"]
