"""New blocks: the templates beside this file are whole blocks that run, written out under a new name."""

from edgewright.blocks_init.new_block import KINDS, NewBlock
from edgewright.blocks_init.write import try_out, write_block

__all__ = ["KINDS", "NewBlock", "try_out", "write_block"]
