"""The runner that gives every task a container of its own."""

from edgewright.runners.docker.runner import DockerRunner

__all__ = ["DockerRunner"]
