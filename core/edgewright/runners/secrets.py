"""Secrets of one task: read when it starts, in a folder of their own while it runs, gone when it ends."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from edgewright.errors import UsageError
from edgewright.runners.masking import Mask
from edgewright.scratch import in_memory, scratch_folder

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MAX_BYTES: Final = 64 << 10


@dataclass(frozen=True)
class Secrets:
    """What a runner gives to a task: a folder with a file a secret; and what keeps the values out of what it leaves."""

    folder: Path
    values: Mapping[str, bytes] = field(repr=False)
    mask: Mask = field(repr=False)

    def texts(self) -> dict[str, str]:
        """Values as variables of an environment, for blocks of Edge Impulse's, which read them there."""
        return {name: value.decode("utf-8", "surrogateescape") for name, value in self.values.items()}

    def give_to(self, uid: int, gid: int) -> None:
        """Let one user read them, and nobody else."""
        for path in (*self.folder.iterdir(), self.folder):
            os.chown(path, uid, gid)


@contextlib.contextmanager
def opened(sources: Mapping[str, str]) -> Iterator[Secrets | None]:
    """Read secrets for one task and lay them out; None where there are none.

    Parameters
    ----------
    sources : mapping of str to str
        ``env:VARIABLE`` or ``file:PATH`` by name.

    Raises
    ------
    UsageError
        One of them isn't there.
    """
    if not sources:
        yield None
        return
    values = {name: read_secret(name, source) for name, source in sources.items()}
    with scratch_folder("secrets", in_memory()) as folder:
        for name, value in values.items():
            private = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o400)
            with os.fdopen(private, "wb") as file:
                file.write(value)
        folder.chmod(0o500)
        yield Secrets(folder, values, Mask(values.values()))


def read_secret(name: str, source: str) -> bytes:
    """Value of a secret; of a file without the line break at its end.

    Raises
    ------
    UsageError
        It isn't there, is empty, or larger than 64 KiB. No message holds a value.
    """
    kind, _, place = source.partition(":")
    if kind == "env":
        text = os.environ.get(place)
        if text is None:
            raise UsageError(
                f"the secret {name!r} is granted from the variable {place}, which is not set",
                hint=f"set it for this command: {place}=… edgewright …",
            )
        value = text.encode("utf-8", "surrogateescape")
    else:
        try:
            with Path(place).open("rb") as file:
                value = file.read(MAX_BYTES + 2)
        except OSError as problem:
            raise UsageError(
                f"the secret {name!r} is granted from a file: {place}: {problem.strerror or problem}"
            ) from None
        value = value.removesuffix(b"\n").removesuffix(b"\r")
    if not value or len(value) > MAX_BYTES:
        size = "is empty" if not value else f"is larger than {MAX_BYTES >> 10} KiB"
        raise UsageError(f"the secret {name!r} ({source}) {size}")
    return value
