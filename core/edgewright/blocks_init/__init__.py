"""New blocks: the templates beside this file are whole blocks that run, written out under a new name."""

from edgewright.blocks_init.write import KINDS, write_block

__all__ = ["KINDS", "write_block"]
