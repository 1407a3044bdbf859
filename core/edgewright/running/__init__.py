"""Carrying out plans: engine, run folders, and what is read back from them."""

from edgewright.running.impulse import Impulse, deploy, reopened, run_impulse
from edgewright.running.run import Labelled, Run
from edgewright.running.session import Options

__all__ = ["Impulse", "Labelled", "Options", "Run", "deploy", "reopened", "run_impulse"]
