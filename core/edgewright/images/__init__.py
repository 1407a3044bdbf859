"""Container images: the framework's own and those of blocks, built by content digest.

:func:`build_images`, :func:`save_images` and :func:`load_images` are the verbs of ``edgewright images``.
"""

from edgewright.images.transfer import build_images, load_images, save_images

__all__ = ["build_images", "load_images", "save_images"]
