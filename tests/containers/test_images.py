"""Images are built when their content is new, and only as much of them as is new."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from edgewright.images import blocks
from edgewright.images.archive import pack
from edgewright.images.blocks import block_tag, build_block, find_image
from edgewright.images.commands import ImageError, build
from edgewright.images.engine import image_id
from edgewright.images.frameworks import framework_tag
from edgewright.images.transfer import build_images, load_images, save_images
from edgewright.plugins import make_plugins
from edgewright.registry import Block, resolve

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.docker

HERE = Path(__file__).parent


def quiet(_line: str) -> None:
    pass


def layers(engine: Any, reference: str) -> list[str]:
    result: list[str] = engine.inspect_image(reference)["RootFS"]["Layers"]
    return result


@pytest.fixture
def own(prepared: Any, engine: Any, tmp_path: Path) -> Iterator[Path]:
    """A copy of the probe under a name of its own; its images are removed afterwards."""
    folder = tmp_path / f"own{os.getpid()}"
    shutil.copytree(HERE / "probe", folder)
    yield folder
    for kind in ("block", "stage"):
        for image in engine.images(name=f"edgewright/{kind}-own{os.getpid()}"):
            for tag in image["RepoTags"] or ():
                engine.remove_image(tag, force=True)


def load(folder: Path) -> Block:
    return resolve(str(folder), folder, make_plugins())


def test_a_block_is_built_once_for_each_content(own: Path, engine: Any) -> None:
    first_lines: list[str] = []
    block = load(own)
    assert find_image(block) is None
    first = build_block(block, first_lines.append)
    assert first_lines[0] == f"building {block_tag(block)}"
    assert first.environment == ("numpy==2.2.6", *first.environment[1:])
    assert [line.split("==")[0] for line in first.environment] == ["numpy", "python", "arch"]

    again: list[str] = []
    assert build_block(load(own), again.append) == first
    assert again == []

    (own / "README.md").write_text("text is no content")
    assert build_block(load(own), again.append) == first
    assert again == []

    (own / "probe.py").write_text("raise SystemExit(0)  # other code")
    second = build_block(load(own), again.append)
    assert second.id != first.id
    assert layers(engine, second.id)[:-2] == layers(engine, first.id)[:-2]


def test_a_new_sdk_rebuilds_one_small_layer(own: Path, engine: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    block = load(own)
    before = build_block(block, quiet)
    files = {**blocks.sdk_contents(), "edgewright_sdk/new.py": b"x = 1\n"}
    monkeypatch.setattr(blocks, "sdk_contents", lambda: files)
    monkeypatch.setattr(blocks, "sdk_digest", lambda: "another")
    lines: list[str] = []
    after = build_block(block, lines.append)
    assert after.tag != before.tag
    assert layers(engine, after.id)[:-1] == layers(engine, before.id)[:-1]
    assert layers(engine, after.id)[-1] != layers(engine, before.id)[-1]
    assert len([line for line in lines if line.startswith("building")]) == 1
    assert not [line for line in lines if "COPY . /block" in line], (
        "the block's own Dockerfile was built again"
    )


def test_process_and_image_name_their_environment_alike(own: Path, prepared: Any) -> None:
    from edgewright.registry.environment import process_environment

    (own / "requirements.txt").write_text("scipy\n")
    (own / "Dockerfile").write_text("FROM edgewright/base:latest\nCOPY . /block\n")
    block = load(own)
    inside = build_block(block, quiet).environment
    outside = process_environment(block)
    assert [line.split("==")[0] for line in inside] == [line.split("==")[0] for line in outside]
    assert inside[:2] == ("numpy==2.2.6", "scipy==1.15.3")


def test_a_build_that_fails_says_where_and_leaves_nothing(own: Path, engine: Any) -> None:
    (own / "Dockerfile").write_text("FROM edgewright/base\nRUN echo the reason >&2 && exit 7\n")
    with pytest.raises(ImageError, match=r"(?s)building edgewright/stage-own.*the reason"):
        build_block(load(own), quiet)
    assert find_image(load(own)) is None
    base = image_id(framework_tag("base"))
    assert not [found for found in engine.containers(all=True) if found["ImageID"] == base]


def test_an_image_without_python_is_refused_with_advice(own: Path, engine: Any) -> None:
    spec = json.loads((own / "parameters.json").read_text())
    del spec["edgewright"]["command"]
    (own / "parameters.json").write_text(json.dumps(spec))
    (own / "Dockerfile").write_text("FROM scratch\nCOPY . /block\n")
    with pytest.raises(ImageError, match="can't run python3") as caught:
        build_block(load(own), quiet)
    assert "install Python" in str(caught.value.hint)


def test_images_are_saved_and_loaded(engine: Any, tmp_path: Path) -> None:
    tag = f"edgewright/test-saved:{os.getpid()}"
    build(tag, pack({"Dockerfile": b"FROM scratch\nCOPY x /x\n", "x": b"content"}), progress=quiet)
    before = image_id(tag)
    archive = tmp_path / "images.tar"
    try:
        save_images(archive, [tag], progress=quiet)
        engine.remove_image(tag)
        assert image_id(tag) is None
        assert load_images(archive, progress=quiet) == [tag]
        assert image_id(tag) == before
    finally:
        engine.remove_image(tag)
    assert list(tmp_path.iterdir()) == [archive]


def test_saving_what_is_not_there_writes_nothing(engine: Any, tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="not built: edgewright/nothing:1"):
        save_images(tmp_path / "images.tar", ["edgewright/nothing:1"], progress=quiet)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ImageError, match="no such file"):
        load_images(tmp_path / "images.tar", progress=quiet)
    (tmp_path / "images.tar").write_bytes(b"no archive")
    with pytest.raises(ImageError, match="loading"):
        load_images(tmp_path / "images.tar", progress=quiet)


def test_a_framework_image_that_is_there_is_not_built(prepared: Any) -> None:
    lines: list[str] = []
    assert build_images(["base"], progress=lines.append) == [framework_tag("base")]
    assert lines == []


def test_the_base_image_has_what_constraints_say(prepared: Any) -> None:
    answer = subprocess.run(
        ["docker", "run", "--rm", framework_tag("base"), "python3", "-m", "pip", "freeze"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    assert {"numpy==2.2.6", "scipy==1.15.3"} <= set(answer)
