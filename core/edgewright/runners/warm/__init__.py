"""Blocks kept running between requests: their import is paid for once, and each request is a line."""

from edgewright.runners.warm.channel import Channel, End, KeepsWarm, Recycling, can_be_warm
from edgewright.runners.warm.worker import Answer, WarmWorker

__all__ = ["Answer", "Channel", "End", "KeepsWarm", "Recycling", "WarmWorker", "can_be_warm"]
