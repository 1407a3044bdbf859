"""A small ingestion service with the interface of Edge Impulse's: what a block uploads to it becomes files.

It stands on the loopback address beside a block that only knows how to upload. Standard library only.
"""
