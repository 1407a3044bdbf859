"""Carrying out plans: engine, run folders, and what is read back from them."""

from edgewright.running.impulse import Options, run_impulse
from edgewright.running.run import Labelled, Run

__all__ = ["Labelled", "Options", "Run", "run_impulse"]
