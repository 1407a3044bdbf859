"""Transform blocks outside any impulse: new data of data, or of nothing. What ``edgewright data transform`` does."""

from edgewright.transforming.transform import Options, Transformed, transform

__all__ = ["Options", "Transformed", "transform"]
