"""The environment of a block run by the host's own interpreter: part of a task's key.

The same function computes it in a container while its image is built, so that equal environments share results
between runners.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from edgewright_specs.environment import environment, read_requirements

if TYPE_CHECKING:
    from edgewright.registry.block import Block

REQUIREMENTS_FILE = "requirements.txt"


def process_environment(block: Block) -> tuple[str, ...]:
    """Sorted ``name==version`` of what the block's ``requirements.txt`` reaches, then Python and architecture.

    Returns
    -------
    tuple of str
        For example ``("numpy==2.2.6", "scipy==1.15.3", "python==3.11.2", "arch==x86_64")``. A requirement that
        isn't installed is there as ``name==missing``.
    """
    requirements: tuple[str, ...] = ()
    if block.folder is not None and (block.folder / REQUIREMENTS_FILE).is_file():
        requirements = tuple(read_requirements((block.folder / REQUIREMENTS_FILE).read_text("utf-8")))
    return _cached(requirements)


@lru_cache(maxsize=64)
def _cached(requirements: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(environment(requirements))


@lru_cache(maxsize=1)
def host_environment() -> tuple[str, ...]:
    """The same for the host's own steps: what reads, resamples and scores arrays."""
    return tuple(environment(("numpy", "scipy", "soundfile", "pillow", "cbor2")))
