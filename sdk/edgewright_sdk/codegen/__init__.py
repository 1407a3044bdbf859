"""What deployment blocks share: exported nodes, tables as C, the memory plan, the glue, compilers.

Algorithms live in the runtime and in blocks' ``device/`` folders. What is made here is data and calls.
numpy and the standard library only.
"""
