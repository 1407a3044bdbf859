"""Reads what a block left in ``/out`` as if an adversary had written it."""

from edgewright.harvest.collect import Harvested, harvest, harvest_folder
from edgewright.harvest.errors import HarvestError
from edgewright.harvest.rules import output_rules

__all__ = ["HarvestError", "Harvested", "harvest", "harvest_folder", "output_rules"]
