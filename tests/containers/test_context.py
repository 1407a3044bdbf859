"""Archives, build contexts and Dockerfiles: nothing here needs an engine."""

from __future__ import annotations

import io
import tarfile
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from edgewright.errors import UsageError
from edgewright.images.archive import files_digest, pack, sdk_contents
from edgewright.images.context import block_dockerfile, read_context
from edgewright.images.frameworks import (
    FRAMEWORKS,
    constraints,
    dockerfile,
    framework_tag,
    frameworks_of,
    resolve_from,
)

if TYPE_CHECKING:
    from pathlib import Path


def block(folder: Path, environment: str | None = "base") -> Any:
    spec = SimpleNamespace(edgewright=SimpleNamespace(environment=environment) if environment else None)
    return SimpleNamespace(name="b", folder=folder, spec=spec)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in {
        "parameters.json": "{}",
        "block.py": "x",
        "device/b.cpp": "y",
        "README.md": "text",
        "tests/test_b.py": "z",
        ".env": "SECRET=1",
        ".git/config": "url",
        "__pycache__/block.pyc": "",
    }.items():
        path = tmp_path / "block" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "block"


def test_a_context_holds_code_and_nothing_else(folder: Path) -> None:
    files, executable = read_context(folder)
    assert sorted(files) == ["block.py", "device/b.cpp", "parameters.json"]
    assert executable == frozenset()
    (folder / "block.py").chmod(0o755)
    assert read_context(folder)[1] == {"block.py"}


def test_a_context_obeys_dockerignore(folder: Path) -> None:
    (folder / ".dockerignore").write_text("# no device code\ndevice\n*.json\n!parameters.json\n")
    assert sorted(read_context(folder)[0]) == ["block.py", "parameters.json"]


def test_a_link_that_leaves_the_folder_is_refused(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "id_rsa").write_text("secret")
    (folder / "key").symlink_to(tmp_path / "id_rsa")
    with pytest.raises(UsageError, match="key: a link to"):
        read_context(folder)


def test_a_pipe_is_refused(folder: Path) -> None:
    import os

    os.mkfifo(folder / "pipe")
    with pytest.raises(UsageError, match="not a regular file"):
        read_context(folder)


def test_equal_files_pack_to_equal_bytes() -> None:
    first = pack({"b/c.py": b"1", "a": b"2"}, executable=frozenset({"a"}))
    assert first == pack({"a": b"2", "b/c.py": b"1"}, executable=frozenset({"a"}))
    with tarfile.open(fileobj=io.BytesIO(first)) as archive:
        members = [(m.name, m.mode, m.uid, m.mtime, m.isdir()) for m in archive]
    assert members == [("a", 0o755, 0, 0, False), ("b", 0o755, 0, 0, True), ("b/c.py", 0o644, 0, 0, False)]


def test_a_digest_tells_names_modes_and_contents_apart() -> None:
    digests = {
        files_digest({"a": b"1"}),
        files_digest({"b": b"1"}),
        files_digest({"a": b"2"}),
        files_digest({"a": b"1"}, executable=frozenset({"a"})),
        files_digest({"a": b"1", "b": b""}),
    }
    assert len(digests) == 5


def test_the_sdk_archive_is_whole_and_lean() -> None:
    names = set(sdk_contents())
    assert {
        "edgewright_sdk/__main__.py",
        "edgewright_specs/interface.py",
        "edgewright_specs/environment.py",
    } <= names
    assert not [name for name in names if name.endswith(".pyc")]
    assert {name for name in names if name.startswith("edgewright_specs/")} == {
        "edgewright_specs/__init__.py",
        "edgewright_specs/environment.py",
        "edgewright_specs/interface.py",
    }


def test_framework_tags_stand_for_their_recipes() -> None:
    tags = [framework_tag(name) for name in FRAMEWORKS]
    assert len(set(tags)) == len(FRAMEWORKS)
    assert all(
        tag.startswith(f"edgewright/{name}:") and len(tag.split(":")[1]) == 12
        for name, tag in zip(FRAMEWORKS, tags, strict=True)
    )
    with pytest.raises(UsageError, match="no framework image edgewright/rust"):
        dockerfile("rust")


def test_every_package_that_a_framework_installs_is_pinned() -> None:
    pins = {line.split("==")[0] for line in constraints().splitlines() if "==" in line}
    for name in FRAMEWORKS:
        line = next(
            line for line in dockerfile(name).replace("\\\n", "").splitlines() if "pip install" in line
        )
        packages = line.split("constraints.txt", 1)[1].split()
        assert packages
        assert set(packages) <= pins


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("FROM edgewright/base", "FROM {base}"),
        ("from edgewright/base:latest AS build", "from {base} AS build"),
        ("FROM --platform=linux/amd64 edgewright/classical", "FROM --platform=linux/amd64 {classical}"),
        ("FROM python:3.11", "FROM python:3.11"),
        ("FROM other/edgewright/base", "FROM other/edgewright/base"),
    ],
)
def test_from_lines_are_resolved_to_digest_tags(line: str, expected: str) -> None:
    tags = {name: framework_tag(name) for name in FRAMEWORKS}
    assert resolve_from(line + "\nCOPY . /block\n") == expected.format(**tags) + "\nCOPY . /block\n"


def test_a_block_without_a_dockerfile_gets_the_usual_lines(folder: Path) -> None:
    assert block_dockerfile(block(folder)) == "FROM edgewright/base\nCOPY . /block\n"
    (folder / "requirements.txt").write_text("scikit-learn\n")
    lines = block_dockerfile(block(folder, "classical")).splitlines()
    assert lines[0] == "FROM edgewright/classical"
    assert lines[2].endswith("--requirement /block/requirements.txt")
    (folder / "Dockerfile").write_text("FROM scratch\n")
    assert block_dockerfile(block(folder)) == "FROM scratch\n"
    assert frameworks_of("FROM edgewright/base\nFROM edgewright/toolchain:x\n") == ["base", "toolchain"]
