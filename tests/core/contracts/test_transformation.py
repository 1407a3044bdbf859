"""What a transformation block of Edge Impulse's is started with."""

from __future__ import annotations

import json
from typing import Any

import pytest

from edgewright.contracts import contract_of
from edgewright.contracts.base import Seen
from edgewright.contracts.transformation import TRANSFORMATION
from edgewright.errors import UsageError
from edgewright.harvest import HarvestError
from edgewright.plugins import make_plugins
from edgewright.registry import resolve

INSIDE = Seen("/block", "/data", "/out", "python3", 4446)
OUTSIDE = Seen("/b", "/tmp/t/in", "/tmp/t/out", "/usr/bin/python3", 39999)
PARAMETERS = [
    {"name": "Cut", "param": "cut_off", "type": "float", "value": "2"},
    {"name": "Fast", "param": "fast", "type": "flag", "value": False},
]


@pytest.fixture
def block(tmp_path):
    def make(kind: str, works_on: str | None = None, **info: Any) -> Any:
        folder = tmp_path / f"b{len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        document = {"version": 1, "type": kind, "info": {"name": "b", **info}, "parameters": PARAMETERS}
        if works_on is not None:
            document["info"]["operatesOn"] = works_on
        (folder / "parameters.json").write_text(json.dumps(document))
        (folder / "Dockerfile").write_text("FROM debian\n")
        return resolve(str(folder), tmp_path, make_plugins())

    return make


def launch(block, seen=INSIDE, **options):
    request = {
        "operation": "apply",
        "params": {"cut-off": 2.5, "fast": True},
        "inputs": {},
        "options": options,
    }
    return TRANSFORMATION.launch(block, request, seen)


OWN = ("--cut_off", "2.5", "--fast")


def test_files_one_at_a_time(block):
    made = block("transform", "file")
    assert contract_of(made) is TRANSFORMATION
    got = launch(made, file="a/b.csv", arguments=["--more", "x y"])
    data = ("--in-file", "/data/a/b.csv", "--out-directory", "/out")
    assert got.main.arguments == (*data, *OWN, "--more", "x y")
    assert (got.main.argv, got.service) == (None, None)


def test_directories_with_metadata_and_import(block):
    made = block("transform", "directory", indMetadata=True)
    got = launch(made, metadata={"b": 1, "a": "ü"}, upload={"category": "testing", "label": "hum"})
    assert got.main.arguments == (
        "--in-directory", "/data", "--out-directory", "/out", "--hmac-key", "0", "--upload-category", "testing",
        "--upload-label", "hum", "--metadata", '{"a": "ü", "b": 1}', *OWN,
    )  # fmt: skip


def test_standalone_is_given_its_parameters_only_and_a_service(block):
    got = launch(block("transform", "standalone"))
    assert got.main.arguments == OWN
    assert got.service is not None
    assert got.service.driver
    assert not got.service.sees_in
    assert got.hosts == (
        "host.docker.internal",
        "ingestion.host.docker.internal",
        "ingestion.edgeimpulse.com",
    )
    assert "BEGIN EC PRIVATE KEY" in got.service.environment["EDGEWRIGHT_INGESTION_TLS"]
    assert "PRIVATE" not in str(got.main)


def test_synthetic_data_blocks_are_told_their_job(block):
    got = launch(block("synthetic-data"))
    assert got.main.arguments == ("--synthetic-data-job-id", "1", *OWN)
    assert got.main.environment["EI_INGESTION_HOST"] == "host.docker.internal"
    assert got.main.environment["EI_PROJECT_API_KEY"] == got.service.environment["EDGEWRIGHT_INGESTION_KEY"]
    assert "http_proxy" not in got.main.environment
    assert got.service.argv[-4:] == ("--port", "4810", "--tls-port", "443")


def test_without_a_container_uploads_go_through_a_proxy(block):
    got = launch(block("synthetic-data"), OUTSIDE)
    assert got.main.environment["http_proxy"] == "http://127.0.0.1:39999"
    assert got.service.argv[-2:] == ("--port", "39999")


def test_the_key_is_one_task_s(block):
    made = block("synthetic-data")
    keys = [launch(made, seen).main.environment["EI_API_KEY"] for seen in (INSIDE, INSIDE, OUTSIDE)]
    assert keys[0] == keys[1] != keys[2]
    assert keys[0] != launch(made, file="x").main.environment["EI_API_KEY"]


@pytest.mark.parametrize(("works_on", "said"), [(None, "doesn't say"), ("regression", "'regression'")])
def test_what_it_works_on_must_be_known(block, works_on, said):
    refusal = TRANSFORMATION.refusal(block("transform", works_on), "apply")
    assert said in refusal
    assert "--operates-on" in refusal


def test_a_request_says_which_file(block, tmp_path):
    made, folder = block("transform", "file"), tmp_path / "request"
    (folder / "data").mkdir(parents=True)
    (folder / "data" / "a.csv").write_text("1")
    request = {"operation": "apply", "inputs": {"data": {"kind": "folder", "path": "data"}}}
    with pytest.raises(UsageError, match="one file at a time"):
        TRANSFORMATION.enter(made, request, folder, tmp_path / "seen")
    with pytest.raises(UsageError, match=r"options\.file of the request is 'b\.csv'"):
        TRANSFORMATION.enter(made, {**request, "options": {"file": "b.csv"}}, folder, tmp_path / "seen")
    with pytest.raises(UsageError, match="names no input 'data'"):
        TRANSFORMATION.enter(made, {**request, "inputs": {}}, folder, tmp_path / "seen")
    assert (
        TRANSFORMATION.enter(made, {**request, "options": {"file": "a.csv"}}, folder, tmp_path / "seen")
        == folder / "data"
    )
    alone = TRANSFORMATION.enter(
        block("synthetic-data"), {**request, "inputs": {}}, folder, tmp_path / "seen"
    )
    assert list(alone.iterdir()) == []


def test_other_operations_are_refused(block):
    assert "no describe" in TRANSFORMATION.refusal(block("transform", "file"), "describe")
    assert TRANSFORMATION.refusal(block("transform", "file"), "apply") is None


def test_nothing_written_is_success_with_a_word(block, tmp_path):
    made, folder = block("transform", "file"), tmp_path / "data"
    folder.mkdir()
    assert TRANSFORMATION.check(made, "apply", folder) == ("the block ended well and wrote no file",)
    (folder / "a.csv").write_text("1")
    assert TRANSFORMATION.check(made, "apply", folder) == ()
    (folder / "info.labels").write_text('{"version": 1, "files": [')
    with pytest.raises(HarvestError, match=r"info\.labels is not JSON"):
        TRANSFORMATION.check(made, "apply", folder)


def test_labels_that_are_too_long_are_not_read(block, tmp_path, monkeypatch):
    monkeypatch.setattr("edgewright.contracts.transformation.MAX_LABEL_BYTES", 1 << 20)
    (tmp_path / "info.labels").write_bytes(bytes((1 << 20) + 1))
    with pytest.raises(HarvestError, match=r"info\.labels is larger than 1 MiB"):
        TRANSFORMATION.check(block("transform", "file"), "apply", tmp_path)
