"""The deployment folder as deployment blocks see it."""

from __future__ import annotations

import json

import numpy as np
import pytest

from edgewright_sdk import TrainedImpulse
from edgewright_sdk.errors import BlockError, RequestError
from edgewright_sdk.export import Export

from .conftest import BLOCKS, WINDOW

BUILDER = '''
import json
from edgewright_sdk import DeploymentBlock

class Listing(DeploymentBlock):
    """Lists what it was given."""
    def build(self, impulse, params, out):
        (out / "nodes.json").write_text(json.dumps([node.id for node in impulse.nodes]))
    def verify(self, package, params):
        return {"nodes": json.loads((package / "nodes.json").read_text())}
'''


@pytest.fixture
def impulse(tmp_path):
    root = tmp_path / "impulse"
    (root / "nodes").mkdir(parents=True)
    port = [{"dtype": "float32", "shape": [4]}]
    tables = {"scale": 2.0, "count": 3, "on": True, "mean": np.arange(4, dtype=np.float32)}
    export = Export("ew_raw", "raw.h", ["raw.cpp"], [], tables, port, port)
    export.write(root / "nodes" / "first", BLOCKS / "processing" / "raw" / "device")
    nodes = [{"id": "first", "type": "processing", "block": "raw"}]
    (root / "deployment.json").write_text(json.dumps({"contract": 1, "nodes": nodes}))
    return root


def test_tables_keep_their_order_and_types(impulse):
    node = TrainedImpulse.load(impulse).node("first")
    assert node.type == "processing"
    assert [(t["name"], t["dtype"], t.get("value")) for t in node.export["tables"]] == [
        ("scale", "float32", 2.0),
        ("count", "int32", 3),
        ("on", "uint8", 1),
        ("mean", "float32", None),
    ]
    assert node.table("count") == 3
    np.testing.assert_array_equal(node.table("mean"), [0, 1, 2, 3])
    with pytest.raises(RequestError, match="exports no table 'median'"):
        node.table("median")


def test_a_deployment_without_selftest_has_none(impulse):
    loaded = TrainedImpulse.load(impulse)
    assert (loaded.selftest("windows"), loaded.decisions()) == (None, [])
    with pytest.raises(RequestError, match="no node 'second'"):
        loaded.node("second")


@pytest.mark.parametrize("text", ["", "[]", '{"contract": 2}'])
def test_a_document_of_another_contract_is_refused(impulse, text):
    (impulse / "deployment.json").write_text(text)
    with pytest.raises(RequestError, match=r"deployment\.json"):
        TrainedImpulse.load(impulse)


def test_a_package_is_built_and_verified(impulse, folder, block, run):
    path = block(BUILDER)
    build = folder()
    (build.in_dir / "impulse").symlink_to(impulse)
    build.inputs["impulse"] = {"kind": "folder", "path": "impulse", "sha256": ""}
    assert run(path, build.request("build", window=None)).code == 0
    assert build.result()["outputs"] == {"package": {"kind": "folder", "path": "package"}}
    verify = folder()
    (verify.in_dir / "package").symlink_to(build.out_dir / "package")
    verify.inputs["package"] = {"kind": "folder", "path": "package", "sha256": ""}
    assert run(path, verify.request("verify", window=None)).code == 0
    assert json.loads((verify.out_dir / "verification.json").read_bytes()) == {"nodes": ["first"]}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"tables": {"t": np.zeros(2)}}, "table 't' is float64; a device table is one of float32"),
        ({"tables": {"t": np.int64(2)}}, "table 't' is int64"),
        ({"header": "missing.h"}, "export names 'missing.h', which the block's device folder does not hold"),
    ],
)
def test_what_export_may_not_hold(tmp_path, changes, message):
    port = [{"dtype": "float32", "shape": [WINDOW["length"]]}]
    given = {"symbol": "s", "header": "raw.h", "sources": [], "modules": [], "tables": {}} | changes
    with pytest.raises(BlockError, match=message):
        Export(**given, inputs=port, outputs=port).write(
            tmp_path / "e", BLOCKS / "processing" / "raw" / "device"
        )
