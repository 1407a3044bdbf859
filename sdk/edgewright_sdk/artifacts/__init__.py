"""Files that training programs leave behind, turned into models: trees, linear models, networks.

:func:`convert` reads, :func:`score` scores. Whoever runs this does so in a task: the files come from strangers.
"""

from edgewright_sdk.artifacts.conversion import ARTIFACTS, MODES, convert
from edgewright_sdk.artifacts.scoring import score

__all__ = ["ARTIFACTS", "MODES", "convert", "score"]
