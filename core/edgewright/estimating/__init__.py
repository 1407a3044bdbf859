"""What an impulse takes on a device, and whether that is there: sizes, instructions, budgets."""

from edgewright.estimating.estimate import estimate
from edgewright.estimating.fits import Room, check_fits, fits_document, range_text

__all__ = ["Room", "check_fits", "estimate", "fits_document", "range_text"]
