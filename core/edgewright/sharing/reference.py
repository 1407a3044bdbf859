"""Names of images: ``host:port/path/name:tag`` and ``…@sha256:…``, read as container engines read them."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, replace

from edgewright.errors import UsageError

DEFAULT_HOST = "docker.io"
DEFAULT_TAG = "latest"
#: Docker Hub answers at another address than its images' names say.
HUB_ADDRESS = "registry-1.docker.io"
MAX_LENGTH = 255

_HOST = re.compile(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[0-9]{1,5})?", re.IGNORECASE)
_PATH = re.compile(r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")

_FORM = "registry.example.com/team/name:1.0, or localhost:5000/name:1.0"


@dataclass(frozen=True)
class Reference:
    """An image's name, taken apart: at most one of ``tag`` and ``digest`` decides."""

    host: str
    repository: str
    tag: str | None = None
    digest: str | None = None

    @classmethod
    def parse(cls, text: str) -> Reference:
        """Read a reference.

        Raises
        ------
        UsageError
            It is none; the message shows the form.
        """
        rest, at, digest = text.partition("@")
        if at and not _DIGEST.fullmatch(digest):
            raise UsageError(
                f"{text!r}: {digest[:20]!r} is no digest", hint="a digest is sha256: and 64 hex digits"
            )
        name, colon, tag = rest.rpartition(":")
        if not colon or "/" in tag:  # the colon was a port's
            name, tag = rest, ""
        elif not _TAG.fullmatch(tag):
            raise UsageError(f"{text!r}: {tag!r} is no tag", hint=f"for example {_FORM}")
        host, repository = _split_host(name)
        if (
            not _PATH.fullmatch(repository)
            or not _HOST.fullmatch(host)
            or len(host) + len(repository) > MAX_LENGTH
        ):
            raise UsageError(f"{text!r} is no reference of an image", hint=f"lower-case, for example {_FORM}")
        return cls(host, repository, tag or None, digest or None)

    @property
    def name(self) -> str:
        """The repository as engines write it: with its host, but for Docker Hub."""
        if self.host == DEFAULT_HOST:
            return self.repository.removeprefix("library/")
        return f"{self.host}/{self.repository}"

    @property
    def text(self) -> str:
        """The whole reference as engines write it."""
        return self.name + (f":{self.tag}" if self.tag else "") + (f"@{self.digest}" if self.digest else "")

    def tagged(self) -> Reference:
        """The same with the tag that engines take where none is given."""
        return self if self.tag or self.digest else replace(self, tag=DEFAULT_TAG)

    def pinned(self, digest: str) -> Reference:
        """The same repository at a digest."""
        return replace(self, tag=None, digest=digest)


def registry_address(host: str) -> str:
    """``http://…`` for a registry on this machine, ``https://…`` for any other."""
    if host == DEFAULT_HOST:
        return f"https://{HUB_ADDRESS}"
    return f"{'http' if is_loopback(host) else 'https'}://{host}"


def is_loopback(host: str) -> bool:
    """Whether ``host`` or ``host:port`` is this machine; engines speak plain HTTP with those, and only those."""
    name = host.rpartition(":")[0] or host
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _split_host(name: str) -> tuple[str, str]:
    first, slash, rest = name.partition("/")
    if slash and ("." in first or ":" in first or first == "localhost"):
        return (DEFAULT_HOST, rest) if first in ("docker.io", "index.docker.io") else (first, rest)
    return DEFAULT_HOST, name if slash else f"library/{name}"
