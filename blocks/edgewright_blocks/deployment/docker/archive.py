"""An image as a file, written without an engine: an OCI layout that ``docker load`` and ``podman load`` take.

It has both indexes: ``manifest.json``, which Docker reads since version 1.10, and ``index.json`` of the OCI image layout 1.0. Blobs have the
names of their digests, so both mean the same files. Layers aren't compressed: the bytes depend on no library.
"""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    Json = dict[str, Any]

_CREATED = "1970-01-01T00:00:00Z"
_OCI = "application/vnd.oci.image"


def write_archive(path: Path, reference: str, architecture: str, program: bytes, config: Json) -> None:
    """Write an image with one layer that holds one program, ``/server``.

    Parameters
    ----------
    path : Path
    reference : str
        ``name:tag`` that it has after loading.
    architecture : str
        As Docker calls it: ``amd64``, ``arm64``.
    program : bytes
    config : dict
        How it runs: the ``config`` of an image (``Entrypoint``, ``User``, …).
    """
    layer = _tar({"server": (program, 0o755)})
    document = {
        "architecture": architecture,
        "os": "linux",
        "created": _CREATED,
        "config": config,
        "rootfs": {"type": "layers", "diff_ids": [_digest(layer)]},
        "history": [{"created": _CREATED, "created_by": "edgewright deploy --target docker"}],
    }
    image = _json(document)
    manifest = _json(
        {
            "schemaVersion": 2,
            "mediaType": f"{_OCI}.manifest.v1+json",
            "config": _descriptor(f"{_OCI}.config.v1+json", image),
            "layers": [_descriptor(f"{_OCI}.layer.v1.tar", layer)],
        }
    )
    names = {
        "io.containerd.image.name": f"docker.io/library/{reference}",
        "org.opencontainers.image.ref.name": reference.rpartition(":")[2],
    }
    described = _descriptor(f"{_OCI}.manifest.v1+json", manifest)
    index = {
        "schemaVersion": 2,
        "mediaType": f"{_OCI}.index.v1+json",
        "manifests": [
            {**described, "platform": {"architecture": architecture, "os": "linux"}, "annotations": names}
        ],
    }
    docker = [{"Config": _blob(image), "RepoTags": [reference], "Layers": [_blob(layer)]}]
    files = {_blob(content): (content, 0o644) for content in (image, manifest, layer)}
    files["index.json"] = (_json(index), 0o644)
    files["manifest.json"] = (_json(docker), 0o644)
    files["oci-layout"] = (_json({"imageLayoutVersion": "1.0.0"}), 0o644)
    path.write_bytes(_tar(files))


def read_program(path: Path) -> bytes:
    """The program of such an archive. Raises ValueError where a blob isn't what its name says."""
    with tarfile.open(path) as archive:
        files = {
            one.name: stream.read() for one in archive if (stream := archive.extractfile(one)) is not None
        }
    for name, content in files.items():
        if name.startswith("blobs/") and name != _blob(content):
            raise ValueError(f"{path.name}: {name} has another content than its name says")
    layer = files[json.loads(files["manifest.json"])[0]["Layers"][0]]
    with tarfile.open(fileobj=io.BytesIO(layer)) as inner:
        stream = inner.extractfile("server")
        assert stream is not None
        return stream.read()


def _tar(files: Mapping[str, tuple[bytes, int]]) -> bytes:
    """Files of root's with their modes, and the folders they are in; nothing of today or of this machine."""
    folders = sorted(
        {name[:at] for name in files for at in range(len(name)) if name[at] == "/"}  # blobs, blobs/sha256
    )
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name in folders:
            entry = tarfile.TarInfo(name)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o755
            archive.addfile(entry)
        for name, (content, mode) in sorted(files.items()):
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), mode
            archive.addfile(entry, io.BytesIO(content))
    return stream.getvalue()


def _json(document: object) -> bytes:
    return json.dumps(document, separators=(",", ":"), sort_keys=True).encode()


def _digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _blob(content: bytes) -> str:
    return f"blobs/sha256/{hashlib.sha256(content).hexdigest()}"


def _descriptor(kind: str, content: bytes) -> Json:
    return {"mediaType": kind, "digest": _digest(content), "size": len(content)}
