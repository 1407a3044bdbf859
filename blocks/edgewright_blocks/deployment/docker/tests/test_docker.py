"""The image archive and the server's description, without compiling anything; the rest is in the tests of the runtime."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path

import pytest

from edgewright_sdk import BlockError, Params, TrainedImpulse
from edgewright_sdk.codegen.graph import Graph
from edgewright_sdk.loading import load_block

from ..archive import read_program, write_archive
from ..openapi import openapi

HERE = Path(__file__).resolve().parents[1]
PROGRAM = b"\x7fELF" + bytes(1000)


def test_an_archive_has_both_indexes_of_the_same_blobs(tmp_path: Path) -> None:
    for name in ("a.tar", "b.tar"):
        write_archive(tmp_path / name, "two:1.0", "arm64", PROGRAM, {"User": "65532:65532"})
    assert (tmp_path / "a.tar").read_bytes() == (tmp_path / "b.tar").read_bytes()
    with tarfile.open(tmp_path / "a.tar") as archive:
        files = {one.name: stream.read() for one in archive if (stream := archive.extractfile(one))}
        assert {(one.uid, one.mtime) for one in archive} == {(0, 0)}
    (docker,) = json.loads(files["manifest.json"])
    (described,) = json.loads(files["index.json"])["manifests"]
    manifest = json.loads(files["blobs/sha256/" + described["digest"].removeprefix("sha256:")])
    assert docker["RepoTags"] == ["two:1.0"]
    assert docker["Config"].endswith(manifest["config"]["digest"].removeprefix("sha256:"))
    assert [f"blobs/sha256/{one['digest'][7:]}" for one in manifest["layers"]] == docker["Layers"]
    config = json.loads(files[docker["Config"]])
    assert (config["architecture"], config["config"]["User"]) == ("arm64", "65532:65532")
    assert config["rootfs"]["diff_ids"] == [manifest["layers"][0]["digest"]]
    with tarfile.open(fileobj=io.BytesIO(files[docker["Layers"][0]])) as layer:
        assert [(one.name, one.mode) for one in layer] == [("server", 0o755)]
    assert read_program(tmp_path / "a.tar") == PROGRAM
    damaged = (tmp_path / "a.tar").read_bytes().replace(b"ELF", b"FLE")
    (tmp_path / "a.tar").write_bytes(damaged)
    with pytest.raises(ValueError, match="another content than its name says"):
        read_program(tmp_path / "a.tar")


def test_the_description_says_the_shape_of_a_window(impulse: TrainedImpulse) -> None:
    document = openapi(Graph(impulse))
    body = document["paths"]["/v1/classify"]["post"]["requestBody"]["content"]
    rows = body["application/json"]["schema"]["oneOf"][0]["properties"]["window"]
    assert (rows["minItems"], rows["items"]["maxItems"], rows["items"]["items"]) == (3, 2, {"type": "number"})
    assert {"text/csv", "audio/wav", "application/octet-stream"} < set(body)
    assert document["info"] == {"title": "Two", "version": "0123456789abcdef"}


@pytest.mark.parametrize("tag", ["", "-x", "a b", "a" * 129, "ä"])
def test_a_tag_that_no_engine_takes_is_refused(impulse: TrainedImpulse, tmp_path: Path, tag: str) -> None:
    block = load_block(HERE)
    with pytest.raises(BlockError, match="letters, digits"):
        block.new().build(impulse, Params.defaults(HERE, tag=tag), tmp_path)
    block.close()
