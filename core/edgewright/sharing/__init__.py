"""Blocks in registries: pushed, pulled, listed, and pinned by digest."""
