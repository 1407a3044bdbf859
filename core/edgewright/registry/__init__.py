"""Blocks by reference: a built-in name, a folder or an image becomes a :class:`Block` with its spec and digest."""

from edgewright.registry.block import Block
from edgewright.registry.resolve import builtin_folders, resolve

__all__ = ["Block", "builtin_folders", "resolve"]
