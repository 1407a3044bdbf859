"""Two models on the same recordings: a run beside another run, an exported program, a model file or a list of scores."""

from edgewright.comparing.sides import Wishes
from edgewright.comparing.together import Comparison, compare_scores

__all__ = ["Comparison", "Wishes", "compare_scores"]
