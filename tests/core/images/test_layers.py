"""Archives of images into folders: layers over one another, and nothing outside."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from typing import TYPE_CHECKING, Any

import pytest

from edgewright.images.commands import ImageError
from edgewright.images.layers import unpack_images
from edgewright.images.roots import find_root, load_roots

if TYPE_CHECKING:
    from pathlib import Path

Entry = tuple[str, Any]


def layer(entries: list[Entry]) -> bytes:
    """A layer: text is a file, None a folder, ``("symlink" | "link", target)`` a link, ``"device"`` a device."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, what in entries:
            info = tarfile.TarInfo(name)
            if what is None:
                info.type, info.mode = tarfile.DIRTYPE, 0o755
            elif isinstance(what, tuple):
                info.type = tarfile.SYMTYPE if what[0] == "symlink" else tarfile.LNKTYPE
                info.linkname = what[1]
            elif what == "device":
                info.type = tarfile.CHRTYPE
            else:
                info.size, info.mode = len(what), 0o4755
            tar.addfile(info, io.BytesIO(what.encode()) if info.size else None)
    return buffer.getvalue()


def archive(path: Path, layers: list[list[Entry]], config: dict[str, Any] | None = None) -> Path:
    text = json.dumps({"config": config or {}}).encode()
    files = {f"{number}/layer.tar": layer(entries) for number, entries in enumerate(layers)}
    manifest = [{"Config": "c.json", "RepoTags": ["example/a:1"], "Layers": list(files)}]
    files |= {"c.json": text, "manifest.json": json.dumps(manifest).encode()}
    with tarfile.open(path, "w") as tar:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return path


def unpack(folder: Path, layers: list[list[Entry]]) -> Path:
    (image,) = unpack_images(archive(folder / "a.tar", layers), folder / "made", known=lambda _: False)
    assert image.folder is not None
    return image.folder / "files"


def test_layers_lie_over_one_another(tmp_path: Path) -> None:
    first = [
        ("usr", None), ("usr/lib", None), ("usr/lib/a", "one"), ("usr/lib/b", "two"), ("lib", ("symlink", "usr/lib")),
        ("gone", None), ("gone/x", "x"), ("data", None), ("data/old", "old"), ("file", "becomes a folder"), ("dev", "device"),
    ]  # fmt: skip
    second = [
        ("usr/lib/a", "changed"), ("usr/lib/.wh.b", ""), (".wh.gone", ""), ("data", None), ("data/new", "new"),
        ("data/.wh..wh..opq", ""), ("file", None), ("file/inside", "yes"), ("usr/lib/hard", ("link", "usr/lib/a")),
    ]  # fmt: skip
    made = unpack(tmp_path, [first, second])
    found = {path.relative_to(made).as_posix() for path in made.rglob("*") if not path.is_dir()}
    assert found == {"usr/lib/a", "usr/lib/hard", "data/new", "file/inside"}
    assert (made / "usr/lib/hard").read_text() == "changed"
    assert (made / "lib").is_symlink()
    assert (made / "usr/lib/a").stat().st_mode & 0o7777 == 0o755


@pytest.mark.parametrize(
    "entries",
    [
        [("../outside", "x")],
        [("/etc/outside", "x")],
        [("way", ("symlink", "/")), ("way/outside", "x")],
        [("way", ("symlink", "..")), ("way/outside", None), ("way/outside/x", "x")],
        [("file", "x"), ("file/below", "x")],
        [("a", ("link", "../../etc/passwd"))],
        [("way", ("symlink", "/etc")), ("a", ("link", "way/passwd"))],
    ],
)
def test_no_entry_leads_outside(tmp_path: Path, entries: list[Entry]) -> None:
    before = sorted(tmp_path.parent.iterdir())
    with pytest.raises(ImageError):
        unpack(tmp_path, [entries])
    assert sorted(tmp_path.parent.iterdir()) == before


@pytest.mark.parametrize("text", [b"", b"no archive", b"\x1f\x8b\x08\x00junk"])
def test_what_is_no_archive_is_said_to_be_none(tmp_path: Path, text: bytes) -> None:
    (tmp_path / "a.tar").write_bytes(text)
    with pytest.raises(ImageError, match=r"a\.tar"):
        list(unpack_images(tmp_path / "a.tar", tmp_path, known=lambda _: False))


def test_an_image_is_found_by_tag_and_by_id(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    config = {"Env": ["PATH=/bin", "A=b=c"], "Cmd": ["run"], "WorkingDir": "/work"}
    path = archive(tmp_path / "a.tar", [[("x", "y")]], config)
    assert load_roots(path) == load_roots(path) == ["example/a:1"]
    root = find_root("example/a:1")
    assert root is not None
    assert root == find_root(root.id)
    assert root.id == "sha256:" + hashlib.sha256(json.dumps({"config": config}).encode()).hexdigest()
    assert (root.folder / "x").read_text() == "y"
    assert (root.variables, root.command, root.folder_inside) == (
        {"PATH": "/bin", "A": "b=c"},
        ["run"],
        "/work",
    )
    assert find_root("example/a:2") is None
