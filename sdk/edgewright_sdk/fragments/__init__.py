"""What a node computes as an ONNX graph: the pieces that a block's `export` may add for targets which join them to one file."""

from edgewright_sdk.fragments.fragment import Fragment
from edgewright_sdk.fragments.joining import Piece, join

__all__ = ["Fragment", "Piece", "join"]
