"""Container images: the framework's own and those of blocks, built by content digest.

:mod:`.transfer` has the verbs of ``edgewright images``.
"""
