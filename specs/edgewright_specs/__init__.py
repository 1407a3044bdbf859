"""Contracts of Edgewright: JSON Schemas, models, loaders and the file interface.

Importing this package imports nothing heavy: the SDK in a block's container needs :mod:`.interface` alone.
"""
