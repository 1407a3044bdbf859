"""The other end of Edge Impulse's processing blocks: asks their HTTP server what our file contract asks for.

Runs beside the block, in a container of its own that shares nothing but the loopback network with it. Standard library
and numpy only.
"""
